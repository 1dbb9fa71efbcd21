"""What `plumb classify` gets right of tiny_imagenet, of which mini was trained on the first three shards: the other five count.

    DATA=/data python classify_labels.py [--model mini] [--every 5] [--plumb PLUMB]

DATA is the folder that holds tiny_imagenet: eight shards of images of 64 × 64 pixels with the WordNet names of their class, commas between.
Prints the table of docs/folders.md, and the labels that are most often taken for one another.
"""

import argparse
import csv
import json
import os
import pathlib
import subprocess
import tarfile
import tempfile

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--model", default="mini")
parser.add_argument("--every", type=int, default=5, help="take each so many-th image")
parser.add_argument("--plumb", default=str(pathlib.Path(__file__).parents[1] / ".build/release/plumb"))
arguments = parser.parse_args()
shards = [pathlib.Path(os.environ["DATA"]) / f"tiny_imagenet/{number:05}.tar" for number in range(3, 8)]

with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    pairs, synonyms = [], set()
    (folder / "images").mkdir()
    for shard in shards:
        with tarfile.open(shard) as archive:
            members = {member.name: archive.extractfile(member).read() for member in archive if member.isfile()}
        for key in sorted(key for key in members if key.endswith(".jpg")):
            label = members[key[:-4] + ".txt"].decode().strip()
            synonyms.add(label)
            pairs.append((key, label, members[key]))
    pairs = pairs[:: arguments.every]
    for key, _, image in pairs:
        (folder / "images" / key).write_bytes(image)

    def ask(labels, name, *options):
        """A row of the table; labels is what becomes of the names of a class."""
        (folder / "labels.txt").write_text("".join(f"{labels(label)}\n" for label in sorted(synonyms)))
        with open(folder / "truth.csv", "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["image", "label"])
            writer.writerows((key, label.split(",")[0].strip()) for key, label, _ in pairs)
        command = [arguments.plumb, "classify", folder / "images", "--model", arguments.model, "--labels", folder / "labels.txt"]
        command += ["--truth", folder / "truth.csv", "--confusion", folder / "confusion.csv", "--json", *options]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["accuracy"]
        held_out = found["calibration_error_held_out"]
        error = found["calibration_error"] if held_out is None else held_out
        low, high = found["top1_low"], found["top1_high"]
        print(f"| {name} | {found['top1']:.1%} ({low:.1%} to {high:.1%}) | {found['top5']:.1%} | {error:.3f} |", flush=True)

    everything, first = (lambda label: label), (lambda label: label.split(",")[0].strip())
    print(f"{len(pairs)} images of {len(synonyms)} labels")
    ask(everything, "names alone", "--template", "{}")
    ask(everything, "the standard six texts", "--calibrate")
    ask(everything, '"a photo of a {}."', "--template", "a photo of a {}.")
    ask(first, "first names", "--template", "a photo of a {}.")
    ask(first, "first names, --balance", "--template", "a photo of a {}.", "--balance")
    with open(folder / "confusion.csv", newline="") as file:
        (_, *names), *rows = csv.reader(file)
    taken = [(int(count), row[0], name) for row in rows for name, count in zip(names, row[1:]) if name != row[0]]
    for count, truth, choice in sorted(taken, reverse=True)[:10]:
        print(f"{count} × {truth}, taken for {choice}")
