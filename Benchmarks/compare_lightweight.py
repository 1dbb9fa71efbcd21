"""Times the published L-CLIP beside the CLIP that it is made of, both by Plumb's engine: what the architecture is worth.

    python compare_lightweight.py TEACHER CAPTIONS [--rounds 3] [--threads 2] [--precisions f32 int8] [--work FOLDER]

TEACHER is a CLIP ViT-B/32 in Hugging Face's layout with its tokenizer (random weights will do, make_checkpoint.py makes them), CAPTIONS a
text file. The student has random weights: numbers do not change the time. The two take turns; the best round of each counts.
"""

import argparse
import json
import pathlib
import subprocess
import tempfile

import numpy

root = pathlib.Path(__file__).parents[1]
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("teacher", type=pathlib.Path)
parser.add_argument("captions", type=pathlib.Path)
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--precisions", nargs="+", default=["f32", "int8"])
parser.add_argument("--images", type=int, default=64)
parser.add_argument("--texts", type=int, default=512)
parser.add_argument("--plumb", type=pathlib.Path, default=root / ".build/release/plumb")
parser.add_argument("--engine", type=pathlib.Path, default=root / ".build/release/plumb-bench")
arguments = parser.parse_args()

# The published shape: 51.55 M parameters.
SHAPE = (
    "--from-scratch --vision-layers 6 --vision-heads 24 --text-layers 4 --text-width 768 --text-heads 12 --weight-sharing 2 --embedding-rank 256"
)


def milliseconds(kind, model, precision, source, batch, count):
    command = [arguments.engine, kind, "--model", model, "--precision", precision, "--input", source, "--rounds", "1"]
    command += ["--batch", str(batch), "--count", str(count), "--threads", str(arguments.threads)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["best_ms_per_item"]


with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    student = folder / "student"
    made = subprocess.run([arguments.plumb, "compress", arguments.teacher, student, *SHAPE.split()], capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    models = {"ViT-B/32": arguments.teacher, "L-CLIP": student}
    for name, model in models.items():
        show = subprocess.run([arguments.plumb, "model", "show", model], check=True, capture_output=True, text=True).stdout
        print(name, next(line.split(None, 1)[1] for line in show.splitlines() if line.strip().startswith("parameters")))
    pixels = numpy.random.default_rng(0).integers(0, 256, (arguments.images, 224, 224, 3), numpy.uint8)
    numpy.save(folder / "pixels.npy", pixels)
    lines = arguments.captions.read_text().splitlines()[: arguments.texts]
    (folder / "captions.txt").write_text("\n".join(lines) + "\n")
    tokens = [arguments.plumb, "tokenize", "--with", "clip", "--model", arguments.teacher, folder / "captions.txt", "--json"]
    rows = json.loads(subprocess.run(tokens, check=True, capture_output=True, text=True).stdout)
    (folder / "tokens.json").write_text(json.dumps([row["ids"] if isinstance(row, dict) else row for row in rows]))
    print("\n| work | precision | ViT-B/32 | L-CLIP | ratio |\n| --- | --- | ---: | ---: | ---: |")
    for title, kind, source, batch, count in [
        ("an image, batches of 32", "image", "pixels.npy", 32, arguments.images),
        ("one image", "image", "pixels.npy", 1, min(16, arguments.images)),
        ("a caption, batches of 128", "text", "tokens.json", 128, len(lines)),
        ("one caption", "text", "tokens.json", 1, min(64, len(lines))),
    ]:
        for precision in arguments.precisions:
            best = {name: float("inf") for name in models}
            for _ in range(arguments.rounds):
                for name, model in models.items():
                    best[name] = min(best[name], milliseconds(kind, model, precision, folder / source, batch, count))
            slow, fast = best.values()
            print(f"| {title} | {precision} | {slow:.2f} ms | {fast:.2f} ms | {slow / fast:.2f}× |", flush=True)
