"""Turns taken in rounds, A B C A B C, so that a noisy minute falls on everyone."""

from dataclasses import dataclass
from statistics import median

from harness.context import Context
from harness.runners import OURS, RunnerFailed, Turn

HOPELESS = 5
"""A peer this many times slower than the fastest peer is not going to be the one that targets are held against."""


@dataclass(frozen=True)
class Timing:
    """A runner's turns, summed up."""

    label: str
    detail: str
    best: float
    middle: float
    cpu: float | None

    @staticmethod
    def of(label: str, detail: str, turns: list[Turn]) -> "Timing":
        """The fastest turn, the median and the fewest CPU milliseconds, each an item."""
        wall = [turn.milliseconds for turn in turns]
        cpu = [turn.cpu_milliseconds for turn in turns if turn.cpu_milliseconds is not None]
        return Timing(label, detail, min(wall), median(wall), min(cpu) if cpu else None)


def interleave(runners: list, context: Context, rounds: int | None = None) -> list[Timing]:
    """Time all runners in the same rounds.

    One that fails is left out, with a note; one that cannot win after its first turn takes no further ones.
    """
    ready = [runner for runner in runners if started(runner, context)]
    turns: dict[str, list[Turn]] = {runner.label: [] for runner in ready}
    try:
        for _ in range(rounds or context.rounds):
            for runner in contenders(ready, turns):
                turns[runner.label].append(runner.turn())
    finally:
        for runner in ready:
            runner.close()
    return [Timing.of(runner.label, runner.detail, turns[runner.label]) for runner in ready]


def contenders(runners: list, turns: dict[str, list[Turn]]) -> list:
    """Ours, and the peers that are not HOPELESS times slower than the fastest peer; all of them in the first round."""
    peers = [taken for label, taken in turns.items() if label != OURS]
    fastest = min((turn.milliseconds for taken in peers for turn in taken), default=float("inf"))

    def may_win(runner) -> bool:
        taken = turns[runner.label]
        return not taken or runner.label == OURS or min(turn.milliseconds for turn in taken) < HOPELESS * fastest

    return [runner for runner in runners if may_win(runner)]


def started(runner, context: Context) -> bool:
    """Whether a runner loads here."""
    try:
        runner.start()
        return True
    except RunnerFailed as failure:
        runner.close()
        context.notes.append(str(failure))
        return False
