"""The rows of the benchmarks by name, in the order in which they are measured."""

from collections.abc import Callable

from harness.context import Context
from harness.report import Section
from harness.rows import accuracy, end_to_end, memory, product_rate, rank, text_metrics, towers, trunk

Row = Callable[[Context], Section]

ROWS: dict[str, Row] = {
    "product-rate": product_rate.measure,
    **towers.rows(),
    **trunk.rows(),
    "accuracy": accuracy.measure,
    "rank": rank.measure,
    "memory": memory.measure,
    **text_metrics.rows(),
    "end-to-end": end_to_end.measure,
}
