"""What one runner is asked to do."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

PAD = 49407
CONTEXT = 77


@dataclass(frozen=True)
class Task:
    """A tower, its inputs and the conditions that every runner gets alike.

    `tower` is `image` or `text` of a ViT-B/32, or `trunk`, the image tower of an EfficientNet-Lite0. `source` is an .npy of
    normalised images (count, 3, 224, 224) for images, and a .json of token ids
    (lists with both markers, no padding) for the text tower. `padding` is `longest` in the batch, or `full` (77).
    """

    tower: str
    precision: str
    model: str
    source: str
    work: str
    batch: int = 32
    count: int = 64
    threads: int = 2
    padding: str = "longest"

    def encoded(self) -> str:
        """The task as one JSON string."""
        return json.dumps(asdict(self))

    @staticmethod
    def decode(text: str) -> "Task":
        """The task that `encoded` wrote."""
        return Task(**json.loads(text))

    def batches(self) -> list[np.ndarray]:
        """The inputs of one turn, in batches; inputs are repeated when there are fewer than `count`."""
        return self._cut(self._repeated(self._items()))

    def all_batches(self) -> list[np.ndarray]:
        """Every input once, for the comparison of embeddings."""
        return self._cut(self._items())

    def _items(self):
        path = Path(self.source)
        if path.suffix == ".npy":
            return np.load(path)
        return json.loads(path.read_text())

    def _repeated(self, items):
        order = [index % len(items) for index in range(self.count)]
        return items[order] if isinstance(items, np.ndarray) else [items[index] for index in order]

    def _cut(self, items) -> list[np.ndarray]:
        parts = [items[start : start + self.batch] for start in range(0, len(items), self.batch)]
        return parts if self.tower != "text" else [self._padded(part) for part in parts]

    def _padded(self, rows: list[list[int]]) -> np.ndarray:
        width = CONTEXT if self.padding == "full" else max(len(row) for row in rows)
        padded = np.full((len(rows), width), PAD, dtype=np.int64)
        for target, row in zip(padded, rows):
            target[: len(row)] = row
        return padded
