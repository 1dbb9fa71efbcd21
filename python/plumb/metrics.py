"""Metrics that take captions batch by batch, with the interface of torchmetrics and with that of pycocoevalcap."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from . import worker as workers
from .arrays import Float64Array
from .errors import ItemError
from .images import Image
from .options import Path, absolute, model_keys
from .scores import Scores
from .scoring import References, column, merge, score_answers, scores_of, statistics_of
from .worker import Worker

Self = TypeVar("Self", bound="Metric")
Captions = Mapping[Any, Sequence[str]]
"""Captions by id, as pycocoevalcap has them: several references, or a list of one candidate."""


class Metric:
    """What the metrics have in common.

    `update` takes a batch, `compute` gives the value of all batches since `reset`, and calling the metric does `update`
    and returns the value of this batch alone, as in torchmetrics. `merge_state` adds what another metric has seen, for
    example in another process: a metric can be pickled.

    A metric keeps the statistics of each batch that Plumb made, not the captions; its value is that of all captions
    scored at once. It is no `torch.nn.Module`.
    """

    higher_is_better = True
    name = ""
    """The row of the value in the table of `plumb score`."""

    def __init__(self, metric: str, keys: Mapping[str, Any], worker: Worker | None) -> None:
        self._keys = {"metrics": [metric], **keys}
        self._worker = worker
        self._statistics: list[bytes] = []

    def compute(self) -> float:
        """The value of all captions since `reset`. Raises `ValueError` where there are none."""
        return self._merged(per_caption=False)[self.name]

    def per_caption(self) -> Float64Array:
        """The value of each caption since `reset`, float64 of shape (captions,), in the order of the updates."""
        return self._merged(per_caption=True).per_caption[self.name]

    def reset(self) -> None:
        """Forgets all captions."""
        self._statistics.clear()

    def merge_state(self: Self, other: Self) -> None:
        """Adds the captions that another metric of the same kind has seen, behind one's own.

        Raises `ValueError` where the other has other settings.
        """
        if other._keys != self._keys or type(other) is not type(self):
            raise ValueError("Only metrics with the same settings can be merged.")
        self._statistics += other._statistics

    def _add(
        self,
        candidates: Sequence[str],
        references: Sequence[References] | None = None,
        images: Sequence[Image] | None = None,
    ) -> float:
        """Scores a batch, keeps its statistics, and returns its value. Where a caption fails, none of it is kept."""
        worker = self._worker or workers.default()
        if references is not None and len(references) != len(candidates):
            raise ValueError(f"There are {len(candidates)} captions, but {len(references)} lists of references.")
        answers = score_answers(candidates, references, images, self._keys, worker, statistics=True)
        statistics = [bytes(statistics_of(each)) for each in answers]
        scores = _without_failures(scores_of(answers, worker, df=self._keys.get("df")))
        # Of a batch without captions there is nothing to merge.
        if candidates:
            self._statistics += statistics
        return scores[self.name]

    def _merged(self, per_caption: bool) -> Scores:
        if not self._statistics:
            raise ValueError(f"{type(self).__name__} has seen no captions: call update() before compute().")
        return Scores.from_answer(*merge(self._statistics, self._worker, per_caption, self._keys.get("df")))

    def _score_by_id(self, gts: Mapping[Any, Any], res: Captions, images: Sequence[Image] | None = None, **keys: Any) -> Scores:
        """Scores one candidate for each id, as pycocoevalcap's compute_score does."""
        if gts.keys() != res.keys():
            raise ValueError("gts and res must have the same ids.")
        references = None if images is not None and not self._reads_references else [_listed(gts[each], each) for each in gts]
        candidates = [_only(res[each], each) for each in gts]
        answers = score_answers(candidates, references, images, {**self._keys, **keys}, self._worker or workers.default())
        return _without_failures(scores_of(answers, self._worker, list(gts), self._keys.get("df")))

    _reads_references = True


class WordMetric(Metric):
    """A metric that compares the words of captions and references."""

    _method = ""

    def __init__(self, metric: str, keys: Mapping[str, Any], tokenized: bool, worker: Worker | None) -> None:
        super().__init__(metric, {**keys, "tokenized": tokenized or None}, worker)

    def update(self, preds: Sequence[str], target: Sequence[References]) -> None:
        """Adds captions.

        - preds: captions.
        - target: for each caption its references.

        Raises `ItemError` where a caption cannot be scored; then none of the batch is added.
        """
        self._add(*_pairs(preds, target))

    def forward(self, preds: Sequence[str], target: Sequence[References]) -> float:
        """Adds captions, and returns the value of these alone."""
        return self._add(*_pairs(preds, target))

    __call__ = forward

    def method(self) -> str:
        """pycocoevalcap's name of the metric."""
        return self._method

    def _compute_score(self, gts: Captions, res: Captions) -> Scores:
        # pycocoevalcap's scorers take what its PTBTokenizer has split.
        return self._score_by_id(gts, res, tokenized=True)


class BLEU(WordMetric):
    """BLEU-n of Papineni et al. 2002, as pycocoevalcap computes it (the closest reference length, no smoothing).

    - n: the longest n-grams, 1 to 4.
    - tokenized: whether texts are words with spaces between, and are not to be split by the Penn Treebank rules.
    """

    _method = "Bleu"

    def __init__(self, n: int = 4, *, tokenized: bool = False, worker: Worker | None = None) -> None:
        if isinstance(n, (bool, float)) or n not in (1, 2, 3, 4):
            raise ValueError(f"n is {n!r}; it must be 1, 2, 3 or 4.")
        super().__init__("bleu", {}, tokenized, worker)
        self.n = n
        self.name = f"BLEU-{n}"

    def compute_score(self, gts: Captions, res: Captions, verbose: int = 0) -> tuple[list[float], list[list[float]]]:
        """BLEU-1 to BLEU-n of the corpus, and for each of them the values of the captions, as pycocoevalcap's Bleu.

        - gts: references by id, split into words.
        - res: a list of one candidate by id, split into words.
        - verbose: passed over; nothing is printed.
        """
        scores = self._compute_score(gts, res)
        names = [f"BLEU-{k}" for k in range(1, self.n + 1)]
        return [scores[name] for name in names], [scores.per_caption[name].tolist() for name in names]


class CIDEr(WordMetric):
    """CIDEr-D of Vedantam et al. 2015, as pycocoevalcap computes it, from 0 to 10.

    - df: document frequencies, a file of `plumb cider-df`; where it is None, those of the references of all captions
      that `compute` is about.
    - tokenized: as for `BLEU`.
    """

    name = "CIDEr"
    _method = "CIDEr"

    def __init__(self, df: Path | None = None, *, tokenized: bool = False, worker: Worker | None = None) -> None:
        super().__init__("cider", {"df": absolute(df)}, tokenized, worker)

    def compute_score(self, gts: Captions, res: Captions) -> tuple[np.float64, Float64Array]:
        """The value of the corpus and of each caption, as pycocoevalcap's Cider. `gts` and `res` as for `BLEU`."""
        return _value_and_array(self._compute_score(gts, res), self.name)


class METEOR(WordMetric):
    """METEOR 1.5 of Denkowski and Lavie 2014, as pycocoevalcap's jar computes it.

    Needs METEOR's tables: `plumb meteor install`, once. `tokenized` as for `BLEU`.
    """

    name = "METEOR"
    _method = "METEOR"

    def __init__(self, *, tokenized: bool = False, worker: Worker | None = None) -> None:
        super().__init__("meteor", {}, tokenized, worker)

    def compute_score(self, gts: Captions, res: Captions) -> tuple[float, list[float]]:
        """The value of the corpus and of each caption, as pycocoevalcap's Meteor. `gts` and `res` as for `BLEU`."""
        scores = self._compute_score(gts, res)
        return scores[self.name], scores.per_caption[self.name].tolist()


class ROUGE(WordMetric):
    """ROUGE-L of Lin 2004 with β = 1.2, as pycocoevalcap computes it. `tokenized` as for `BLEU`."""

    name = "ROUGE-L"
    _method = "Rouge"

    def __init__(self, *, tokenized: bool = False, worker: Worker | None = None) -> None:
        super().__init__("rouge", {}, tokenized, worker)

    def compute_score(self, gts: Captions, res: Captions) -> tuple[np.float64, Float64Array]:
        """The value of the corpus and of each caption, as pycocoevalcap's Rouge. `gts` and `res` as for `BLEU`."""
        return _value_and_array(self._compute_score(gts, res), self.name)


class CLIPScore(Metric):
    """CLIPScore of images and captions.

    - model, precision, tokenizer, exif: the CLIP model, see `plumb.options.model_keys`.
    - definition: "hessel" (Hessel et al. 2021), "torchmetrics" (100 · cos, as torchmetrics has it) or "pac".
    - images: images by id, for `compute_score`.

    Values are Python floats; `plumb.torchmetrics.CLIPScore` gives tensors.
    """

    name = "CLIPScore"
    _metric = "clipscore"
    _reads_references = False

    def __init__(
        self,
        model: Path | None = None,
        definition: str = "hessel",
        *,
        precision: str = "f32",
        tokenizer: Path | None = None,
        exif: bool = False,
        images: Mapping[Any, Image] | None = None,
        worker: Worker | None = None,
    ) -> None:
        keys = {"definition": definition, **model_keys(model, precision, tokenizer, exif)}
        super().__init__(self._metric, keys, worker)
        self._images = images

    def update(self, images: Any, text: str | Sequence[str]) -> None:
        """Adds images and captions.

        - images: a list of images in any form that `plumb.images.item` takes, a tensor or array of them with the images
          along the first axis, or one image.
        - text: a caption for each image; one text for one image.

        Raises `ItemError` where an image or caption cannot be used; then none of the batch is added.
        """
        self.forward(images, text)

    def forward(self, images: Any, text: str | Sequence[str]) -> float:
        """Adds images and captions, and returns the value of these alone."""
        captions, shown = _captions_and_images(text, images)
        return self._add(captions, images=shown)

    __call__ = forward

    def method(self) -> str:
        """The name of the metric."""
        return self.name

    def compute_score(self, gts: Mapping[Any, Any], res: Captions) -> tuple[np.float64, Float64Array]:
        """The value of the corpus and of each caption, in the form of pycocoevalcap's scorers.

        - gts: anything by id; only its ids are read. The images are those that the metric was made with.
        - res: a list of one candidate by id, as it was written, not split into words.
        """
        return _value_and_array(self._score_by_id(gts, res, self._images_of(gts)), self.name)

    def _images_of(self, ids: Mapping[Any, Any]) -> list[Image]:
        if self._images is None:
            raise ValueError(f"compute_score needs the images: {type(self).__name__}(images={{id: image}}).")
        missing = [each for each in ids if each not in self._images]
        if missing:
            raise ValueError(f"images has nothing for the id {missing[0]!r}.")
        return [self._images[each] for each in ids]


class RefCLIPScore(CLIPScore):
    """RefCLIPScore of images, captions and references (Hessel et al. 2021). The parameters are those of `CLIPScore`."""

    name = "RefCLIPScore"
    _metric = "refclipscore"
    _reads_references = True

    def update(  # type: ignore[override]
        self, images: Any, text: str | Sequence[str], references: Sequence[References]
    ) -> None:
        """Adds images and captions as `CLIPScore.update` does.

        - references: for each caption its references.
        """
        self.forward(images, text, references)

    def forward(  # type: ignore[override]
        self, images: Any, text: str | Sequence[str], references: Sequence[References]
    ) -> float:
        """Adds images, captions and references, and returns the value of these alone."""
        captions, shown = _captions_and_images(text, images)
        if isinstance(text, str) and all(isinstance(each, str) for each in references):
            references = [list(references)]  # type: ignore[arg-type]
        return self._add(captions, column("references", references), shown)

    __call__ = forward  # type: ignore[assignment]

    def compute_score(self, gts: Captions, res: Captions) -> tuple[np.float64, Float64Array]:
        """As `CLIPScore.compute_score`, with references by id in `gts`."""
        return super().compute_score(gts, res)


def image_list(images: Any) -> list[Image]:
    """One image, a list or column of images, or an array or tensor with the images along the first of four axes, as a list."""
    # What has one axis is a column of paths or other images: no image has fewer than two.
    if isinstance(images, (list, tuple)) or getattr(images, "ndim", 0) in (1, 4):
        return list(images)
    return [images]


def _captions_and_images(text: str | Sequence[str], images: Any) -> tuple[list[str], list[Image]]:
    captions = [text] if isinstance(text, str) else column("text", text)
    shown = image_list(images)
    if len(captions) != len(shown):
        raise ValueError(f"There are {len(shown)} images, but {len(captions)} captions.")
    return captions, shown


def _pairs(preds: Sequence[str], target: Sequence[References]) -> tuple[Sequence[str], Sequence[References]]:
    if isinstance(preds, str) or isinstance(target, str):
        raise TypeError("A list of captions and a list of references for each are needed; one string was given.")
    return column("preds", preds), column("target", target)


def _only(candidates: Sequence[str], id: Hashable) -> str:
    if isinstance(candidates, str) or len(candidates) != 1:
        raise ValueError(f"res must have a list of one caption for each id; for {id!r} it has {candidates!r}.")
    return candidates[0]


def _listed(references: Sequence[str], id: Hashable) -> list[str]:
    if isinstance(references, (str, bytes, Mapping)):
        raise ValueError(f"gts must have a list of captions for each id; for {id!r} it has {references!r}.")
    return list(references)


def _without_failures(scores: Scores) -> Scores:
    if scores.failures:
        raise ItemError(scores.failures, "caption")
    return scores


def _value_and_array(scores: Scores, name: str) -> tuple[np.float64, Float64Array]:
    return np.float64(scores[name]), scores.per_caption[name]
