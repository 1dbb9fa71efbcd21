"""torchmetrics' CLIPScore under its name, so that only the import changes.

    from plumb.torchmetrics import CLIPScore

in place of `from torchmetrics.multimodal import CLIPScore`. PyTorch is needed, transformers is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import worker as workers
from .arrays import Float64Array
from .embedder import Embedder
from .errors import ItemError
from .metrics import image_list
from .options import Path, model_keys
from .scores import Scores
from .scoring import score_answers
from .worker import Worker

__all__ = ["CLIPScore", "clip_score"]

DEFAULT_MODEL = "openai/clip-vit-large-patch14"


class CLIPScore:
    """100 · cos of the embeddings of images and texts, or of two images, or of two texts; the mean, at least zero.

        metric = CLIPScore("openai/clip-vit-base-patch16")
        metric.update(images, ["a photo of a cat"])
        metric.compute()    # a tensor, float32

    - model_name_or_path: as `--model` of `plumb score`; by default what torchmetrics takes, which
      `plumb model pull openai/clip-vit-large-patch14` fetches.
    - precision: "f32", "bf16" or "int8".

    Values are torchmetrics' own to 1e-4, but for texts longer than the model's context: torchmetrics cuts those without
    their end token, and then gives all of them the same embedding. Plumb keeps the end token, as CLIP does.

    It is no `torch.nn.Module`; `to` chooses the device of the results. Images have the values 0 to 255 as integers.
    """

    is_differentiable = False
    higher_is_better = True
    full_state_update = True
    plot_lower_bound = 0.0
    plot_upper_bound = 100.0

    def __init__(
        self,
        model_name_or_path: Path = DEFAULT_MODEL,
        *,
        precision: str = "f32",
        worker: Worker | None = None,
    ) -> None:
        if callable(model_name_or_path):
            raise TypeError("Plumb takes the name or the folder of a model, not a function that makes one.")
        self._model = model_name_or_path
        self._precision = precision
        self._worker = worker
        self._values: list[Float64Array] = []
        self._device: Any = None

    def update(self, source: Any, target: Any) -> None:
        """Adds pairs.

        - source, target: images (a tensor (N, C, H, W), a list of tensors (C, H, W), or one of these; or any form that
          `plumb.images.item` takes but a path, which would be a text), or a text or a list of texts.

        Raises `ItemError` where an item cannot be used; then none of the batch is added.
        """
        self._values.append(self._pairs(source, target))

    def forward(self, source: Any, target: Any) -> Any:
        """Adds pairs, and returns the value of these alone, a tensor."""
        self.update(source, target)
        return self._tensor(self._values[-1])

    __call__ = forward

    def compute(self) -> Any:
        """The mean over all pairs since `reset`, at least zero: a tensor, float32 of shape ()."""
        if not self._values:
            raise ValueError("CLIPScore has seen no pairs: call update() before compute().")
        return self._tensor(np.concatenate(self._values))

    def reset(self) -> None:
        """Forgets all pairs."""
        self._values.clear()

    def merge_state(self, other: CLIPScore) -> None:
        """Adds the pairs that another metric of the same model has seen."""
        if (other._model, other._precision) != (self._model, self._precision):
            raise ValueError("Only metrics with the same settings can be merged.")
        self._values += other._values

    def to(self, device: Any) -> CLIPScore:
        """Chooses the device of the results. The work is done on CPU cores."""
        self._device = device
        return self

    def _pairs(self, source: Any, target: Any) -> Float64Array:
        """100 · cos of each pair, not clamped."""
        left, right = _Side(source), _Side(target)
        if len(left.items) != len(right.items):
            raise ValueError(
                "Expected the number of source and target examples to be the same but got "
                f"{len(left.items)} and {len(right.items)}"
            )
        if left.is_text == right.is_text:
            first, second = self._embed(left), self._embed(right)
            return np.asarray(100 * np.sum(first.astype(np.float64) * second, axis=1))
        texts, images = (left, right) if left.is_text else (right, left)
        keys = {
            "metrics": ["clipscore"],
            "definition": "torchmetrics",
            **model_keys(self._model, self._precision),
        }
        answers = score_answers(texts.items, None, images.items, keys, self._worker or workers.default())
        scores = [Scores.from_answer(*each) for each in answers]
        for each in scores:
            if each.failures:
                raise ItemError(each.failures, "pair")
        return np.concatenate([each.per_caption["CLIPScore"] for each in scores])

    def _embed(self, side: _Side) -> Any:
        embedder = Embedder(self._model, self._precision, worker=self._worker)
        return embedder.texts(side.items) if side.is_text else embedder.images(side.items)

    def _tensor(self, values: Float64Array) -> Any:
        import torch

        return torch.tensor(max(float(values.mean()), 0.0), dtype=torch.float32, device=self._device)


def clip_score(source: Any, target: Any, model_name_or_path: Path = DEFAULT_MODEL, *, worker: Worker | None = None) -> Any:
    """`CLIPScore` of these pairs, as torchmetrics.functional.multimodal.clip_score: a tensor, float32 of shape ()."""
    return CLIPScore(model_name_or_path, worker=worker)(source, target)


class _Side:
    """The images or texts of one side of the pairs."""

    def __init__(self, given: str | Sequence[str] | Any) -> None:
        self.items = [given] if isinstance(given, str) else image_list(given)
        if not self.items:
            raise ValueError("Empty input list")
        self.is_text = isinstance(self.items[0], str)
        if any(isinstance(each, str) != self.is_text for each in self.items):
            raise ValueError("A list of images and texts together was given.")
