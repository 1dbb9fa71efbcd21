#!/usr/bin/env python3
"""Compare what `plumb embed` writes with the golden that make_checkpoint.py left beside a checkpoint.

    exactness.py --plumb .build/release/plumb --photographs DIR CHECKPOINT...

Prints a Markdown table of 1 − cosine (mean, worst) for each checkpoint, tower and precision, and ends with status 1
if f32 is further off than 1e-5 (images) or 1e-6 (texts), or another precision's mean cosine is under .999.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from harness.report import table
from harness.rows.accuracy import cosine_distance, verdict

HEADER = ["checkpoint's library", "tower", "precision", "rows", "mean 1−cos", "worst 1−cos", "target", "met"]


def main() -> None:
    """Compare every checkpoint in every precision."""
    arguments = parse_arguments()
    lines, met = [], True
    for checkpoint in arguments.checkpoints:
        golden = json.loads((checkpoint / "golden" / "golden.json").read_text())
        for precision in arguments.precisions:
            for tower in ("image", "text"):
                actual = embed(arguments, checkpoint, golden, tower, precision)
                line, good = compare(golden["peer"], tower, precision, actual, checkpoint / "golden")
                lines.append(line)
                met = met and good
    print(table(HEADER, lines))
    sys.exit(0 if met else 1)


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoints", type=Path, nargs="+", help="folders made by make_checkpoint.py with a golden")
    parser.add_argument("--plumb", type=Path, default=Path(".build/release/plumb"))
    parser.add_argument("--photographs", type=Path, required=True, help="the folder that the golden was made from")
    parser.add_argument("--precisions", nargs="+", default=["f32", "bf16", "int8"])
    return parser.parse_args()


def embed(arguments, checkpoint: Path, golden: dict, tower: str, precision: str) -> np.ndarray:
    """The embeddings that the command writes for the golden's own files."""
    if tower == "image":
        inputs = [arguments.photographs / name for name in golden["photographs"]]
    else:
        inputs = [checkpoint / "golden" / "captions.txt"]
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "embeddings.npy"
        command = [arguments.plumb, "embed", f"{tower}s", "--model", checkpoint, "--precision", precision]
        command += [*inputs, "--output", output]
        subprocess.run([str(word) for word in command], check=True)
        return np.load(output)


def compare(peer: str, tower: str, precision: str, actual: np.ndarray, golden: Path) -> tuple[list[str], bool]:
    """One line of the table, and whether it meets its target."""
    distance = cosine_distance(actual, np.load(golden / f"{tower}s_raw.npy"))
    judged = verdict(tower, precision, distance)
    figures = [str(len(distance)), f"{distance.mean():.1e}", f"{distance.max():.1e}"]
    return [peer, tower, precision, *figures, judged.target, "yes" if judged.met else "**no**"], judged.met


if __name__ == "__main__":
    main()
