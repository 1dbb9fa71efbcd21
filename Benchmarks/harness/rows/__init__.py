"""The rows of the benchmarks by name, in the order in which they are measured."""

from collections.abc import Callable

from harness.context import Context
from harness.report import Section
from harness.rows import accuracy, end_to_end, memory, ngrams, product_rate, rank, towers

Row = Callable[[Context], Section]

ROWS: dict[str, Row] = {
    "product-rate": product_rate.measure,
    **towers.rows(),
    "accuracy": accuracy.measure,
    "rank": rank.measure,
    "memory": memory.measure,
    "ngrams": ngrams.measure,
    "end-to-end": end_to_end.measure,
}
