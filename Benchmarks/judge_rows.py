"""Agreement with people of the models of an ablation that trained image towers alone.

    DATA=/data python judge_rows.py OUTPUT TEXT_MODEL [--plumb PLUMB]

OUTPUT is the folder that `plumb ablate` wrote. Its models have no trained text tower: each is given that of TEXT_MODEL, whose space
it was trained for, and judged with `plumb judge flickr8k-expert`. DATA is the folder that holds flickr8k.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import tempfile

from safetensors.numpy import load_file, save_file

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("output", type=pathlib.Path)
parser.add_argument("text_model", type=pathlib.Path)
parser.add_argument("--plumb", default=str(pathlib.Path(__file__).parents[1] / ".build/release/plumb"))
arguments = parser.parse_args()
flickr = pathlib.Path(os.environ["DATA"]) / "flickr8k"

with tempfile.TemporaryDirectory() as folder:
    texts = pathlib.Path(folder) / "texts"
    subprocess.run([arguments.plumb, "model", "convert", arguments.text_model, texts, "--dtype", "f32"], check=True)
    text_tower = {k: v for k, v in load_file(texts / "model.safetensors").items() if k.startswith("text")}
    rows = {}
    for run in sorted(arguments.output.glob("row-*-seed-*")):
        model = pathlib.Path(folder) / run.name
        shutil.copytree(run / "model", model)
        save_file(load_file(model / "model.safetensors") | text_tower, model / "model.safetensors")
        command = [arguments.plumb, "judge", "flickr8k-expert", "--data", flickr, "--images", flickr / "images"]
        command += ["--model", model, "--metrics", "clipscore", "--json"]
        report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        row = int(re.match(r"row-(\d+)", run.name)[1])
        rows.setdefault(row, []).append(100 * report["metrics"]["CLIPScore"]["tau_c"])
        print(run.name, f"{rows[row][-1]:.2f}", flush=True)
for row, values in rows.items():
    spread = f" ± {statistics.stdev(values):.2f}" if len(values) > 1 else ""
    print(f"row {row}: Expert tau-c x 100, CLIPScore: {statistics.mean(values):.2f}{spread}")
