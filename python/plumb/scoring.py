"""Scoring captions against references and images."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Union

import numpy as np

from . import worker as workers
from .batches import batched, is_table, text_weight, texts_of
from .errors import Failure, ItemError
from .images import Image, Item, item, pack, require_several, size
from .options import Path, absolute, model_keys
from .scores import Scores
from .worker import Answer, Worker

References = Union[str, Sequence[str]]
"""The reference captions of one image."""


def score(
    candidates: Sequence[str | None] | Mapping[Any, str | None],
    references: Sequence[References] | Mapping[Any, References] | None = None,
    images: Sequence[Image] | Mapping[Any, Image] | None = None,
    metrics: str | Sequence[str] | None = None,
    model: Path | None = None,
    definition: str = "hessel",
    df: Path | None = None,
    precision: str = "f32",
    *,
    tokenizer: Path | None = None,
    exif: bool = False,
    tokenized: bool = False,
    on_error: str = "raise",
    worker: Worker | None = None,
) -> Scores:
    """Scores captions as `plumb score` does.

        plumb.score({"a.jpg": "two cats"}, references={"a.jpg": ["two cats asleep"]}, images={"a.jpg": "photos/a.jpg"})

    - candidates: a list of captions, or a dict from ids to captions.
    - references: for each candidate its references; a dict from the same ids where candidates are one. More ids are
      passed over.
    - images: for each candidate its image, in any form that `plumb.images.item` takes; likewise a dict.
    - metrics: "bleu", "meteor", "rouge", "cider", "clipscore", "refclipscore", "refonlyclipscore"; where it is None,
      all but the last that the inputs allow.
    - model, precision, tokenizer, exif: the CLIP model, see `plumb.options.model_keys`.
    - definition: of CLIPScore, "hessel", "torchmetrics" or "pac".
    - df: document frequencies for CIDEr, a file of `plumb cider-df`; where it is None, those of the references.
    - tokenized: whether captions and references are words with spaces between, and are not to be split again.
    - on_error: "raise" raises `ItemError` where a caption cannot be scored; "nan" lists it in `failures`, and it counts
      in no value.

    Raises `PlumbError` where nothing can be scored, and `ValueError` where lengths or ids do not fit together.
    """
    _check_on_error(on_error)
    ids = list(candidates) if isinstance(candidates, Mapping) else None
    texts = _column("candidates", candidates, ids)
    if images is not None and not isinstance(images, Mapping):
        require_several(images)
    names = metrics.replace(" ", "").split(",") if isinstance(metrics, str) else metrics
    keys = {
        "metrics": None if names is None else list(names),
        "definition": definition,
        "df": absolute(df),
        "tokenized": tokenized or None,
        **model_keys(model, precision, tokenizer, exif),
    }
    answers = score_answers(
        texts,
        None if references is None else _column("references", references, ids, len(texts)),
        None if images is None else _column("images", images, ids, len(texts)),
        keys,
        worker or workers.default(),
    )
    scores = scores_of(answers, worker, ids, absolute(df))
    if on_error == "raise" and scores.failures:
        raise ItemError(scores.failures, "candidate")
    return scores


class _Row(NamedTuple):
    candidate: str | None
    references: list[str] | None
    image: Item


def score_answers(
    candidates: Sequence[str | None],
    references: Sequence[References] | None,
    images: Sequence[Image] | None,
    keys: Mapping[str, Any],
    worker: Worker,
    statistics: bool = False,
) -> list[Answer]:
    """The worker's answers to `score`: one, or where the captions need several requests, several with statistics."""
    batches = batched(_rows(candidates, references, images), _weight)
    answers: list[Answer] = []
    batch, following = next(batches, []), next(batches, None)
    while True:
        image_keys, payload = pack([row.image for row in batch])
        answers.append(
            worker.request(
                "score",
                payload,
                candidates=[row.candidate for row in batch],
                references=None if references is None else [row.references for row in batch],
                images=None if images is None else image_keys,
                statistics=statistics or following is not None or len(answers) > 0 or None,
                **keys,
            )
        )
        if following is None:
            return answers
        batch, following = following, next(batches, None)


def scores_of(
    answers: Sequence[Answer],
    worker: Worker | None = None,
    ids: Sequence[Hashable] | None = None,
    df: str | None = None,
) -> Scores:
    """The scores of all answers together, in their order. Captions that failed stay in their places, with NaN."""
    if len(answers) == 1:
        return Scores.from_answer(*answers[0], ids=ids)
    counts = [header["shape"][1] for header, _ in answers]
    starts = [sum(counts[:k]) for k in range(len(counts))]
    failures = []
    for start, (header, _) in zip(starts, answers):
        for each in header.get("failures", []):
            index = start + each["index"]
            failures.append(Failure(index, each["reason"], None if ids is None else ids[index]))
    if not any(header["count"] for header, _ in answers):
        # There is nothing to merge.
        names = [each["name"] for each in answers[0][0]["values"]]
        return Scores(dict.fromkeys(names, np.nan), {name: np.full(sum(counts), np.nan) for name in names}, ids, failures)
    scores = Scores.from_answer(*merge([statistics_of(each) for each in answers], worker, df=df))
    scores.ids = None if ids is None else list(ids)
    scores.failures = failures
    if failures and scores.count < sum(counts):
        # Statistics have only the captions that were scored.
        places = np.delete(np.arange(sum(counts)), [each.index for each in failures])
        for name, values in scores.per_caption.items():
            scores.per_caption[name] = np.full(sum(counts), np.nan)
            scores.per_caption[name][places] = values
    return scores


def statistics_of(answer: Answer) -> memoryview:
    """The statistics at the end of an answer's payload."""
    header, payload = answer
    return payload[len(payload) - header["statistics"] :]


def merge(
    statistics: Sequence[bytes | memoryview],
    worker: Worker | None = None,
    per_caption: bool = True,
    df: str | None = None,
) -> Answer:
    """The answer for several statistics together; `df` is the file that they were scored with, if there was one."""
    return (worker or workers.default()).request(
        "merge",
        list(statistics),
        parts=[len(each) for each in statistics],
        candidates=None if per_caption else False,
        df=df,
    )


def reference_list(references: References, item: str) -> list[str]:
    """The references of one image; one string is a list of one. Raises `TypeError`, with the name of the item."""
    if isinstance(references, str):
        return [references]
    if isinstance(references, (bytes, Mapping)) or not isinstance(references, Iterable):
        raise TypeError(f"{item}: a list of references is needed; {type(references).__name__} was given.")
    return list(texts_of(references, f"{item}: reference"))  # type: ignore[arg-type]


def column(name: str, values: Iterable[Any]) -> list[Any]:
    """Values by their place: a Series of pandas has them by its index otherwise. Raises `TypeError` for a text, dict or table."""
    if isinstance(values, (str, bytes, Mapping)) or is_table(values):
        raise TypeError(f"{name} must be a list; {type(values).__name__} was given.")
    return list(values)


def _rows(
    candidates: Sequence[str | None],
    references: Sequence[References] | None,
    images: Sequence[Image] | None,
) -> Iterable[_Row]:
    for index, candidate in enumerate(texts_of(candidates, "candidate")):
        try:
            image = None if images is None else item(images[index])
        except (TypeError, ValueError) as error:
            raise type(error)(f"image {index}: {error}") from None
        texts = None if references is None else reference_list(references[index], f"candidate {index}")
        yield _Row(candidate, texts, image)


def _weight(row: _Row) -> int:
    return text_weight(row.candidate) + sum(map(text_weight, row.references or ())) + size(row.image)


def _column(
    name: str,
    values: Sequence[Any] | Mapping[Any, Any],
    ids: list[Hashable] | None,
    count: int | None = None,
) -> Sequence[Any]:
    """The values in the order of the candidates."""
    if isinstance(values, (str, bytes)) or is_table(values):
        raise TypeError(f"{name} must be a list or a dict; {type(values).__name__} was given.")
    if ids is None:
        if isinstance(values, Mapping):
            raise TypeError(f"{name} is a dict, but candidates is a list; give both as lists or both as dicts.")
        column = values if isinstance(values, (list, tuple)) else list(values)
        if count is not None and len(column) != count:
            raise ValueError(f"There are {count} candidates, but {len(column)} {name}.")
        return column
    if not isinstance(values, Mapping):
        raise TypeError(f"candidates is a dict, but {name} is not; give both as lists or both as dicts.")
    missing = [each for each in ids if each not in values]
    if missing:
        raise ValueError(f"{name} has nothing for the id {missing[0]!r} ({len(missing)} of {len(ids)} ids are missing).")
    return [values[each] for each in ids]


def _check_on_error(on_error: str) -> None:
    if on_error not in ("raise", "nan"):
        raise ValueError(f"on_error is {on_error!r}; it must be 'raise' or 'nan'.")
