"""Rows of Arrow batches as requests of the worker of an executor's Python process."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pyspark import TaskContext

from ..batches import batched, text_weight
from ..errors import WorkerDiedError
from ..frames import BytesLike
from ..images import Item, item, size
from ..worker import Answer, Worker

if TYPE_CHECKING:
    import pyarrow as pa  # type: ignore[import-untyped]

MAX_BYTES = 64 << 20
"""The most bytes of images that an executor sends to its worker at a time."""
MAX_ROWS = 4096

_worker: tuple[int, Worker] | None = None


def worker_of_process(threads: int | None = None) -> Worker:
    """The worker of this Python process, which Spark uses for one task after the other.

    - threads: its CPU threads; where it is None, as many as the task has cores (`spark.task.cpus`).
    """
    global _worker
    context = TaskContext.get()
    threads = threads or (1 if context is None else context.cpus())
    if _worker is None or _worker[0] != threads:
        if _worker is not None:
            _worker[1].close()
        _worker = (threads, Worker(threads))
    return _worker[1]


def request(threads: int | None, do: str, payload: Sequence[BytesLike] = (), **keys: Any) -> Answer:
    """An answer of the process's worker, asked once more where the worker was killed.

    A request has all that it needs in it, so that asking again gives the same. Where the second worker dies too, the error
    goes to Spark, which repeats the task as often as `spark.task.maxFailures` says.
    """
    worker = worker_of_process(threads)
    try:
        return worker.request(do, payload, **keys)
    except WorkerDiedError:
        return worker.request(do, payload, **keys)


@dataclass
class Row:
    """What a row has for the worker."""

    image: Item = None
    text: str | None = None
    references: list[str] | None = None
    problems: dict[str, str] = field(default_factory=dict)
    """Why a value cannot be used, by what it is (image, text, references); the worker gets it as one that is missing."""

    @property
    def weight(self) -> int:
        return size(self.image) + text_weight(self.text) + sum(map(text_weight, self.references or ()))


def rows_of(batch: pa.RecordBatch, image: str | None, text: str | None, references: str | None = None) -> list[Row]:
    """The rows of a batch. The bytes of images stay where they are."""
    rows = [Row() for _ in range(batch.num_rows)]
    for row, value in zip(rows, _values(batch, image)):
        row.image, problem = _image(value)
        if problem:
            row.problems["image"] = problem
    for row, value in zip(rows, _values(batch, text)):
        row.text = None if isinstance(value, _Unusable) else value
        if isinstance(value, _Unusable):
            row.problems["text"] = "the text is not UTF-8"
    for row, value in zip(rows, _values(batch, references)):
        row.references, problem = _references(value)
        if problem:
            # A row is out where one of its references is: a value with fewer references is another value.
            row.text = None
            row.problems["references"] = problem
    return rows


def requests_of(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """So many rows at a time as a request holds."""
    return batched(rows, lambda row: row.weight, MAX_BYTES, MAX_ROWS)


def failures_of(header: Mapping[str, Any], rows: Sequence[Row], kinds: Iterable[str]) -> dict[int, str]:
    """Why rows of a request failed, by index: what was found here comes before what the worker says of a missing value."""
    reasons = {each["index"]: _ROW_NUMBER.sub("", each["reason"]) for each in header["failures"]}
    for index, row in enumerate(rows):
        own = [row.problems[kind] for kind in kinds if kind in row.problems]
        if own:
            reasons[index] = "; ".join(own) + "."
    return reasons


_ROW_NUMBER = re.compile(r'^id "\d+": ')
"""The worker names a row by its place in the request, which says nothing about a DataFrame."""


class _Unusable:
    """A string that is not UTF-8: Spark takes any bytes for a string that are cast to one."""


def _values(batch: pa.RecordBatch, name: str | None) -> Iterator[Any]:
    """The values of a column; none where there is no column."""
    import pyarrow as pa

    if name is None:
        return
    column = batch.column(batch.schema.get_field_index(name))
    is_bytes = pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type)
    for scalar in column:
        try:
            if is_bytes:
                yield memoryview(scalar.as_buffer()) if scalar.is_valid else None
            else:
                yield scalar.as_py()
        except UnicodeDecodeError:
            yield _Unusable()


def _image(value: Any) -> tuple[Item, str | None]:
    if value is None:
        return None, None
    if isinstance(value, _Unusable):
        return None, "the path of the image is not UTF-8"
    return (item(value), None) if len(value) else (None, "the image is empty")


def _references(value: Any) -> tuple[list[str], str | None]:
    if isinstance(value, _Unusable):
        return [], "a reference is not UTF-8"
    if value is not None and None in value:
        return [], "a reference is null"
    return value or [], None
