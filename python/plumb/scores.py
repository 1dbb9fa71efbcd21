"""What scoring gives."""

from __future__ import annotations

import html
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from .arrays import Float64Array, payload_array
from .errors import Failure


class Scores(Mapping[str, float]):
    """The values of a corpus by name, in the order of the table of `plumb score`.

    scores["CIDEr"]                the value of the corpus
    scores.per_caption["CIDEr"]    the value of each caption, float64 of shape (captions,); NaN for one that failed
    scores.signature               one line for a paper: the metrics and everything that their values depend on
    """

    def __init__(
        self,
        values: Mapping[str, float],
        per_caption: Mapping[str, Float64Array],
        ids: Sequence[Hashable] | None = None,
        failures: Sequence[Failure] = (),
        signature: str = "",
        warnings: Sequence[str] = (),
        truncated: int = 0,
    ) -> None:
        self._values = dict(values)
        self.per_caption = dict(per_caption)
        self.ids = None if ids is None else list(ids)
        """The keys of the captions in the order of `per_caption`, where a dict was given."""
        self.failures = list(failures)
        """The captions that could not be scored and count in no value."""
        self.signature = signature
        self.warnings = list(warnings)
        self.truncated = truncated
        """How many captions were cut to the context length of the model."""

    @classmethod
    def from_answer(cls, header: Mapping[str, Any], payload: memoryview, ids: Sequence[Hashable] | None = None) -> Scores:
        """The scores in an answer of the worker to `score` or `merge`."""
        names = [each["name"] for each in header["values"]]
        values = [np.nan if each["value"] is None else float(each["value"]) for each in header["values"]]
        rows = payload_array(header, payload)
        failures = [
            Failure(each["index"], each["reason"], None if ids is None else ids[each["index"]])
            for each in header.get("failures", [])
        ]
        return cls(
            dict(zip(names, values)),
            dict(zip(names, rows)),
            ids,
            failures,
            header.get("signature", ""),
            header.get("warnings", []),
            header.get("truncated", 0),
        )

    def items_of(self, name: str) -> dict[Hashable, float]:
        """The value of each caption of one metric, by its id, or by its index where a list was given."""
        values = self.per_caption[name].tolist()
        return dict(zip(range(len(values)) if self.ids is None else self.ids, values))

    @property
    def count(self) -> int:
        """The number of captions, those that failed among them."""
        return len(next(iter(self.per_caption.values()), ()))

    def __getitem__(self, name: str) -> float:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        width = max((len(name) for name in self), default=0)
        lines = [f"Scores of {self._counted()}"]
        lines += [f"  {name:<{width}}  {value:9.4f}" for name, value in self.items()]
        return "\n".join(lines + [f"  warning: {each}" for each in self.warnings])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td style='text-align: left'>{html.escape(name)}</td><td>{value:.4f}</td></tr>" for name, value in self.items()
        )
        notes = "".join(f"<br>{html.escape(each)}" for each in self.warnings)
        return (
            f"<table><caption>Scores of {self._counted()}</caption>{rows}</table>"
            f"<small><code>{html.escape(self.signature)}</code>{notes}</small>"
        )

    def _counted(self) -> str:
        noun = "caption" if self.count == 1 else "captions"
        failed = f", {len(self.failures)} of them failed" if self.failures else ""
        return f"{self.count:,} {noun}{failed}"
