"""Columns with embeddings and scores, and the values of a corpus."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Callable, cast

from pyspark import TaskContext
from pyspark.sql import DataFrame
from pyspark.sql import types as T

from ..arrays import payload_array
from ..errors import PlumbError
from ..frames import MAX_PAYLOAD
from ..images import pack
from ..options import Path, absolute, model_keys
from ..scores import Scores
from ..scoring import merge, statistics_of
from ..worker import Answer, Worker
from .rows import Row, failures_of, request, requests_of, rows_of

if TYPE_CHECKING:
    import pyarrow as pa  # type: ignore[import-untyped]

NAMES = {
    "bleu": ["BLEU-1", "BLEU-2", "BLEU-3", "BLEU-4"],
    "cider": ["CIDEr"],
    "clipscore": ["CLIPScore"],
    "meteor": ["METEOR"],
    "refclipscore": ["RefCLIPScore"],
    "refonlyclipscore": ["RefOnlyCLIPScore"],
    "rouge": ["ROUGE-L"],
}
"""The columns of each metric."""


def embed(
    frame: DataFrame,
    *,
    image: str | None = None,
    text: str | None = None,
    model: Path = "mini",
    precision: str = "f32",
    threads: int | None = None,
    error: str = "error",
) -> DataFrame:
    """Adds embeddings: `image_embedding` and `text_embedding`, arrays of floats with the length 1.

    - image: the column of images: paths that executors can read, or the bytes of image files.
    - text: the column of texts.
    - model, precision: see `plumb.options.model_keys`.
    - threads: CPU threads of each worker; where it is None, as many as a task has cores (`spark.task.cpus`).
    - error: what the column is called that has the reason where something could not be embedded, which is null then.
    """
    kinds = [(kind, column) for kind, column in (("image", image), ("text", text)) if column is not None]
    if not kinds:
        raise ValueError("Name a column: image, text, or both.")
    fields = [T.StructField(f"{kind}_embedding", T.ArrayType(T.FloatType())) for kind, _ in kinds]
    keys = model_keys(model, precision)

    def columns_of(rows: list[Row]) -> list[pa.Array]:
        import pyarrow as pa

        columns: list[pa.Array] = []
        errors: list[list[str]] = [[] for _ in rows]
        for kind, _ in kinds:
            if kind == "image":
                images, payload = pack([row.image for row in rows])
                header, answer = request(threads, "embed_images", payload, images=images, **keys)
            else:
                header, answer = request(threads, "embed_texts", texts=[row.text for row in rows], **keys)
            failures = failures_of(header, rows, [kind])
            columns.append(_lists(payload_array(header, answer), failures))
            for index, reason in failures.items():
                errors[index].append(f"{kind}: {reason}")
        return [*columns, pa.array([" ".join(each) or None for each in errors], pa.string())]

    return _with_columns(frame, [*fields, T.StructField(error, T.StringType())], columns_of, image, text)


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
    threads: int | None = None,
    error: str = "error",
) -> DataFrame:
    """Adds the value of each caption, a column of doubles for each metric (`CLIPScore`, `RefCLIPScore`, `CIDEr` …).

    - caption: the column of captions.
    - image: the column of images, as in `embed`; None where no metric looks at them.
    - references: the column of references, arrays of strings.
    - metrics: "clipscore", "refclipscore", "refonlyclipscore", "bleu", "rouge", "meteor"; and "cider" with `df`, since
      its value of one caption depends on how rare words are in all. Values of a corpus: `corpus`.
    - df: a file of `plumb cider-df` that executors can read.
    - error: what the column is called that has the reason where a caption could not be scored, whose values are null then.
    """
    for metric in metrics:
        if metric not in NAMES:
            raise ValueError(f"There is no metric {metric!r}; choose from {', '.join(NAMES)}.")
    if "cider" in metrics and df is None:
        raise ValueError("CIDEr of single captions needs df, a file of `plumb cider-df`; or use plumb.spark.corpus.")
    names = [name for metric in metrics for name in NAMES[metric]]
    keys = _score_keys(metrics, definition, df, model, precision)

    def columns_of(rows: list[Row]) -> list[pa.Array]:
        import pyarrow as pa

        header, payload = _scored(rows, image, references, keys, threads)
        failures = failures_of(header, rows, ["text", "image", "references"])
        values = dict(zip([each["name"] for each in header["values"]], payload_array(header, payload).tolist()))
        columns = [
            pa.array([None if index in failures else value for index, value in enumerate(values[name])], pa.float64())
            for name in names
        ]
        return [*columns, pa.array([failures.get(index) for index in range(len(rows))], pa.string())]

    fields = [T.StructField(name, T.DoubleType()) for name in names]
    return _with_columns(frame, [*fields, T.StructField(error, T.StringType())], columns_of, image, caption, references)


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
    threads: int | None = None,
    worker: Worker | None = None,
) -> Scores:
    """The values of the whole corpus, as `plumb.score` gives them, without those of single captions.

    Executors count, and the driver merges what they have counted in the order of the partitions and of their rows; where
    the order of the corpus matters, sort the frame first. The parameters are those of `score`; worker is the driver's.
    Captions that cannot be scored count in no value; how many they are, the warnings say.

    An n-gram metric takes the captions of a batch for one text, as pycocoevalcap takes a file: where a caption ends in an
    abbreviation ("Washington D.C."), the caption after it can decide whether its full stop is a word, and at the end of a
    batch there is none.

    Raises `PlumbError` where there are no captions, and where what was counted has more than 1 GiB: CIDEr's statistics
    are the words themselves, unless `df` is given.
    """
    _check_columns(frame, caption, image, references)
    keys = _score_keys(metrics, definition, df, model, precision)

    def of_partition(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        context = TaskContext.get()
        partition = 0 if context is None else context.partitionId()
        every = (row for batch in batches for row in rows_of(batch, image, caption, references))
        for place, rows in enumerate(requests_of(every)):
            answer = _scored(rows, image, references, {**keys, "statistics": True}, threads)
            part = [[partition], [place], [bytes(statistics_of(answer))], [len(answer[0]["failures"])]]
            types = [pa.int32(), pa.int32(), pa.binary(), pa.int64()]
            arrays = [pa.array(values, kind) for values, kind in zip(part, types)]
            yield pa.RecordBatch.from_arrays(arrays, ["partition", "place", "statistics", "failed"])

    schema = "partition int, place int, statistics binary, failed long"
    parts = sorted(
        frame.select(*[name for name in (caption, image, references) if name is not None])
        .mapInArrow(cast(Any, of_partition), schema)
        .collect(),
        key=lambda row: (row["partition"], row["place"]),
    )
    if not parts:
        raise PlumbError("There are no captions.")
    counted = [bytes(row["statistics"]) for row in parts]
    total = sum(map(len, counted))
    if total > MAX_PAYLOAD:
        raise PlumbError(
            f"The statistics have {total:,} bytes, and {MAX_PAYLOAD:,} can be merged. CIDEr's are the words of the corpus: "
            "give document frequencies (df), or leave cider out."
        )
    scores = Scores.from_answer(*merge(counted, worker, per_caption=False, df=keys["df"]))
    failed = sum(row["failed"] for row in parts)
    if failed:
        noun = "caption" if failed == 1 else "captions"
        scores.warnings.append(f"{failed:,} {noun} could not be scored and count in no value.")
    return scores


def _score_keys(metrics: Sequence[str] | None, definition: str, df: Path | None, model: Path, precision: str) -> dict[str, Any]:
    names = None if metrics is None else list(metrics)
    return {"metrics": names, "definition": definition, "df": absolute(df), **model_keys(model, precision)}


def _scored(rows: Sequence[Row], image: str | None, references: str | None, keys: dict[str, Any], threads: int | None) -> Answer:
    images, payload = pack([row.image for row in rows])
    return request(
        threads,
        "score",
        payload,
        candidates=[row.text for row in rows],
        references=None if references is None else [row.references for row in rows],
        images=None if image is None else images,
        **keys,
    )


def _with_columns(
    frame: DataFrame,
    fields: Sequence[T.StructField],
    columns_of: Callable[[list[Row]], list[pa.Array]],
    image: str | None,
    text: str | None,
    references: str | None = None,
) -> DataFrame:
    """The frame with more columns, made of so many rows at a time as a request holds. Its own columns pass unchanged."""
    _check_columns(frame, image, text, references)
    there = {name.lower() for name in frame.columns}
    taken = [field.name for field in fields if field.name.lower() in there]
    if taken:
        advice = ", or name another column with error" if taken[0] == fields[-1].name else ""
        raise ValueError(f"The column {taken[0]!r} is there already; drop or rename it first{advice}.")
    names = [*frame.columns, *[field.name for field in fields]]

    def of_partition(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        for batch in batches:
            done = 0
            for rows in requests_of(rows_of(batch, image, text, references)):
                own = batch.slice(done, len(rows))
                yield pa.RecordBatch.from_arrays([*own.columns, *columns_of(rows)], names)
                done += len(rows)

    return frame.mapInArrow(cast(Any, of_partition), T.StructType([*frame.schema.fields, *fields]))


def _lists(values: Any, failures: dict[int, str]) -> pa.Array:
    """The rows of an array of shape (rows, dimension) as lists; null where a row failed."""
    import pyarrow as pa

    kept = [index for index in range(len(values)) if index not in failures]
    offsets: list[int | None] = []
    end = 0
    for index in range(len(values)):
        offsets.append(None if index in failures else end)
        end += 0 if index in failures else values.shape[1]
    return pa.ListArray.from_arrays(pa.array([*offsets, end], pa.int32()), pa.array(values[kept].reshape(-1), pa.float32()))


def _check_columns(frame: DataFrame, *names: str | None) -> None:
    for name in names:
        if name is not None:
            check_column(frame, name)


def check_column(frame: DataFrame, name: str, advice: str | None = None) -> None:
    """Raises `ValueError` where a frame does not have a column once; `advice` is what to do where it has none."""
    count = frame.columns.count(name)
    if count == 0:
        raise ValueError(f"There is no column {name!r}; {advice or 'there are ' + ', '.join(frame.columns)}.")
    if count > 1:
        raise ValueError(f"There are {count} columns {name!r}; rename or drop all but one.")
