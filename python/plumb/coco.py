"""The classes of pycocoevalcap under their names, so that only the import changes.

    from plumb.coco import Bleu, Cider, Meteor, PTBTokenizer, Rouge

in place of

    from pycocoevalcap.bleu.bleu import Bleu
    from pycocoevalcap.cider.cider import Cider
    from pycocoevalcap.meteor.meteor import Meteor
    from pycocoevalcap.rouge.rouge import Rouge
    from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .metrics import BLEU, METEOR, ROUGE, CIDEr
from .tokenizer import split_words
from .worker import Worker

__all__ = ["Bleu", "Cider", "Meteor", "PTBTokenizer", "Rouge"]

Bleu = BLEU
Meteor = METEOR
Rouge = ROUGE


class Cider(CIDEr):
    """`plumb.CIDEr` with the parameters of pycocoevalcap's Cider, of which no other values are supported."""

    def __init__(
        self, test: None = None, refs: None = None, n: int = 4, sigma: float = 6.0, *, worker: Worker | None = None
    ) -> None:
        if (test, refs, n, sigma) != (None, None, 4, 6.0):
            raise ValueError("Plumb computes CIDEr-D with n = 4 and sigma = 6, for what compute_score is given.")
        super().__init__(worker=worker)


class PTBTokenizer:
    """Splits captions into words by the Penn Treebank rules, as pycocoevalcap's PTBTokenizer does, without Java."""

    def __init__(self, *, worker: Worker | None = None) -> None:
        self._worker = worker

    def tokenize(self, captions_for_image: Mapping[Any, Sequence[Mapping[str, Any]]]) -> dict[Any, list[str]]:
        """Words joined with spaces, in lower case and without punctuation.

        - captions_for_image: by id a list of dicts that have the text under "caption".
        """
        texts = [each["caption"] for captions in captions_for_image.values() for each in captions]
        words = iter(split_words(texts, self._worker))
        # As the peer, which has no entry for an id without captions.
        return {id: [next(words) for _ in captions] for id, captions in captions_for_image.items() if captions}
