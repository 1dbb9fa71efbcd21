"""Times exact search of one query among many embeddings, beside FAISS and USearch, in one run.

    python compare_search.py [--rows 1000000] [--dimension 512] [--rounds 5] [--threads 2] [--work FOLDER]

Everybody gets the same clustered rows of unit length and the same queries, and gives the ten nearest. FAISS and USearch stay loaded in this
process; Plumb's `plumb-bench` maps the rows from a file. Turns alternate; the minimum counts. "read" is the sum of the bytes as 64-bit
numbers by NumPy in as many threads, the time that memory takes.
"""

import argparse
import json
import math
import pathlib
import subprocess
import tempfile
import threading
import time

import faiss
import numpy as np
from usearch.index import MetricKind, search

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--rows", type=int, default=1_000_000)
parser.add_argument("--dimension", type=int, default=512)
parser.add_argument("--queries", type=int, default=5)
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--work", type=pathlib.Path, help="where the rows lie meanwhile: 3.8 GB for a million")
parser.add_argument("--bench", default=str(pathlib.Path(__file__).parents[1] / ".build/release/plumb-bench"))
arguments = parser.parse_args()
TOP = 10


def clustered(count, random):
    """Rows of unit length around a thousand centres, as photographs lie."""
    centres = np.random.default_rng(0).standard_normal((1000, arguments.dimension), dtype=np.float32)
    rows = centres[random.integers(0, 1000, count)]
    for start in range(0, count, 100_000):
        part = rows[start : start + 100_000]
        part += 0.7 * random.standard_normal(part.shape, dtype=np.float32)
        part /= np.linalg.norm(part, axis=1, keepdims=True)
    return rows


def as_bytes(rows):
    """Plumb's bytes: the largest number of a row becomes 127."""
    return np.concatenate([
        np.rint(part * (127 / np.abs(part).max(1, keepdims=True))).astype(np.int8)
        for part in np.array_split(rows, max(1, len(rows) // 100_000))
    ])


def remainders_of(rows):
    """What rounding leaves of each number, in sixteenths of a byte's step and in four bits, as an index of bytes keeps it."""
    parts = []
    for part in np.array_split(rows, max(1, len(rows) // 100_000)):
        scaled = part * (127 / np.abs(part).max(1, keepdims=True))
        left = np.clip(np.rint(16 * (scaled - np.rint(scaled))), -8, 7).astype(np.int8).view(np.uint8) & 15
        parts.append(left[:, ::2] | left[:, 1::2] << 4)
    return np.concatenate(parts)


def timed(run, queries):
    run(queries[:1])
    best = math.inf
    for query in queries:
        began = time.perf_counter()
        found = run(query[None])
        best = min(best, time.perf_counter() - began)
    return best * 1000, found


def read(array):
    """The time of reading an array once, in ms."""
    words = array.view(np.int64).reshape(-1)
    parts = np.array_split(words, arguments.threads)
    threads = [threading.Thread(target=part.sum) for part in parts]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return (time.perf_counter() - began) * 1000


def faiss_index(kind, rows):
    quantizer = faiss.ScalarQuantizer
    if kind == "f32":
        index = faiss.IndexFlatIP(rows.shape[1])
    else:
        which = quantizer.QT_8bit if kind == "int8" else quantizer.QT_fp16
        index = faiss.IndexScalarQuantizer(rows.shape[1], which, faiss.METRIC_INNER_PRODUCT)
        index.train(rows[:50_000])
    index.add(rows)
    return lambda queries: index.search(queries, TOP)[1]


def usearch(rows, cast):
    return lambda queries: search(
        rows, cast(queries), TOP, MetricKind.Cos, exact=True, threads=arguments.threads
    ).keys


def plumb(file, queries, remainders):
    command = [arguments.bench, "search", "--input", file, "--queries", queries, "--rounds", 1, "--hits", TOP]
    command += ["--threads", arguments.threads]
    if remainders.exists():
        command += ["--remainders", remainders]
    return json.loads(subprocess.run([str(w) for w in command], check=True, stdout=subprocess.PIPE, text=True).stdout)


def main():
    faiss.omp_set_num_threads(arguments.threads)
    random = np.random.default_rng(1)
    rows, queries = clustered(arguments.rows, random), clustered(arguments.queries, random)
    with tempfile.TemporaryDirectory(dir=arguments.work) as folder:
        folder = pathlib.Path(folder)
        np.save(folder / "queries.npy", queries)
        truth = None
        for kind, cast in (("f32", lambda x: x), ("f16", lambda x: x.astype(np.float16)), ("int8", as_bytes)):
            stored = cast(rows)
            np.save(folder / "rows.npy", stored)
            if kind == "int8":
                remainders_of(rows).tofile(folder / "remainders")
            peers = {"FAISS": faiss_index(kind, rows), "USearch": usearch(stored, cast)}
            best = dict.fromkeys(["read", "Plumb", *peers], math.inf)
            for _ in range(arguments.rounds):
                best["read"] = min(best["read"], read(stored))
                answer = plumb(folder / "rows.npy", folder / "queries.npy", folder / "remainders")
                best["Plumb"] = min(best["Plumb"], answer["best_ms"])
                for name, run in peers.items():
                    best[name] = min(best[name], timed(run, queries)[0])
            hits = answer["hits"]
            truth = truth or [set(found) for found in hits]
            recall = np.mean([len(true & set(found)) / TOP for true, found in zip(truth, hits)])
            print(f"{arguments.rows} rows of {arguments.dimension}, {kind}, one query, {arguments.threads} threads")
            for name, ms in best.items():
                ratio = "" if name == "Plumb" else f"   Plumb is {ms / best['Plumb']:.2f}× as fast"
                print(f"  {name:8}{ms:9.2f} ms{ratio}")
            print(f"  Plumb's recall@{TOP} of what f32 finds: {recall:.3f}", flush=True)
            del stored, peers


main()
