"""`plumb rank`, a cold process with the checkpoint in the page cache."""

import sys

from harness.context import Context
from harness.processes import finish
from harness.report import Section, Verdict
from harness.runners import OURS

CAPTIONS = 5
LIMIT = 0.5


def measure(context: Context) -> Section:
    """Seconds from start to end, ours and transformers' in turns; the first round only warms the page cache."""
    section = Section("`rank`: one picture, five captions, cold process, warm page cache")
    pictures = context.dataset("flickr8k_true_aspect")
    if not pictures:
        section.notes.append("Skipped: needs flickr8k_true_aspect in the data folder.")
        return section
    best = {name: min(times[1:]) for name, times in rounds(commands(context, pictures), context).items()}
    section.header = ["runner", "seconds"]
    section.rows = [[name, f"{seconds:.2f}"] for name, seconds in best.items()]
    section.verdicts.append(verdict(best))
    return section


def commands(context: Context, pictures) -> dict[str, list]:
    """The command of each runner."""
    picture = min(pictures.glob("*.jpg"))
    captions = (context.golden / "captions.txt").read_text().splitlines()[:CAPTIONS]
    script = [sys.executable, "-m", "harness.peers.rank_with_transformers", context.model, picture, *captions]
    ours = {OURS: [context.plumb, "rank", picture, *captions, "--model", context.model]} if context.plumb.exists() else {}
    return ours | {"transformers": script}


def rounds(commands: dict[str, list], context: Context) -> dict[str, list[float]]:
    """Seconds of every command in every round."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(context.rounds + 1):
        for name, command in commands.items():
            times[name].append(finish(command, context).seconds)
    return times


def verdict(best: dict[str, float]) -> Verdict:
    """Ours against half a second."""
    ours, peer = best.get(OURS), best["transformers"]
    words = (f"{ours:.2f} s", f"{peer / ours:.1f}×", ours <= LIMIT) if ours else ("not measured", "–", None)
    return Verdict("`plumb rank`, cold process", f"≤ {LIMIT} s", words[0], f"{peer:.2f} s (transformers)", *words[1:])
