"""Rewards of sampled captions for self-critical training."""

from __future__ import annotations

import contextlib
import weakref
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, NoReturn

from . import worker as workers
from .arrays import Float64Array, payload_array
from .batches import batched, text_weight, texts_of
from .errors import Failure, ItemError, WorkerDiedError
from .frames import encode_request
from .images import Image, Item, item, pack, require_several, size
from .options import Path, absolute, model_keys
from .scoring import References, column, reference_list
from .worker import Answer, Worker


class Rewards(NamedTuple):
    """The rewards of captions; every array is float64 of shape (captions,)."""

    total: Float64Array
    """The weighted sum."""
    parts: dict[str, Float64Array]
    """Each part by its name, without its weight."""


class Reward:
    """A weighted sum of metrics that rewards captions, for self-critical training (Rennie et al. 2017).

        reward = plumb.Reward("2*lclip + 1*cider")
        reward.add(ids, images=paths, references=captions)        # once, before training
        values = reward(ids_of_samples, samples)                  # in every step

    - expression: names with weights. `lclip` and `clip` are CLIPScore by the model, `reflclip` is RefCLIPScore;
      `cider`, `bleu1` to `bleu4`, `rouge`, `meteor`; `grammar`, which needs the file of a grammar head.
    - df: document frequencies for CIDEr, a file of `plumb cider-df`; where it is None, those of the references of all
      items that were added.
    - model, precision, tokenizer, exif: the CLIP model, see `plumb.options.model_keys`.
    - grammar: a file of `plumb caption grammar`.
    - standardize: whether each part of `total` has its mean over the captions of one item taken away, and is divided by
      their standard deviation (0 where they are all alike). Captions may stand in any order.
    - end_word: whether the end of a caption counts as a word, so that a caption that is not finished lacks one. Where
      it is None, it does unless `df` is given, whose references have no such word.

    Items lie in the worker process. Where that process ends, for example because a request was interrupted, further
    requests raise `WorkerDiedError`, and the reward must be made again; the same holds in a forked child.
    """

    def __init__(
        self,
        expression: str,
        *,
        df: Path | None = None,
        model: Path | None = None,
        precision: str = "f32",
        tokenizer: Path | None = None,
        exif: bool = False,
        grammar: Path | None = None,
        standardize: bool = False,
        end_word: bool | None = None,
        worker: Worker | None = None,
    ) -> None:
        self._worker = worker or workers.default()
        # Those that are gone must not count among the open ones.
        _send_closings(self._worker)
        header, _ = self._worker.request(
            "reward_open",
            reward=expression,
            df=absolute(df),
            grammar=absolute(grammar),
            standardize=standardize,
            end_word=df is None if end_word is None else end_word,
            **model_keys(model, precision, tokenizer, exif),
        )
        self._start = self._worker.starts
        self._number = header["reward"]
        self.expression: str = header["expression"]
        """The expression as Plumb reads it."""
        self.part_names: list[str] = list(header["parts"])
        self.count = 0
        """The number of items."""
        self._closer = weakref.finalize(self, _closings_of(self._worker).append, (self._start, self._number))
        # Nothing to do when Python ends: the worker ends as well.
        self._closer.atexit = False

    def add(
        self,
        ids: Iterable[object],
        images: Sequence[Image] | Mapping[Any, Image] | None = None,
        references: Sequence[References] | Mapping[Any, References] | None = None,
    ) -> None:
        """Adds items: their images are embedded and their references prepared now.

        - ids: a name for each item, text or number; numbers count as their text. One that was added before is replaced.
        - images, references: one for each id, in its order, or a dict from ids. What the expression does not need may
          be None.

        Raises `ItemError` where an image cannot be read.
        """
        ids = list(ids)
        batches = batched(_items(ids, images, references), _weight)
        done = 0
        for batch in batches:
            keys, payload = pack([each.image for each in batch])
            header, _ = self._request(
                "reward_items",
                payload,
                ids=[each.id for each in batch],
                images=None if images is None else keys,
                references=None if references is None else [each.references for each in batch],
            )
            self.count = header["count"]
            failures = header.get("failures", [])
            if failures:
                found = [(done + each["index"], each["reason"]) for each in failures]
                raise ItemError([Failure(i, reason, ids[i]) for i, reason in found], "item")
            done += len(batch)

    def __call__(self, ids: Iterable[object], captions: Sequence[str], finished: Iterable[bool] | None = None) -> Float64Array:
        """The reward of each caption, float64 of shape (captions,).

        - ids: the id of each caption's item; one that has several captions is there several times.
        - finished: whether each caption has an end, rather than having been cut; all, where it is None.
        """
        return self.score(ids, captions, finished).total

    def parts(
        self, ids: Iterable[object], captions: Sequence[str], finished: Iterable[bool] | None = None
    ) -> dict[str, Float64Array]:
        """Each part of the reward without its weight, by its name. `score` gives the sum with it, in one request."""
        return self.score(ids, captions, finished).parts

    def score(self, ids: Iterable[object], captions: Sequence[str], finished: Iterable[bool] | None = None) -> Rewards:
        """The rewards and their parts.

        Raises `ItemError` where an id is that of no item, or a caption is missing.
        """
        names = [str(each) for each in ids]
        captions = list(texts_of(column("captions", captions), "caption"))  # type: ignore[arg-type]
        ends = None if finished is None else [bool(each) for each in finished]
        if len(names) != len(captions) or (ends is not None and len(ends) != len(captions)):
            lengths = f"{len(names)} ids, {len(captions)} captions" + (f", {len(ends)} finished" if ends is not None else "")
            raise ValueError(f"As many ids as captions are needed; there are {lengths}.")
        header, payload = self._request("reward_score", ids=names, captions=captions, finished=ends)
        if failures := header.get("failures"):
            raise ItemError([Failure(each["index"], each["reason"], names[each["index"]]) for each in failures], "caption")
        rows = payload_array(header, payload)
        return Rewards(rows[0], dict(zip(self.part_names, rows[1:])))

    def close(self) -> None:
        """Frees what the worker holds for this reward. It cannot be used afterwards."""
        self._closer()
        _send_closings(self._worker)

    def __enter__(self) -> Reward:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __reduce__(self) -> NoReturn:
        raise TypeError("A Reward lies in the worker of this process and cannot be pickled or copied; make one where it is used.")

    def __repr__(self) -> str:
        return f"<plumb.Reward {self.expression!r}, {self.count} items>"

    def _request(self, do: str, payload: Any = b"", **keys: Any) -> Answer:
        if not self._closer.alive:
            raise ValueError("The reward is closed.")
        _send_closings(self._worker)
        try:
            line, parts = encode_request(do, payload, {"reward": self._number, **keys})
            return self._worker._send(line, parts, start=self._start)
        except WorkerDiedError as error:
            raise WorkerDiedError(f"{error} Make a new Reward, and add its items to it.") from None


class _Row(NamedTuple):
    id: str
    image: Item
    references: list[str] | None


def _items(
    ids: Sequence[object],
    images: Sequence[Image] | Mapping[Any, Image] | None,
    references: Sequence[References] | Mapping[Any, References] | None,
) -> Iterable[_Row]:
    if images is not None and not isinstance(images, Mapping):
        require_several(images)
    images = _column("images", images, ids)
    references = _column("references", references, ids)
    for index, each in enumerate(ids):
        image = None if images is None else item(_of(images, each, index))
        texts = None if references is None else _of(references, each, index)
        yield _Row(str(each), image, None if texts is None else reference_list(texts, f"item {each!r}"))


def _column(name: str, values: Any, ids: Sequence[object]) -> Any:
    if values is None:
        return None
    if isinstance(values, Mapping):
        missing = [each for each in ids if each not in values]
        if missing:
            raise ValueError(f"{name} has nothing for the id {missing[0]!r} ({len(missing)} of {len(ids)} ids are missing).")
        return values
    values = column(name, values)
    if len(values) != len(ids):
        raise ValueError(f"There are {len(ids)} ids, but {len(values)} {name}.")
    return values


def _of(values: Sequence[Any] | Mapping[Any, Any], id: object, index: int) -> Any:
    return values[id] if isinstance(values, Mapping) else values[index]


def _weight(row: _Row) -> int:
    return size(row.image) + sum(map(text_weight, row.references or ())) + text_weight(row.id)


# Rewards that nobody refers to any more, by worker: (start, number). A finalizer can run in the middle of another
# request, so it only notes them, and the next request of a reward sends them.
_closings: weakref.WeakKeyDictionary[Worker, deque[tuple[int, int]]] = weakref.WeakKeyDictionary()


def _closings_of(worker: Worker) -> deque[tuple[int, int]]:
    return _closings.setdefault(worker, deque())


def _send_closings(worker: Worker) -> None:
    waiting = _closings_of(worker)
    while True:
        try:
            start, number = waiting.popleft()
        except IndexError:
            return
        # A process that has ended has freed everything.
        with contextlib.suppress(WorkerDiedError):
            worker._send(*encode_request("reward_close", keys={"reward": number}), start=start)
