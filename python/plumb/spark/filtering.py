"""Which rows are kept."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Row, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from ..errors import PlumbError
from .columns import check_column


def filter(
    frame: DataFrame,
    score: str | None = None,
    *,
    at_least: float | None = None,
    top_fraction: float | None = None,
    dedup: str | None = None,
    key: Sequence[str] | None = None,
) -> DataFrame:
    """Keeps rows by their score, and of equal images one, as `plumb filter` does.

    - score: the column that thresholds are about; rows without a score are dropped.
    - at_least: the lowest score that is kept.
    - top_fraction: the share of the rows with a score that is kept, the best ones, as DataComp does it; rows below
      at_least count in it too. The number is exact: it is rounded, and of equal scores the earlier row is kept.
    - dedup: a column of bytes, compared by SHA-256, or of anything else, compared as it is; of equal ones the earliest
      row stays. This comes last: among the rows that the scores keep.
    - key: the columns that name a row. They decide among equals, the row with the smaller key being the earlier one, so
      that the result is the same in every run; rows with equal scores and equal keys stay together. Null is the
      smallest. Where it is None, the columns `shard` and `position` of `read_shards` decide, as in `plumb filter`: shards
      by the names of their files, and in a shard its order. A frame that has no `position` falls back on `shard` and
      `key`, and then keeps the same rows as `plumb filter` only where the keys rise in every shard.

    The frame is read five times for `top_fraction`: cache what took long to compute.
    """
    if (at_least is not None or top_fraction is not None) and score is None:
        raise ValueError("at_least and top_fraction need the column of the score.")
    if top_fraction is not None and not 0 < top_fraction <= 1:
        raise ValueError(f"top_fraction is {top_fraction}; it must be above 0 and at most 1.")
    is_in_order = key is None and "position" in frame.columns
    if key is None:
        key = ("shard", "position" if is_in_order else "key")
    needed = [score, dedup, *(key if top_fraction is not None or dedup is not None else ())]
    for name in needed:
        if name is not None:
            check_column(frame, name, "name the columns that tell rows apart in key" if name in key else None)
    if is_in_order and "shard" in frame.columns:
        frame, key = frame.withColumn(_NAME, _name_of_shard(F.col("shard"))), (_NAME, *key)
    return _kept(frame, score, at_least, top_fraction, dedup, key).drop(_NAME)


_NAME = "_plumb_shard"


def _name_of_shard(path: Column) -> Column:
    """What the outputs of a shard are called, by which `plumb filter` orders shards: the file's name without its ending."""
    return F.regexp_replace(F.regexp_replace(path, "^.*/", ""), r"(?i)\.(tar|tar\.gz|tgz|tar\.zst)$", "")


def _kept(
    frame: DataFrame,
    score: str | None,
    at_least: float | None,
    top_fraction: float | None,
    dedup: str | None,
    key: Sequence[str],
) -> DataFrame:
    if score is not None:
        # NaN is above every number in Spark.
        frame = frame.where(F.col(score).isNotNull() & ~F.isnan(F.col(score)))
        if top_fraction is not None and top_fraction < 1:
            frame = _best(frame, score, top_fraction, key)
        if at_least is not None:
            frame = frame.where(F.col(score) >= F.lit(float(at_least)))
    return frame if dedup is None else _without_duplicates(frame, dedup, key)


def _without_duplicates(frame: DataFrame, column: str, key: Sequence[str]) -> DataFrame:
    is_bytes = isinstance(frame.schema[column].dataType, T.BinaryType)
    content = F.sha2(F.col(column), 256) if is_bytes else F.col(column)
    place = F.row_number().over(Window.partitionBy(content).orderBy(*_rising(key)))
    ranked = frame.withColumn("_plumb_place", place)
    # What has no content is no duplicate of anything.
    return ranked.where((F.col("_plumb_place") == 1) | F.col(column).isNull()).drop("_plumb_place")


def _best(frame: DataFrame, score: str, fraction: float, key: Sequence[str]) -> DataFrame:
    """The best rows, exactly so many, by the score and the key of the last of them."""
    total = frame.count()
    # To the nearest: 0.29 of 100 is 29, though the product is a little less.
    count = int(total * fraction + 0.5)
    if count == 0:
        return frame.limit(0)
    last = _row_at(frame.select(score, *key), score, count, total, key)
    kept = F.col(score) > F.lit(last[score])
    equal = F.col(score) == F.lit(last[score])
    for name in key:
        value = F.lit(last[name]).cast(frame.schema[name].dataType)
        # A comparison with null is null; null comes before every value, and nothing comes before null.
        if last[name] is not None:
            kept = kept | (equal & (F.col(name).isNull() | (F.col(name) < value)))
        equal = equal & F.col(name).eqNullSafe(value)
    return frame.where(kept | equal)


def _row_at(frame: DataFrame, score: str, place: int, total: int, key: Sequence[str]) -> Row:
    """The row at a place, counted from 1, by falling score and rising key.

    Approximate percentiles say between which scores it is, so that only the few thousandths of the rows between them are
    counted score by score, and only those of one score are sorted.
    """
    accuracy = 10_000
    # The rank of an approximate percentile is within total / accuracy of what was asked for.
    shares = [1 - place / total + shift / accuracy for shift in (-2, 2)]
    bounds = F.percentile_approx(score, [min(max(share, 0.0), 1.0) for share in shares], accuracy)
    low, high = frame.agg(bounds).collect()[0][0]
    above = frame.where(F.col(score) > F.lit(high)).count()
    near = frame.where((F.col(score) >= F.lit(low)) & (F.col(score) <= F.lit(high)))
    for value, equal in near.groupBy(score).count().orderBy(F.col(score).desc()).collect():
        if above < place <= above + equal:
            order = Window.partitionBy(score).orderBy(*_rising(key))
            ties = frame.where(F.col(score) == F.lit(value)).withColumn("_plumb_place", F.row_number().over(order))
            return ties.where(F.col("_plumb_place") == place - above).collect()[0]
        above += equal
    raise PlumbError(f"The rows are not the same each time that they are read: there is no row {place} of {total}. Cache them.")


def _rising(key: Sequence[str]) -> list[Column]:
    """The order of keys, in which null is the smallest."""
    return [F.col(name).asc_nulls_first() for name in key]
