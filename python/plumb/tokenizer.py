"""Tokens of CLIP models, and words of the Penn Treebank."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from . import worker as workers
from .arrays import Int32Array, payload_array
from .batches import batched, text_weight, texts_of
from .errors import Failure, ItemError
from .options import Path, model_keys
from .worker import Worker


class Tokenizer:
    """The byte-pair tokenizer of a CLIP model.

    plumb.Tokenizer()(["two cats"])    # int32 of shape (1, 77)
    """

    def __init__(self, model: Path = "mini", *, tokenizer: Path | None = None, worker: Worker | None = None) -> None:
        self._keys = model_keys(model, tokenizer=tokenizer)
        self._worker = worker

    def __call__(self, texts: Sequence[str]) -> Int32Array:
        """Token ids, int32 of shape (texts, context length), padded as the model expects it.

        Longer texts are cut to the context length. Raises `ItemError` for a text that has no tokens.
        """
        if isinstance(texts, str):
            raise TypeError("A list of texts is needed; one text was given.")
        arrays = []
        done = 0
        # An empty list is a request too: the answer has the context length.
        for batch in batched(texts_of(texts), text_weight) if len(texts) else [[]]:
            header, payload = (self._worker or workers.default()).request("tokenize", texts=batch, **self._keys)
            failures = header.get("failures", [])
            if failures:
                raise ItemError([Failure(done + each["index"], each["reason"]) for each in failures], "text")
            arrays.append(payload_array(header, payload))
            done += len(batch)
        return np.concatenate(arrays)


def split_words(texts: Sequence[str], worker: Worker | None = None) -> list[str]:
    """Each text split into words by the Penn Treebank rules, in lower case and without punctuation, joined with spaces.

    These are the words that BLEU, METEOR, ROUGE-L and CIDEr compare, as pycocoevalcap's PTBTokenizer makes them.
    """
    if isinstance(texts, str):
        raise TypeError("A list of texts is needed; one text was given.")
    words: list[str] = []
    for batch in batched(texts_of(texts), text_weight):
        header, _ = (worker or workers.default()).request("words", texts=batch)
        words += header["texts"]
    return words
