"""The errors of this package."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class PlumbError(RuntimeError):
    """What Plumb could not do, in the words of the program."""


class CommandNotFoundError(PlumbError):
    """No `plumb` program was found."""


class WorkerDiedError(PlumbError):
    """The worker process ended in the middle of a request. The next request starts another one."""


class ItemError(PlumbError, ValueError):
    """Some items of a list cannot be used.

    `failures` has each of them with its index and the reason.
    """

    def __init__(self, failures: list[Failure], what: str = "item") -> None:
        self.failures = failures
        self._what = what
        first = failures[0]
        name = f"{what} {first.index}" if first.id is None else f"{what} {first.id!r}"
        others = f" ({len(failures) - 1} more failed; see .failures)" if len(failures) > 1 else ""
        # A path or an image without a name may stand in the reason already.
        reason = first.reason if first.reason.startswith(f"{name}:") else f"{name}: {first.reason}"
        super().__init__(reason + others)

    def __reduce__(self) -> tuple[Any, ...]:
        # Without it Python would make the error of its message, and a pool whose process raised it would wait forever.
        return ItemError, (self.failures, self._what)


@dataclass(frozen=True)
class Failure:
    """An item that could not be used."""

    index: int
    """Where it stands in the list that was given, from 0."""
    reason: str
    """A sentence for people."""
    id: object | None = None
    """Its key, where a dict was given."""
