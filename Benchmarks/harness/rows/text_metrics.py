"""The metrics that compare captions with references, over 5,000 candidates with five references each."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from harness import flickr
from harness.context import Context
from harness.processes import finish, those_that_run
from harness.report import Section, Verdict
from harness.runners import OURS, RunnerFailed

PEER = "pycocoevalcap"
TOLERANCE = 1e-6


@dataclass(frozen=True)
class Work:
    """One row: some metrics, and how often as fast as the peer ours should be."""

    title: str
    metrics: str
    target: int
    one_core: bool = False
    """Whether both sides have one core, Java's threads included."""

    def command(self, words: list) -> list:
        """A command, held to one core where the row says so."""
        return ["taskset", "--cpu-list", "0", *words] if self.one_core else words


@dataclass(frozen=True)
class Result:
    """A turn: what it took, and the corpus values."""

    seconds: float
    processor_seconds: float
    megabytes: float
    scores: dict[str, float]


NGRAMS = Work("BLEU-1…4, ROUGE-L, CIDEr", "bleu,rouge,cider", 20)
ALL = Work("all text metrics, METEOR included", "bleu,meteor,rouge,cider", 10)
METEOR = Work("METEOR on one core, start included", "meteor", 5, one_core=True)


def rows() -> dict[str, Callable[[Context], Section]]:
    """The rows by name."""
    works = {"ngrams": NGRAMS, "text-metrics": ALL, "meteor": METEOR}
    return {name: partial(measure, work) for name, work in works.items()}


def measure(work: Work, context: Context) -> Section:
    """Ours: the whole process. The peer: from captions in memory to scores, with Java's start, without Python's."""
    count = context.size(5000, 500)
    section = Section(f"{count:,} candidates × 5 references: {work.title}")
    known = flickr.captions(context)
    if not known:
        section.notes.append("Skipped: needs flickr8k in the data folder.")
        return section
    files = write_inputs(known, count, context.work)
    results = rounds(work, files, context)
    names = list(results[PEER].scores)
    section.header = ["runner", "seconds", "CPU s", "peak MB", *names]
    section.rows = [line(runner, result, names) for runner, result in results.items()]
    section.verdicts.append(verdict(work, section.title, results))
    section.notes.append(
        "Candidates: half of the image's first caption, then half of its second. Tokens are in both sides' time; "
        "CPU time is that of all threads and processes, Python's start included."
    )
    return section


def line(runner: str, result: Result, names: list[str]) -> list[str]:
    """One runner's line."""
    scores = (f"{result.scores[name]:.6f}" for name in names)
    took = [f"{result.seconds:.2f}", f"{result.processor_seconds:.2f}", f"{result.megabytes:.0f}"]
    return [runner, *took, *scores]


def write_inputs(known: dict[str, list[str]], count: int, folder: Path) -> tuple[Path, Path]:
    """The candidates and the references as JSON."""
    chosen = {name: known[name] for name in sorted(known)[:count]}
    candidates, references = folder / "ngram-candidates.json", folder / "ngram-references.json"
    candidates.write_text(json.dumps({name: flickr.candidate(texts) for name, texts in chosen.items()}))
    references.write_text(json.dumps(chosen))
    return candidates, references


def rounds(work: Work, files: tuple[Path, Path], context: Context) -> dict[str, Result]:
    """The fastest turn of each runner, taken in turns."""
    turns = {PEER: partial(peer, work, files, context)}
    if context.plumb.exists():
        turns[OURS] = partial(ours, work, files, context)
    turns = those_that_run(turns, context)
    results: dict[str, Result] = {}
    for _ in range(min(context.rounds, 3)):
        for name, turn in turns.items():
            result = turn()
            results[name] = min(result, results.get(name, result), key=lambda result: result.seconds)
    return results


def peer(work: Work, files: tuple[Path, Path], context: Context) -> Result:
    """One turn of pycocoevalcap."""
    words = [sys.executable, "-m", "harness.peers.coco_metrics", *files, work.metrics]
    done = finish(work.command(words), context)
    answer = json.loads(done.output)
    return Result(answer["seconds"], done.processor_seconds, done.peak_megabytes, answer["scores"])


def ours(work: Work, files: tuple[Path, Path], context: Context) -> Result:
    """One turn of `plumb score`."""
    words = [context.plumb, "score", files[0], "--references", files[1], "--metrics", work.metrics, "--json"]
    if work.one_core:
        words += ["--threads", "1"]
    done = finish(work.command(words), context)
    scores = json.loads(done.output)["corpus"]
    if "meteor" in work.metrics and "METEOR" not in scores:
        raise RunnerFailed("METEOR's tables are not installed: run `plumb meteor install`")
    return Result(done.seconds, done.processor_seconds, done.peak_megabytes, scores)


def verdict(work: Work, title: str, results: dict[str, Result]) -> Verdict:
    """Ours against the peer; scores that differ miss the target however fast they come."""
    theirs, target = results[PEER], f"≥ {work.target}×"
    peers = f"{theirs.seconds:.2f} s ({PEER})"
    if OURS not in results:
        return Verdict(title, target, "not measured", peers, "–", None)
    own = results[OURS]
    difference = max(abs(own.scores[name] - theirs.scores[name]) for name in theirs.scores)
    words = f"{own.seconds:.2f} s, scores differ by ≤ {difference:.0e}"
    ratio = theirs.seconds / own.seconds
    met = ratio >= work.target and difference <= TOLERANCE
    return Verdict(title, target, words, peers, f"{ratio:.1f}×", met)
