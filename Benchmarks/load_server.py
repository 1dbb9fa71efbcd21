"""Loads plumb-server with searches over a large index: searches a second with their latency, and the time of a refinement.

    python load_server.py --images FOLDER [--rows 100000] [--seconds 10] [--connections 1 4 8] [--marks 100]

Needs wrk (Debian: apt install wrk) and NumPy. A few images of FOLDER are indexed; then rows near theirs are written into the index's files, as
if so many images had been indexed, with files that do not exist. wrk, on the same machine, keeps each connection busy: "known" texts
are 500 that the server has embedded before, "new" ones have never been asked for. Each search wants 60 hits, as the page does. Then a search
gets its marks, a half good, and is refined; the server's own seconds, from the request for hits to the hits, count, and beside them what
the client waits for both requests.
"""

import argparse
import json
import pathlib
import shutil
import sqlite3
import statistics
import subprocess
import tempfile
import time

import numpy as np
from serving import Client, Server

BUILD = pathlib.Path(__file__).parents[1] / ".build/release"
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--images", type=pathlib.Path, required=True, help="a folder of JPEG files")
parser.add_argument("--count", type=int, default=100, help="how many of them are really indexed")
parser.add_argument("--rows", type=int, default=100_000)
parser.add_argument("--seconds", type=int, default=10, help="of each run of wrk, 60 at most")
parser.add_argument("--connections", type=int, nargs="+", default=[1, 4, 8])
parser.add_argument("--marks", type=int, default=100)
parser.add_argument("--repeats", type=int, default=50, help="of the refinement")
parser.add_argument("--precision", default="f32", help="of the server")
parser.add_argument("--model", default="mini")
parser.add_argument("--plumb", default=str(BUILD / "plumb"))
parser.add_argument("--server", default=str(BUILD / "plumb-server"))
parser.add_argument("--work", type=pathlib.Path, help="where the index lies meanwhile")
arguments = parser.parse_args()

TEXTS = [
    f"{who} {what} {where}"
    for who in ("a dog", "two children", "a woman", "a man with a hat", "a red car", "some birds", "a cyclist", "a cat", "a horse", "people")
    for what in ("waiting", "running", "in the snow", "at night", "seen from above", "jumping", "beside water", "in the sun", "playing", "alone")
    for where in ("on a beach", "in a street", "by a fence", "in the mountains", "near a house")
]
LUA = """
local threads, number = 0, 0
function setup(thread)
  thread:set("id", threads)
  threads = threads + 1
end
function init(args)
  texts = {}
  for line in io.lines(args[1]) do texts[#texts + 1] = line end
  start, number = args[2], id * 97
  headers = { ["Content-Type"] = "application/json" }
end
function request()
  number = number + 1
  local text = texts[number % #texts + 1]
  if start ~= "known" then text = text .. ", number " .. start .. " " .. id .. " " .. number end
  return wrk.format("POST", "/api/search", headers, '{"terms": [{"text": "' .. text .. '"}]}')
end
function done(summary, latency)
  local e = summary.errors
  print(string.format('RESULT {"requests": %d, "us": %d, "p50": %f, "p99": %f, "most": %f, "errors": %d}', summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), latency.max, e.connect + e.read + e.write + e.status + e.timeout))
end
"""


def make_index(folder):
    """An index of a few real images and many made ones."""
    photos, index = folder / "photos", folder / "index"
    photos.mkdir()
    for file in sorted(arguments.images.glob("*.jpg"))[: arguments.count]:
        shutil.copyfile(file, photos / file.name)
    command = [arguments.plumb, "index", photos, "--index", index, "--model", arguments.model, "--dtype", "float16", "--json"]
    subprocess.run([str(w) for w in command], check=True, stdout=subprocess.DEVNULL)
    database = sqlite3.connect(index / "index.sqlite")
    meta = dict(database.execute("SELECT key, value FROM meta"))
    count = database.execute("SELECT MAX(row) + 1 FROM file").fetchone()[0]
    dimension = int(meta["dimension"])
    real = np.fromfile(index / "vectors", np.float16, count * dimension).reshape(count, dimension).astype(np.float32)
    random = np.random.default_rng(1)
    now = time.time_ns()
    with open(index / "vectors", "r+b") as vectors, database:
        vectors.truncate(count * dimension * 2)
        vectors.seek(0, 2)
        for start in range(count, arguments.rows, 10_000):
            numbers = range(start, min(start + 10_000, arguments.rows))
            part = real[random.integers(0, count, len(numbers))]
            part += 0.7 / dimension**0.5 * random.standard_normal(part.shape, dtype=np.float32)
            part /= np.linalg.norm(part, axis=1, keepdims=True)
            part.astype(np.float16).tofile(vectors)
            database.executemany(
                "INSERT INTO file (path, size, changed, mark, row) VALUES (?, 100000, ?, ?, ?)",
                [(f"/made/{n // 1000:04}/{n:08}.jpg", now, f"100000-{n:x}-0", n) for n in numbers],
            )
    database.close()
    return index


def load(port, script, texts, connections, start):
    """A run of wrk."""
    threads = min(connections, 2)
    command = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{min(arguments.seconds, 60)}s", "--timeout", "10s", "-s", script]
    command += [f"http://127.0.0.1:{port}", "--", texts, start]
    output = subprocess.run([str(w) for w in command], check=True, capture_output=True, text=True, timeout=120).stdout
    return json.loads(output.split("RESULT ")[1])


def searches(server, folder):
    (folder / "load.lua").write_text(LUA)
    (folder / "texts.txt").write_text("\n".join(TEXTS) + "\n")
    client = Client(server.port)
    for text in TEXTS:
        found = client.post("/api/search", {"terms": [{"text": text}]})
        assert len(found["hits"]) == 60 and found["images"] == arguments.rows, found["images"]
    client.close()
    print(f"{arguments.rows} images, {arguments.precision}, {arguments.seconds} s each; wanted: at least 200 searches/s with p99 of at most 50 ms\n")
    print("| texts | connections | searches/s | p50 ms | p99 ms | most ms | errors |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    run = 0
    for kind in ("known", "new"):
        for connections in arguments.connections:
            run += 1
            got = load(server.port, folder / "load.lua", folder / "texts.txt", connections, "known" if kind == "known" else run)
            times = " | ".join(f"{got[name] / 1000:.1f}" for name in ("p50", "p99", "most"))
            print(f"| {kind} | {connections} | {got['requests'] / got['us'] * 1e6:.0f} | {times} | {got['errors']} |", flush=True)


def refinements(server):
    """Rounds of a search each: its best hits are marked in turns as good and bad, it is refined, and the hits are asked for."""
    client = Client(server.port)
    own, waited, first = [], [], None
    for number in range(arguments.repeats + 1):
        terms = [{"text": TEXTS[number * 7 % len(TEXTS)]}]
        hits = client.post("/api/search", {"terms": terms, "count": arguments.marks})["hits"]
        session = f"/api/sessions/{client.post('/api/sessions', {'terms': terms})['id']}"
        names = [hit["id"] for hit in hits]
        client.post(f"{session}/marks", {"good": names[::2], "bad": names[1::2]})
        began = time.perf_counter()
        client.post(f"{session}/refine")
        found = client.post(f"{session}/hits")
        took = time.perf_counter() - began
        assert len(found["hits"]) == 60 and found["method"] == "adaptive", found["method"]
        if number == 0:
            first = found["seconds"]
            continue
        own.append(found["seconds"])
        waited.append(took)
    client.close()
    print(f"\nrefine and hits, {arguments.marks} marks, adaptive, {len(own)} times; wanted: a median of at most 20 ms of the server's own\n")
    print("| | median ms | p90 ms | most ms |\n| --- | ---: | ---: | ---: |")
    for title, times in (("the server's own seconds", own), ("the client waits, both requests", waited)):
        times = sorted(t * 1000 for t in times)
        print(f"| {title} | {statistics.median(times):.1f} | {times[len(times) * 9 // 10]:.1f} | {times[-1]:.1f} |")
    print(f"\nThe first refinement, which also looks at how all images lie: {first * 1000:.0f} ms")


def main():
    with tempfile.TemporaryDirectory(dir=arguments.work) as folder:
        folder = pathlib.Path(folder)
        index = make_index(folder)
        with Server(arguments.server, index, "--precision", arguments.precision) as server:
            searches(server, folder)
            refinements(server)


main()
