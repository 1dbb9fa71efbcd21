"""What ordering a captioner's captions by L-CLIPScore is worth: CIDEr and L-CLIPScore of Flickr8k's 1,000 test images over λ.

    DATA=/data python rerank_curve.py [CAPTIONER …] [--plot curve.svg] [--plumb PLUMB]

For each λ the captions of a beam of five are ordered by log p / length^α + λ · L-CLIPScore (`plumb caption generate --n-best 5 --rerank
λ`), and the best of each image are measured by `plumb score`. Prints a table; --plot needs matplotlib. DATA is the folder that holds
flickr8k.
"""

import argparse
import json
import os
import pathlib
import subprocess
import tempfile

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("captioners", nargs="*", default=["captioner"])
parser.add_argument("--weights", type=float, nargs="+", default=[0, 0.25, 0.5, 1, 2, 4, 8])
parser.add_argument("--plot", type=pathlib.Path)
parser.add_argument("--plumb", default=str(pathlib.Path(__file__).parents[1] / ".build/release/plumb"))
arguments = parser.parse_args()
flickr = pathlib.Path(os.environ["DATA"]) / "flickr8k"
names = (flickr / "Flickr_8k.testImages.txt").read_text().split()
metrics = ["CIDEr", "BLEU-4", "CLIPScore", "RefCLIPScore"]
curves = {}

with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    (folder / "images").mkdir()
    for image in names:
        (folder / "images" / image).symlink_to((flickr / "images" / image).resolve())
    for captioner in arguments.captioners:
        print(f"\n| {captioner}: λ | {' | '.join(metrics)} |\n|---|{'---|' * len(metrics)}", flush=True)
        for weight in arguments.weights:
            command = [arguments.plumb, "caption", "generate", folder / "images", "--model", captioner, "--num-beams", "5"]
            command += ["--n-best", "5", "--rerank", str(weight), "--output", folder / f"{weight}.json"]
            subprocess.run(command, check=True, capture_output=True)
            command = [arguments.plumb, "score", folder / f"{weight}.json", "-r", flickr / "Flickr8k.token.txt"]
            command += ["--images", folder / "images", "--metrics", "cider,bleu,clipscore,refclipscore", "--json"]
            report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            values = [report["corpus"][metric] for metric in metrics]
            curves.setdefault(captioner, []).append((weight, *values))
            print(f"| {weight:g} | {' | '.join(f'{value:.3f}' for value in values)} |", flush=True)

if arguments.plot:
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "plumb", "font.size": 10})
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(5.5, 3.6), layout="constrained")
    for captioner, points in ((name, sorted(points)) for name, points in curves.items()):
        axes.plot([point[3] for point in points], [point[1] for point in points], "o-", label=pathlib.Path(captioner).name)
        for weight, cider, _, score, _ in points:
            axes.annotate(f"λ = {weight:g}", (score, cider), textcoords="offset points", xytext=(-7, -4), ha="right", fontsize=8)
    axes.set(xlabel="CLIPScore by mini (L-CLIPScore)", ylabel="CIDEr")
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(0.12)
    if len(curves) > 1:
        axes.legend(frameon=False)
    figure.savefig(arguments.plot, metadata={"Date": None})
