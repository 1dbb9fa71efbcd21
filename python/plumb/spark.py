"""Plumb over Spark's DataFrames: embeddings, scores and filters of image–text data that one machine cannot hold.

    from plumb import spark as plumb_spark

    pairs = plumb_spark.read_shards(spark, ["data/00000.tar", "data/00001.tar"])
    scored = plumb_spark.score(pairs)                        # adds the column CLIPScore
    kept = plumb_spark.filter(scored, "CLIPScore", top_fraction=0.3, dedup="image")
    kept.select("shard", "key", "CLIPScore").write.parquet("kept")

Every Python process of an executor has one worker of `threads` threads, started with its first batch and ended with it.
Nothing is written anywhere but to the result, so that a task that Spark repeats loses and doubles no row. The package (or
PLUMB_COMMAND) must be there on every executor. Needs pyspark 3.4 or later, pandas and pyarrow.
"""

from __future__ import annotations

import json
import os
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from pyspark import TaskContext
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from .arrays import payload_array
from .batches import batched, text_weight
from .errors import PlumbError
from .images import Item, item, pack, size
from .options import Path, absolute, model_keys
from .scores import Scores
from .scoring import merge, statistics_of
from .worker import Worker

if TYPE_CHECKING:
    import pandas as pd

MAX_BYTES = 64 << 20
"""The most bytes of images that an executor sends to its worker at a time."""

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".avif", ".heic")

PER_ROW = {"clipscore": "CLIPScore", "refclipscore": "RefCLIPScore", "refonlyclipscore": "RefOnlyCLIPScore"}
"""Metrics whose value of a caption does not depend on the other captions."""

_worker: tuple[int, Worker] | None = None


def worker_of_process(threads: int = 1) -> Worker:
    """The worker of this Python process, which Spark uses for one task after the other."""
    global _worker
    if _worker is None or _worker[0] != threads:
        if _worker is not None:
            _worker[1].close()
        _worker = (threads, Worker(threads))
    return _worker[1]


def embed(
    frame: DataFrame,
    *,
    image: str | None = None,
    text: str | None = None,
    model: Path = "mini",
    precision: str = "f32",
    threads: int = 1,
) -> DataFrame:
    """Adds embeddings: `image_embedding` and `text_embedding`, arrays of floats with the length 1.

    - image: the column of images: paths that executors can read, or the bytes of image files.
    - text: the column of texts.
    - model, precision: see `plumb.options.model_keys`.
    - threads: CPU threads of each worker; as many as a task has cores (`spark.task.cpus`).

    What cannot be embedded is null, with the reason in the column `error`.
    """
    if image is None and text is None:
        raise ValueError("Name a column: image, text, or both.")
    added = [T.StructField(f"{kind}_embedding", T.ArrayType(T.FloatType()))
             for kind, column in (("image", image), ("text", text)) if column is not None]  # fmt: skip
    keys = model_keys(model, precision)

    def of_batch(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        worker = worker_of_process(threads)
        news: list[dict[str, Any]] = [{"error": None} for _ in rows]
        for kind, column in (("image", image), ("text", text)):
            if column is None:
                continue
            if kind == "image":
                image_keys, payload = pack([_item(row[column]) for row in rows])
                header, answer = worker.request("embed_images", payload, images=image_keys, **keys)
            else:
                header, answer = worker.request("embed_texts", texts=[row[column] for row in rows], **keys)
            values = payload_array(header, answer)
            failures = {each["index"]: each["reason"] for each in header["failures"]}
            for index, new in enumerate(news):
                new[f"{kind}_embedding"] = None if index in failures else values[index]
                if index in failures:
                    new["error"] = " ".join([*([new["error"]] if new["error"] else []), f"{kind}: {failures[index]}"])
        return news

    return _mapped(frame, [*added, _error_field()], of_batch, image, [text])


def score(
    frame: DataFrame,
    *,
    caption: str = "caption",
    image: str | None = "image",
    references: str | None = None,
    metrics: Sequence[str] = ("clipscore",),
    definition: str = "hessel",
    df: Path | None = None,
    model: Path = "mini",
    precision: str = "f32",
    threads: int = 1,
) -> DataFrame:
    """Adds the value of each caption, a column of doubles for each metric (`CLIPScore`, `RefCLIPScore`, `CIDEr` …).

    - caption: the column of captions.
    - image: the column of images, as in `embed`; None where no metric looks at them.
    - references: the column of references, arrays of strings.
    - metrics: "clipscore", "refclipscore", "refonlyclipscore", "bleu", "rouge", "meteor"; and "cider" with `df`, since
      its value of one caption depends on how rare words are in all. Values of a corpus: `corpus`.
    - df: a file of `plumb cider-df` that executors can read.

    What cannot be scored is null, with the reason in the column `error`.
    """
    metrics = list(metrics)
    if "cider" in metrics and df is None:
        raise ValueError("CIDEr of single captions needs df, a file of `plumb cider-df`; or use plumb.spark.corpus.")
    names = [name for metric in metrics for name in _names(metric)]
    keys = {"metrics": metrics, "definition": definition, "df": absolute(df), **model_keys(model, precision)}

    def of_batch(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        header, payload = _scored(rows, caption, image, references, keys, threads)
        values = payload_array(header, payload)
        failures = {each["index"]: each["reason"] for each in header["failures"]}
        order = [each["name"] for each in header["values"]]
        return [
            {
                "error": failures.get(index),
                **{name: None if index in failures else float(values[order.index(name), index]) for name in names},
            }
            for index in range(len(rows))
        ]

    fields = [T.StructField(name, T.DoubleType()) for name in names]
    return _mapped(frame, [*fields, _error_field()], of_batch, image, [caption, references])


def corpus(
    frame: DataFrame,
    *,
    caption: str = "caption",
    image: str | None = None,
    references: str | None = "references",
    metrics: Sequence[str] | None = None,
    definition: str = "hessel",
    df: Path | None = None,
    model: Path = "mini",
    precision: str = "f32",
    threads: int = 1,
    worker: Worker | None = None,
) -> Scores:
    """The values of the whole corpus, as `plumb.score` gives them, without those of single captions.

    Executors count, and the driver merges what they have counted in the order of the partitions. The parameters are those
    of `score`. Captions that cannot be scored count in no value; how many they are, the warnings say.

    An n-gram metric takes the captions of a batch for one text, as pycocoevalcap takes a file: where a caption ends in an
    abbreviation ("Washington D.C."), the caption after it can decide whether its full stop is a word, and at the end of a
    batch there is none.
    """
    keys = {
        "metrics": None if metrics is None else list(metrics), "definition": definition, "df": absolute(df),
        **model_keys(model, precision),
    }  # fmt: skip

    def of_partition(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        import pandas as pd

        context = TaskContext.get()
        partition = 0 if context is None else context.partitionId()
        for place, rows in enumerate(_batches(batches, image, [caption, references])):
            answer = _scored(rows, caption, image, references, {**keys, "statistics": True}, threads)
            statistics, failed = bytes(statistics_of(answer)), len(answer[0]["failures"])
            yield pd.DataFrame({"partition": [partition], "place": [place], "statistics": [statistics], "failed": [failed]})

    schema = "partition int, place int, statistics binary, failed long"
    parts = sorted(
        frame.select(*[name for name in (caption, image, references) if name is not None])
        .mapInPandas(cast(Any, of_partition), schema)
        .collect(),
        key=lambda row: (row["partition"], row["place"]),
    )
    if not parts:
        raise PlumbError("There are no captions.")
    counted = [bytes(row["statistics"]) for row in parts]
    scores = Scores.from_answer(*merge(counted, worker, per_caption=False, df=keys["df"]))
    failed = sum(row["failed"] for row in parts)
    if failed:
        scores.warnings.append(f"{failed:,} captions could not be scored and count in no value.")
    return scores


def filter(
    frame: DataFrame,
    score: str | None = None,
    *,
    at_least: float | None = None,
    top_fraction: float | None = None,
    dedup: str | None = None,
    key: Sequence[str] = ("shard", "key"),
) -> DataFrame:
    """Keeps rows by their score, and of equal images one.

    - score: the column that thresholds are about; rows without a score are dropped.
    - at_least: the lowest score that is kept.
    - top_fraction: the share of the rows with a score that is kept, the best ones, as DataComp does it. The number is
      exact: it is rounded, and of equal scores the smaller key is kept.
    - dedup: a column of bytes, compared by SHA-256, or of anything else, compared as it is; of equal ones the row with
      the smallest key stays. This comes last, as in `plumb filter`: among the rows that the scores keep.
    - key: the columns that name a row. They decide among equals, so that the result is the same in every run.

    The frame is read once for each of the two counts of `top_fraction`: cache what took long to compute.
    """
    if (at_least is not None or top_fraction is not None) and score is None:
        raise ValueError("at_least and top_fraction need the column of the score.")
    if top_fraction is not None and not 0 < top_fraction <= 1:
        raise ValueError(f"top_fraction is {top_fraction}; it must be above 0 and at most 1.")
    missing = [name for name in key if name not in frame.columns]
    if missing and (top_fraction is not None or dedup is not None):
        raise ValueError(f"There is no column {missing[0]!r}; name the columns that tell rows apart in key.")
    if score is not None:
        # NaN is above every number in Spark.
        frame = frame.where(F.col(score).isNotNull() & ~F.isnan(F.col(score)))
    if at_least is not None:
        frame = frame.where(F.col(str(score)) >= F.lit(float(at_least)))
    if top_fraction is not None and top_fraction < 1:
        frame = _best(frame, str(score), top_fraction, key)
    return frame if dedup is None else _without_duplicates(frame, dedup, key)


def read_shards(spark: SparkSession, paths: Iterable[Path]) -> DataFrame:
    """The pairs in .tar shards as img2dataset and webdataset write them: members with one stem are a pair.

    The columns are `shard` (its path), `position` (of the pair in it, from 0), `key` (the stem), `caption` (of `.txt`, else
    the `caption` of `.json`), `image` (the bytes of the image file) and `metadata` (the text of `.json`). One task reads a
    shard, a pair after the other. A shard that is damaged is an error that names it.
    """
    names = [os.path.abspath(os.fspath(path)) for path in paths]
    if not names:
        raise ValueError("There are no shards.")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{twice[0]} is named twice.")
    listed = spark.createDataFrame([(name,) for name in names], "path string").repartition(len(names))

    def read(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        import pandas as pd

        for paths in batches:
            for path in paths["path"]:
                pairs = batched(_pairs(path), lambda pair: size(pair["image"]), MAX_BYTES, 10_000)
                for batch in pairs:
                    yield pd.DataFrame(batch, columns=["shard", "position", "key", "caption", "image", "metadata"])

    schema = "shard string, position long, key string, caption string, image binary, metadata string"
    return listed.mapInPandas(cast(Any, read), schema)


def _pairs(path: str) -> Iterator[dict[str, Any]]:
    """The pairs of a shard, in its order."""
    pair: dict[str, Any] = {}
    stem: str | None = None
    position = 0

    def finished() -> dict[str, Any]:
        metadata = pair.get("metadata")
        caption = pair.get("caption")
        if caption is None and metadata is not None:
            try:
                described = json.loads(metadata)
                caption = described.get("caption") if isinstance(described, dict) else None
            except ValueError:
                caption = None
        key = os.path.basename(stem or "")
        return {"shard": path, "position": position, "key": key, "caption": caption,
                "image": pair.get("image"), "metadata": metadata}  # fmt: skip

    try:
        with tarfile.open(path, "r|*") as archive:
            for member in archive:
                if not member.isfile():
                    continue
                folder, name = os.path.split(member.name)
                start, dot, suffix = name.partition(".")
                if not start or not dot:
                    continue
                if stem != (own := f"{folder}/{start}"):
                    if pair:
                        yield finished()
                        position += 1
                    stem, pair = own, {}
                opened = archive.extractfile(member)
                content = b"" if opened is None else opened.read()
                if f".{suffix.lower()}".endswith(IMAGE_SUFFIXES) and "image" not in pair:
                    pair["image"] = content
                elif suffix == "txt":
                    pair["caption"] = content.decode("utf-8", "replace").strip()
                elif suffix == "json":
                    pair["metadata"] = content.decode("utf-8", "replace")
            if pair:
                yield finished()
    except (tarfile.TarError, EOFError, OSError) as error:
        raise PlumbError(f"{path} cannot be read as a shard: {error}.") from error


def _item(value: Any) -> Item:
    return None if value is None else item(value)


def _names(metric: str) -> list[str]:
    known = {"rouge": ["ROUGE-L"], "meteor": ["METEOR"], "cider": ["CIDEr"], "bleu": [f"BLEU-{n}" for n in range(1, 5)],
             **{name: [title] for name, title in PER_ROW.items()}}  # fmt: skip
    if metric not in known:
        raise ValueError(f"There is no metric {metric!r}; choose from {', '.join(sorted(known))}.")
    return known[metric]


def _error_field() -> T.StructField:
    return T.StructField("error", T.StringType())


def _scored(
    rows: list[dict[str, Any]],
    caption: str,
    image: str | None,
    references: str | None,
    keys: dict[str, Any],
    threads: int,
) -> tuple[dict[str, Any], memoryview]:
    """The worker's answer for some rows."""
    image_keys, payload = (None, []) if image is None else pack([_item(row[image]) for row in rows])
    given = None if references is None else [[] if row[references] is None else list(row[references]) for row in rows]
    return worker_of_process(threads).request(
        "score", payload, candidates=[row[caption] for row in rows], references=given, images=image_keys, **keys
    )


def _batches(frames: Iterator[pd.DataFrame], image: str | None, texts: Sequence[str | None]) -> Iterator[list[dict[str, Any]]]:
    """The rows of a partition, so many at a time as a request holds."""

    def weight(row: dict[str, Any]) -> int:
        weight = 0 if image is None or not isinstance(row[image], (bytes, bytearray)) else len(row[image])
        for name in texts:
            value = None if name is None else row[name]
            each = [value] if value is None or isinstance(value, str) else value
            weight += sum(text_weight(text) for text in each)
        return weight

    def rows() -> Iterator[dict[str, Any]]:
        for frame in frames:
            columns = {name: frame[name].tolist() for name in frame.columns}
            for index in range(len(frame)):
                yield {name: _plain(values[index]) for name, values in columns.items()}

    return batched(rows(), weight, MAX_BYTES, 4096)


def _plain(value: Any) -> Any:
    """A missing value as None: pandas has NaN for one in a column of texts."""
    return None if isinstance(value, float) and np.isnan(value) else value


def _mapped(
    frame: DataFrame,
    fields: Sequence[T.StructField],
    of_batch: Any,
    image: str | None,
    texts: Sequence[str | None],
) -> DataFrame:
    """The frame with more columns, made of so many rows at a time as a request holds."""
    for name in [image, *texts]:
        if name is not None and name not in frame.columns:
            raise ValueError(f"There is no column {name!r}; there are {', '.join(frame.columns)}.")
    taken = [field.name for field in fields if field.name in frame.columns]
    if taken:
        raise ValueError(f"The column {taken[0]!r} is there already; drop or rename it first.")
    names = [field.name for field in fields]

    def of_partition(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        import pandas as pd

        for frame in batches:
            done: list[dict[str, Any]] = []
            for rows in _batches(iter([frame]), image, texts):
                done += of_batch(rows)
            for name in names:
                frame[name] = pd.Series([row[name] for row in done], index=frame.index, dtype=object)
            yield frame

    return frame.mapInPandas(cast(Any, of_partition), T.StructType([*frame.schema.fields, *fields]))


def _without_duplicates(frame: DataFrame, column: str, key: Sequence[str]) -> DataFrame:
    if column not in frame.columns:
        raise ValueError(f"There is no column {column!r}; there are {', '.join(frame.columns)}.")
    is_bytes = isinstance(frame.schema[column].dataType, T.BinaryType)
    content = F.sha2(F.col(column), 256) if is_bytes else F.col(column)
    place = F.row_number().over(Window.partitionBy(content).orderBy(*[F.col(name) for name in key]))
    ranked = frame.withColumn("_plumb_place", place)
    # What has no content is no duplicate of anything.
    return ranked.where((F.col("_plumb_place") == 1) | F.col(column).isNull()).drop("_plumb_place")


def _best(frame: DataFrame, score: str, fraction: float, key: Sequence[str]) -> DataFrame:
    """The best rows, exactly so many, by the score and the key of the last of them."""
    count = int(frame.count() * fraction + 0.5)
    if count == 0:
        return frame.limit(0)
    ordered = frame.select(score, *key).orderBy(F.col(score).desc(), *[F.col(name).asc() for name in key])
    last = ordered.rdd.zipWithIndex().filter(lambda pair: pair[1] == count - 1).map(lambda pair: pair[0]).first()
    before = F.col(score) > F.lit(last[score])
    equal = F.col(score) == F.lit(last[score])
    for name in key:
        before = before | (equal & (F.col(name) < F.lit(last[name])))
        equal = equal & (F.col(name) == F.lit(last[name]))
    return frame.where(before | equal)
