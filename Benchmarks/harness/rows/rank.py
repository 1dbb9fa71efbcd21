"""`plumb rank`, a cold process with the checkpoint in the page cache."""

import sys
from collections.abc import Callable
from functools import partial

from harness.context import Context
from harness.machine import by_machine
from harness.processes import Finished, finish, those_that_run
from harness.report import Section, Verdict
from harness.runners import OURS

CAPTIONS = 5
LIMIT = by_machine(0.25, 0.5)


def measure(context: Context) -> Section:
    """Seconds from start to end, ours and transformers' in turns."""
    section = Section("`rank`: one image, five captions, cold process, warm page cache")
    images = context.dataset("flickr8k_true_aspect")
    if not images:
        section.notes.append("Skipped: needs flickr8k_true_aspect in the data folder.")
        return section
    turns = {name: partial(finish, command, context) for name, command in commands(context, images).items()}
    best = rounds(those_that_run(turns, context), context)
    section.header = ["runner", "seconds"]
    section.rows = [[name, f"{seconds:.2f}"] for name, seconds in best.items()]
    section.verdicts.append(verdict(best))
    return section


def commands(context: Context, images) -> dict[str, list]:
    """The command of each runner."""
    image = min(images.glob("*.jpg"))
    captions = (context.golden / "captions.txt").read_text().splitlines()[:CAPTIONS]
    script = [sys.executable, "-m", "harness.peers.rank_with_transformers", context.model, image, *captions]
    if not context.plumb.exists():
        return {"transformers": script}
    ours = [context.plumb, "rank", image, *captions, "--model", context.model]
    return {OURS: ours, "transformers": script}


def rounds(turns: dict[str, Callable[[], Finished]], context: Context) -> dict[str, float]:
    """The fewest seconds of each runner, turn by turn."""
    best = {name: float("inf") for name in turns}
    for _ in range(context.rounds):
        for name, turn in turns.items():
            best[name] = min(best[name], turn().seconds)
    return best


def verdict(best: dict[str, float]) -> Verdict:
    """Ours against the limit."""
    ours, peer = best.get(OURS), best["transformers"]
    work, target, theirs = "`plumb rank`, cold process", f"≤ {LIMIT} s", f"{peer:.2f} s (transformers)"
    if ours is None:
        return Verdict(work, target, "not measured", theirs, "–", None)
    return Verdict(work, target, f"{ours:.2f} s", theirs, f"{peer / ours:.1f}×", ours <= LIMIT)
