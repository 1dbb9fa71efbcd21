"""Long lists in several requests, so that none is larger than a frame may be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Callable, TypeVar

Row = TypeVar("Row")

MAX_BYTES = 256 << 20
"""The most bytes of images that are sent in one request, but for a single image that has more."""
CHARACTER_WEIGHT = 32
"""What a character of a text counts for. Texts lie in the header, which holds a quarter of MAX_BYTES, and a character
takes up to six bytes there."""


def batched(
    rows: Iterable[Row], weigh: Callable[[Row], int], max_weight: int = MAX_BYTES, max_rows: int | None = None
) -> Iterator[list[Row]]:
    """The rows in lists, each as long as its weight allows. Rows are taken when they are needed."""
    batch: list[Row] = []
    total = 0
    for row in rows:
        weight = weigh(row)
        if batch and (total + weight > max_weight or len(batch) == max_rows):
            yield batch
            batch, total = [], 0
        batch.append(row)
        total += weight
    if batch:
        yield batch


def texts_of(texts: Iterable[Any], what: str = "text") -> Iterator[str | None]:
    """The texts, None among them for those that are missing. Raises `TypeError` for anything else, with its index."""
    if isinstance(texts, Mapping) or is_table(texts):
        raise TypeError(f"A list of texts is needed; {type(texts).__name__} was given.")
    for index, text in enumerate(texts):
        if text is not None and not isinstance(text, str):
            raise TypeError(f"{what} {index}: a text or None is needed; {type(text).__name__} was given ({repr(text)[:80]}).")
        yield text


def is_table(values: Any) -> bool:
    """Whether it is a DataFrame, of which a list would be the names of its columns."""
    return hasattr(values, "columns")


def text_weight(text: str | None) -> int:
    """The weight of a text in a batch."""
    return 0 if text is None else CHARACTER_WEIGHT * (len(text) + 8)
