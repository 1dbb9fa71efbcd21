"""BLEU, ROUGE-L and CIDEr of 5,000 candidates with five references each."""

import json
import sys
from functools import partial
from pathlib import Path

from harness import flickr
from harness.context import Context
from harness.processes import finish, those_that_run
from harness.report import Section, Verdict
from harness.runners import OURS

TARGET = 20


def measure(context: Context) -> Section:
    """Ours: the whole process. The peer: from captions in memory to scores, without Python's start and imports."""
    count = context.size(5000, 500)
    section = Section(f"{count:,} candidates × 5 references: BLEU-1…4, ROUGE-L, CIDEr")
    known = flickr.captions(context)
    if not known:
        section.notes.append("Skipped: needs flickr8k in the data folder.")
        return section
    files = write_inputs(known, count, context.work)
    results = rounds(files, context)
    names = list(results["pycocoevalcap"][1])
    section.header = ["runner", "seconds", *names]
    section.rows = [line(runner, *result, names) for runner, result in results.items()]
    section.verdicts.append(verdict(section.title, results))
    section.notes.append("Candidates: half of the picture's first caption, then half of its second.")
    return section


def line(runner: str, seconds: float, scores: dict[str, float], names: list[str]) -> list[str]:
    """One runner's line."""
    return [runner, f"{seconds:.2f}", *(f"{scores[name]:.6f}" for name in names)]


def write_inputs(known: dict[str, list[str]], count: int, folder: Path) -> tuple[Path, Path]:
    """The candidates and the references as JSON."""
    chosen = {name: known[name] for name in sorted(known)[:count]}
    candidates, references = folder / "ngram-candidates.json", folder / "ngram-references.json"
    candidates.write_text(json.dumps({name: flickr.candidate(texts) for name, texts in chosen.items()}))
    references.write_text(json.dumps(chosen))
    return candidates, references


def rounds(files: tuple[Path, Path], context: Context) -> dict[str, tuple[float, dict[str, float]]]:
    """The best seconds and the scores of each runner, turn by turn."""
    turns = {"pycocoevalcap": partial(peer, files, context)}
    if context.plumb.exists():
        turns[OURS] = partial(ours, files, context)
    turns = those_that_run(turns, context)
    results: dict[str, tuple[float, dict[str, float]]] = {}
    for _ in range(min(context.rounds, 3)):
        for name, turn in turns.items():
            results[name] = min(turn(), results.get(name, (float("inf"), {})), key=lambda result: result[0])
    return results


def peer(files: tuple[Path, Path], context: Context) -> tuple[float, dict[str, float]]:
    """One turn of pycocoevalcap."""
    answer = json.loads(finish([sys.executable, "-m", "harness.peers.coco_metrics", *files], context).output)
    return answer["seconds"], answer["scores"]


def ours(files: tuple[Path, Path], context: Context) -> tuple[float, dict[str, float]]:
    """One turn of `plumb score`."""
    command = [context.plumb, "score", files[0], "--references", files[1], "--metrics", "bleu,rouge,cider", "--json"]
    done = finish(command, context)
    return done.seconds, json.loads(done.output)["corpus"]


def verdict(work: str, results: dict) -> Verdict:
    """Ours against the peer; scores that differ miss the target however fast they come."""
    best, theirs = results["pycocoevalcap"]
    if OURS not in results:
        return Verdict(work, f"≥ {TARGET}×", "not measured", f"{best:.2f} s (pycocoevalcap)", "–", None)
    seconds, scores = results[OURS]
    difference = max(abs(scores[name] - theirs[name]) for name in theirs)
    words = f"{seconds:.2f} s, scores differ by ≤ {difference:.0e}"
    ratio, met = best / seconds, best >= TARGET * seconds and difference <= 1e-6
    return Verdict(work, f"≥ {TARGET}×", words, f"{best:.2f} s (pycocoevalcap)", f"{ratio:.1f}×", met)
