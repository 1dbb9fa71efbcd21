"""Embeddings of images and texts by a CLIP model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from . import worker as workers
from .arrays import Float32Array, Float64Array, payload_array
from .batches import batched, text_weight, texts_of
from .errors import Failure, ItemError
from .images import Image, Item, each_item, items, pack, size
from .options import Path, model_keys
from .worker import Worker

MAX_ROWS = 8192
"""The most images or texts of one request."""


class Ranking(NamedTuple):
    """How well texts fit images; both arrays are float64 of shape (images, texts)."""

    scores: Float64Array
    """CLIPScores in the definition that was asked for."""
    cosines: Float64Array


class Embedder:
    """A CLIP model that embeds images and texts.

        embedder = plumb.Embedder("openai/clip-vit-base-patch32")
        similarity = embedder.images(["a.jpg", "b.jpg"]) @ embedder.texts(["two cats", "a dog"]).T

    The parameters are those of `plumb.options.model_keys`. The model is opened with the first use.
    """

    def __init__(
        self,
        model: Path = "mini",
        precision: str = "f32",
        *,
        tokenizer: Path | None = None,
        exif: bool = False,
        worker: Worker | None = None,
    ) -> None:
        self._keys = model_keys(model, precision, tokenizer, exif)
        self._worker = worker
        self._description: dict[str, Any] | None = None

    def images(self, images: Iterable[Image], normalize: bool = True, on_error: str = "raise") -> Float32Array:
        """Embeddings of images, float32 of shape (images, dimension).

        - images: a list of images in any form that `plumb.images.item` takes, or an array or tensor of them.
        - normalize: whether each embedding has the length 1.
        - on_error: "raise" raises `ItemError` where an image cannot be read; "nan" makes its embedding NaN.
        """

        def request(batch: list[Item]) -> tuple[dict[str, Any], memoryview]:
            keys, payload = pack(batch)
            return self._request("embed_images", payload, images=keys, normalize=normalize)

        return self._embed(each_item(images), size, request, "image", on_error)

    def texts(self, texts: Sequence[str], normalize: bool = True, on_error: str = "raise") -> Float32Array:
        """Embeddings of texts, float32 of shape (texts, dimension).

        Texts that are longer than the model's context are cut to it.
        """
        _check_texts(texts)
        return self._embed(
            texts_of(texts),
            text_weight,
            lambda batch: self._request("embed_texts", texts=batch, normalize=normalize),
            "text",
            on_error,
        )

    captions = texts

    def rank(self, images: Sequence[Image], texts: Sequence[str], definition: str = "hessel") -> Ranking:
        """CLIPScores and cosines of every image with every text.

        - definition: of CLIPScore, "hessel", "torchmetrics" or "pac". It also decides what is put before each text.

        Raises `ItemError` where an image or a text cannot be read.
        """
        _check_texts(texts)
        keys, payload = pack(items(images))
        header, answer = self._request("rank", payload, images=keys, texts=list(texts_of(texts)), definition=definition)
        _raise_failures(header.get("image_failures", []), "image")
        _raise_failures(header.get("failures", []), "text")
        scores, cosines = payload_array(header, answer)
        return Ranking(scores, cosines)

    @property
    def dimension(self) -> int:
        """The number of values of an embedding."""
        return int(self._described("dimension"))

    @property
    def context_length(self) -> int:
        """The most tokens of a text that the model reads."""
        return int(self._described("context_length"))

    @property
    def fingerprint(self) -> str:
        """A hash of the model's files; equal for equal weights."""
        return str(self._described("fingerprint"))

    def _described(self, key: str) -> Any:
        if self._description is None:
            self._description, _ = self._request("model")
        return self._description[key]

    def _request(self, do: str, payload: Any = b"", **keys: Any) -> tuple[dict[str, Any], memoryview]:
        return (self._worker or workers.default()).request(do, payload, **self._keys, **keys)

    def _embed(self, rows: Iterable[Any], weigh: Any, request: Any, what: str, on_error: str) -> Float32Array:
        if on_error not in ("raise", "nan"):
            raise ValueError(f"on_error is {on_error!r}; it must be 'raise' or 'nan'.")
        arrays = []
        done = 0
        for batch in batched(rows, weigh, max_rows=MAX_ROWS):
            header, payload = request(batch)
            if on_error == "raise":
                _raise_failures(header.get("failures", []), what, done)
            arrays.append(payload_array(header, payload))
            done += len(batch)
        if len(arrays) == 1:
            return arrays[0]
        return np.concatenate(arrays) if arrays else np.empty((0, self.dimension), np.float32)


def _check_texts(texts: Any) -> None:
    if isinstance(texts, (str, bytes)):
        raise TypeError("A list of texts is needed; one text was given.")


def _raise_failures(failures: list[dict[str, Any]], what: str, offset: int = 0) -> None:
    if failures:
        raise ItemError([Failure(offset + each["index"], each["reason"]) for each in failures], what)
