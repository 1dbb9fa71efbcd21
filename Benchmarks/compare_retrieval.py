"""Times `plumb evaluate retrieval` beside NumPy's way (all similarities, two argsorts) on the same files, in turns.

    python compare_retrieval.py [--images 5000] [--captions 5] [--dimension 512] [--rounds 3] [--skip-numpy]

Both start as a process of their own and read the same .npy files; the peak memory of each is the system's figure.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("--images", type=int, default=5000)
parser.add_argument("--captions", type=int, default=5)
parser.add_argument("--texts", type=int, help="fewer texts than images, for very many images")
parser.add_argument("--dimension", type=int, default=512)
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--skip-numpy", action="store_true")
parser.add_argument("--plumb", default=str(pathlib.Path(__file__).parents[1] / ".build/release/plumb"))
parser.add_argument("--numpy", nargs=2, help=argparse.SUPPRESS)
arguments = parser.parse_args()


def numpy_way(images, texts):
    images, texts = np.load(images), np.load(texts)
    captions = len(texts) // len(images)
    images /= np.linalg.norm(images, axis=1, keepdims=True)
    texts /= np.linalg.norm(texts, axis=1, keepdims=True)
    similarities = texts @ images.T
    own = np.arange(len(texts)) // captions
    to_image = np.argmax(np.argsort(-similarities, axis=1) == own[:, None], axis=1) + 1
    to_text = np.argmax(np.argsort(-similarities.T, axis=1) // captions == np.arange(len(images))[:, None], axis=1) + 1
    print(json.dumps([float((ranks <= k).mean()) for ranks in (to_image, to_text) for k in (1, 5, 10)]))


def timed(command):
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, command
    return time.perf_counter() - began, usage.ru_maxrss / 1000, output


if arguments.numpy:
    numpy_way(*arguments.numpy)
    sys.exit()
rng = np.random.default_rng(1)
with tempfile.TemporaryDirectory() as folder:
    images, texts, pairs = (f"{folder}/{name}" for name in ("images.npy", "texts.npy", "pairs.json"))
    rows = np.lib.format.open_memmap(images, "w+", np.float32, (arguments.images, arguments.dimension))
    for first in range(0, len(rows), 50_000):
        part = rows[first : first + 50_000]
        part[:] = rng.standard_normal(part.shape, dtype=np.float32)
    count = arguments.texts or arguments.images * arguments.captions
    own = np.arange(count) // arguments.captions if not arguments.texts else np.sort(rng.choice(arguments.images, count))
    captions = 0.15 * rows[own] + rng.standard_normal((count, arguments.dimension), dtype=np.float32)
    np.save(texts, captions)
    pathlib.Path(pairs).write_text(json.dumps(own.tolist()))
    del rows, captions
    ours = [arguments.plumb, "evaluate", "retrieval", "--image-embeddings", images, "--text-embeddings", texts,
            "--pairs", pairs, "--json"]
    theirs = [sys.executable, __file__, "--numpy", images, texts]
    for _ in range(arguments.rounds):
        seconds, memory, output = timed(ours)
        report = json.loads(output)
        found = [report[way][f"R@{k}"] for way in ("text_to_image", "image_to_text") for k in (1, 5, 10)]
        print(f"plumb {seconds:7.2f} s {memory:8.0f} MB   {found}")
        if not arguments.skip_numpy:
            seconds, memory, output = timed(theirs)
            print(f"numpy {seconds:7.2f} s {memory:8.0f} MB   {json.loads(output)}")
