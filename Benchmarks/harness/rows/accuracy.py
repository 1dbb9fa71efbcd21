"""How far each runner's embeddings are from transformers' f32, on real photographs and captions."""

from pathlib import Path

import numpy as np

from harness.context import Context
from harness.report import Section, Verdict
from harness.rounds import started
from harness.rows.towers import PEERS
from harness.runners import OURS, RunnerFailed, runners

ALLOWED = {("image", "f32"): 1e-5, ("text", "f32"): 1e-6}
LEAST_MEAN_COSINE = 0.999


def measure(context: Context) -> Section:
    """1 − cosine, mean and worst, for every tower, precision and runner."""
    header = ["tower", "precision", "runner", "mean 1−cos", "worst 1−cos"]
    section = Section("Embeddings against transformers in f32", header=header)
    for tower in ("image", "text"):
        for precision in ("f32", "bf16", "int8"):
            compare(tower, precision, section, context)
    return section


def compare(tower: str, precision: str, section: Section, context: Context) -> None:
    """Add the lines of one tower in one precision."""
    expected = np.load(context.golden / f"{tower}s_raw.npy")
    task = context.task(tower, precision, count=32)
    for runner in runners(PEERS[precision], task, context):
        actual = embeddings(runner, context)
        if actual is None:
            continue
        distance = cosine_distance(actual, expected)
        section.rows.append([tower, precision, runner.label, f"{distance.mean():.1e}", f"{distance.max():.1e}"])
        if runner.label == OURS:
            section.verdicts.append(verdict(tower, precision, distance))


def embeddings(runner, context: Context) -> np.ndarray | None:
    """A runner's embeddings of every input, or nothing where it does not run."""
    if not started(runner, context):
        return None
    path = Path(context.work) / "embeddings.npy"
    try:
        runner.embed(path)
        return np.load(path)
    except RunnerFailed as failure:
        context.notes.append(str(failure))
        return None
    finally:
        runner.close()


def cosine_distance(actual: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """1 − cosine of each row, in double precision, as half the squared distance of the unit vectors."""
    left, right = unit(actual), unit(expected)
    return ((left - right) ** 2).sum(axis=1) / 2


def unit(rows: np.ndarray) -> np.ndarray:
    """Rows of unit length in double precision."""
    rows = rows.astype(np.float64)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def verdict(tower: str, precision: str, distance: np.ndarray) -> Verdict:
    """Ours against what is allowed: the worst in f32, the mean in the others."""
    work = f"1 − cos of {tower} embeddings, {precision}"
    words = f"mean {distance.mean():.1e}, worst {distance.max():.1e}"
    if precision == "f32":
        allowed = ALLOWED[tower, precision]
        return Verdict(work, f"worst ≤ {allowed:.0e}", words, "transformers", "–", bool(distance.max() <= allowed))
    met = bool(distance.mean() <= 1 - LEAST_MEAN_COSINE)
    return Verdict(work, f"mean cosine ≥ {LEAST_MEAN_COSINE}", words, "transformers", "–", met)
