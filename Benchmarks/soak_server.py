"""Works a plumb-server hard while it is killed again and again with SIGKILL, and checks that nothing that it has answered is lost.

    python soak_server.py --images FOLDER [--minutes 60] [--kill-every 60] [--clients 3]

Clients search, begin searches, mark, refine, undo, redo, name and delete them; another adds images to the folder and has the index
brought up to date. Every client knows by a model of its own what each answer must be. The server is killed at a time between a half
and one and a half of --kill-every, every second time while it embeds, and started again; before work goes on it is checked that

- every search is as the last answer had it, or as the one request that the kill left unanswered would have made it, and deleted ones are gone;
- there are no fewer images than the server had reported, images have kept their ids, and each of a sample finds itself first;
- the bytes of embeddings have not changed, and none is missing.

At the end the index is brought up to date once more, the databases are checked by SQLite, and all embeddings are compared with
those that `plumb embed images` computes of the files. Exit status 1 if anything was lost or an answer was wrong. Needs NumPy.
"""

import argparse
import collections
import copy
import hashlib
import http.client
import json
import pathlib
import random
import sqlite3
import subprocess
import tempfile
import threading
import time

import numpy as np
from serving import Client, Server

BUILD = pathlib.Path(__file__).parents[1] / ".build/release"
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--images", type=pathlib.Path, required=True, help="a folder of JPEG files, which are copied")
parser.add_argument("--minutes", type=float, default=60)
parser.add_argument("--kill-every", type=float, default=60, help="seconds")
parser.add_argument("--clients", type=int, default=3)
parser.add_argument("--pause", type=float, default=0.01, help="mean seconds between a client's requests")
parser.add_argument("--start", type=int, default=100, help="images that are indexed before")
parser.add_argument("--add", type=int, default=100, help="the most images that are added at a time, a third of the times")
parser.add_argument("--add-pause", type=float, default=6, help="the most seconds before more are added")
parser.add_argument("--most", type=int, default=40_000, help="images after which none is added: about 0.1 GB for each thousand")
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--model", default="mini")
parser.add_argument("--plumb", default=str(BUILD / "plumb"))
parser.add_argument("--server", default=str(BUILD / "plumb-server"))
parser.add_argument("--work", type=pathlib.Path, help="where the folder and its index lie meanwhile")
arguments = parser.parse_args()

# The server keeps 500 searches without a name, those that changed last; clients hold fewer, so that none may vanish.
HELD = 240 // arguments.clients
METHODS = ["adaptive", "rocchio", "logistic"]
BROKEN = (OSError, http.client.HTTPException)
WORDS = [f"{what} {where}" for what in ("a dog", "children", "a man", "a red car", "birds", "a crowd") for where in ("outside", "at night", "in snow")]


class Findings:
    """What was counted, and what went wrong."""

    def __init__(self):
        self.lock = threading.Lock()
        self.counts = collections.Counter()
        self.wrong = []

    def count(self, name, number=1):
        with self.lock:
            self.counts[name] += number

    def add(self, sentence):
        with self.lock:
            self.wrong.append(sentence)
            print(f"WRONG: {sentence}", flush=True)


class Work:
    """What all threads share: where the server is, and whether requests may be made now."""

    def __init__(self, photos, index):
        self.photos, self.index = photos, index
        self.findings = Findings()
        self.gate = threading.Event()
        self.embedding = threading.Event()
        self.over = threading.Event()
        self.port = None


class Worker(threading.Thread):
    """Makes requests while the gate is open. It holds its lock while it does, and one that fails while the gate is shut was killed."""

    def __init__(self, work, number):
        super().__init__(daemon=True)
        self.work, self.findings = work, work.findings
        self.random = random.Random(f"{arguments.seed} {number}")
        self.lock = threading.Lock()
        self.client = None

    def run(self):
        while not self.work.over.is_set():
            if not self.work.gate.wait(1):
                continue
            with self.lock:
                if not self.work.gate.is_set():
                    continue
                try:
                    self.client = self.client or Client(self.work.port)
                    self.step()
                except BROKEN as error:
                    self.client = None
                    if self.work.gate.is_set():
                        self.findings.add(f"no answer, though the server was not killed: {error!r}")
                    self.findings.count("requests that a kill left unanswered")
                except Exception as error:
                    self.findings.add(f"{type(error).__name__}: {error}")
            time.sleep(self.random.expovariate(1 / arguments.pause))

    def ask(self, name, method, path, body=None):
        answer = self.client.ask(method, path, body)
        self.findings.count(f"answers: {name}")
        return answer


def changed(state, change):
    """What a search is after a change; None where it is deleted. The rules are those of the server's documentation."""
    name, value = change
    state = copy.deepcopy(state)
    rounds = state["rounds"]
    if name == "marks":
        now = rounds[state["current"]]
        touched = {i for images in value.values() for i in images}
        for kind in ("good", "bad"):
            now[kind] = [i for i in now[kind] if i not in touched] + value[kind]
    elif name == "refine":
        now = rounds[state["current"]]
        del rounds[state["current"] + 1 :]
        rounds.append({**copy.deepcopy(now), "number": len(rounds), "method": value})
        state["current"] += 1
    elif name in ("undo", "redo"):
        state["current"] += -1 if name == "undo" else 1
    elif name == "name":
        state["name"] = value
    elif name == "delete":
        return None
    return state


def essence(answer):
    """What a model knows of a search."""
    return {key: answer[key] for key in ("name", "terms", "current", "rounds")}


class Searcher(Worker):
    """Searches, and changes searches of its own."""

    def __init__(self, work, number):
        super().__init__(work, number)
        # States by id; what a request under way would make of one; ids that are deleted.
        self.states, self.under_way, self.deleted = {}, None, []
        # Paths by image id, as hits had them.
        self.images = {}
        self.names = 0

    def step(self):
        if not self.states or self.random.random() < 0.06:
            return self.begin()
        if len(self.states) > HELD:
            return self.change(next(iter(self.states)), ("delete", None))
        id = self.random.choice(list(self.states))
        state = self.states[id]
        marks = state["rounds"][state["current"]]
        can = ["marks"] * 6 + ["search"] * 3 + ["hits"] * 2
        can += ["refine"] * 2 if (marks["good"] or marks["bad"]) and len(state["rounds"]) < 30 else []
        can += ["undo"] if state["current"] > 0 else []
        can += ["redo"] if state["current"] + 1 < len(state["rounds"]) else []
        can += ["name"] if self.random.random() < 0.3 else []
        what = self.random.choice(can)
        if what == "search" or (what == "marks" and len(self.images) < 10):
            self.see("search", "/api/search", {"terms": [{"text": f"{self.random.choice(WORDS)} {self.random.randrange(1000)}"}]})
        elif what == "hits":
            self.see("hits", f"/api/sessions/{id}/hits", {})
        elif what == "marks":
            some = self.random.sample(sorted(self.images), min(9, len(self.images)))
            self.change(id, ("marks", {"good": some[:4], "bad": some[4:7], "none": some[7:]}))
        elif what == "name":
            self.names += 1
            self.change(id, ("name", f"search {self.names}"))
        else:
            self.change(id, (what, self.random.choice(METHODS) if what == "refine" else None))

    def begin(self):
        terms = [{"text": self.random.choice(WORDS), "weight": 1}]
        status, answer = self.ask("begin", "POST", "/api/sessions", {"terms": terms})
        if status != 201:
            return self.findings.add(f"begin: {status} {answer}")
        self.states[answer["id"]] = essence(answer)

    def see(self, name, path, body):
        status, answer = self.ask(name, "POST", path, body)
        if status != 200 or not answer["hits"]:
            return self.findings.add(f"{name} {path} {json.dumps(body)}: {status} {str(answer)[:200]}")
        for hit in answer["hits"]:
            if self.images.setdefault(hit["id"], hit["path"]) != hit["path"]:
                self.findings.add(f"image {hit['id']} was {self.images[hit['id']]} and is {hit['path']}")

    def change(self, id, change):
        name, value = change
        self.under_way = id, changed(self.states[id], change), name
        path = f"/api/sessions/{id}"
        if name == "delete":
            status, answer = self.ask(name, "DELETE", path)
        else:
            body = {"marks": value, "refine": {"method": value}, "name": {"name": value}}.get(name, {})
            status, answer = self.ask(name, "POST", f"{path}/{name}", body)
        wanted = self.under_way[1]
        if status not in (200, 204) or (wanted is not None and essence(answer) != wanted):
            # The model goes on from what the server says.
            self.findings.add(f"{name} of {id}: {status}, wanted {wanted}, answered {answer}")
            wanted = essence(answer) if status == 200 else self.states[id]
        self.settle(id, wanted)

    def settle(self, id, state):
        self.under_way = None
        if state is None:
            del self.states[id]
            self.deleted.append(id)
        else:
            self.states[id] = state

    def check(self, client):
        """Compares what the server has after a start with what it had answered before."""
        lost = 0
        for id, state in list(self.states.items()):
            status, answer = client.ask("GET", f"/api/sessions/{id}")
            found = essence(answer) if status == 200 else None
            self.findings.count("checked: searches")
            self.findings.count("checked: rounds", len(state["rounds"]))
            self.findings.count("checked: marks", sum(len(r["good"]) + len(r["bad"]) for r in state["rounds"]))
            self.findings.count("checked: names", state["name"] is not None)
            if found == state:
                if self.under_way and self.under_way[0] == id:
                    self.findings.count("changes without an answer that were not made")
            elif self.under_way and self.under_way[0] == id and found == self.under_way[1]:
                self.findings.count("changes without an answer that were made")
                self.settle(id, found)
            else:
                lost += 1
                self.findings.add(f"search {id} was {json.dumps(state)}, and is {json.dumps(found)} ({status})")
                self.settle(id, found)
        self.under_way = None
        for id in self.deleted[-50:]:
            if client.ask("GET", f"/api/sessions/{id}")[0] != 404:
                self.findings.add(f"search {id} was deleted, and is there again")
            self.findings.count("checked: deleted searches")
        for image in self.random.sample(sorted(self.images), min(60, len(self.images))):
            status, answer = client.ask("GET", f"/api/images/{image}")
            if status != 200 or answer["path"] != self.images[image]:
                self.findings.add(f"image {image} was {self.images[image]}, and is {answer}")
            # Copies with other bytes are as near; of those the first comes first.
            status, answer = client.ask("POST", "/api/search", {"terms": [{"image": image}], "count": 100})
            scores = {hit["id"]: hit["score"] for hit in answer["hits"]} if status == 200 else {}
            if not scores or scores.get(image, -1) < max(max(scores.values()) - 1e-4, 0.999):
                self.findings.add(f"image {image} does not find itself: {scores.get(image)}, first {answer and str(answer)[:200]}")
            self.findings.count("checked: images that find themselves")


class Adder(Worker):
    """Adds images, and has the index brought up to date."""

    def __init__(self, work, sources):
        super().__init__(work, "adder")
        self.sources = sources
        self.added = 0
        self.next = 0
        # The most images that an answer has reported.
        self.reported = 0

    def add(self, count):
        """Copies some; when all are there, again with other bytes at the end, which makes other contents."""
        for _ in range(count):
            turn, place = divmod(self.added, len(self.sources))
            target = self.work.photos / f"{self.added:06}.jpg"
            hidden = target.with_name(f".{target.name}")
            hidden.write_bytes(self.sources[place].read_bytes() + (str(turn).encode() if turn else b""))
            hidden.rename(target)
            self.added += 1

    def step(self):
        status, answer = self.ask("status", "GET", "/api/status")
        if status != 200:
            return self.findings.add(f"status: {status} {answer}")
        if answer["images"] < self.reported:
            self.findings.add(f"there were {self.reported} images, and now {answer['images']}")
        self.reported = max(self.reported, answer["images"])
        update = answer["update"]
        if update["state"] == "failed" or update["skipped"]:
            self.findings.add(f"the update: {str(update)[:300]}")
        if update["state"] == "running":
            if update["done"] < update["of"]:
                self.work.embedding.set()
            return
        self.work.embedding.clear()
        if time.monotonic() < self.next:
            return
        if self.added < arguments.most:
            self.add(self.random.choice((1, max(1, arguments.add // 10), arguments.add)))
        self.next = time.monotonic() + self.random.uniform(0, arguments.add_pause)
        status, answer = self.ask("update", "POST", "/api/index/update", {})
        if status != 202:
            self.findings.add(f"update: {status} {answer}")


class Vectors:
    """The bytes of the embeddings that are known to be committed, which never change."""

    def __init__(self, work):
        database = sqlite3.connect(work.index / "index.sqlite")
        meta = dict(database.execute("SELECT key, value FROM meta"))
        database.close()
        self.dimension = int(meta["dimension"])
        self.file, self.findings = work.index / "vectors", work.findings
        self.count, self.digest = 0, None

    def rows(self, count):
        return np.fromfile(self.file, np.float16, count * self.dimension).reshape(-1, self.dimension)

    def check(self, count):
        rows = self.rows(count)
        if len(rows) < count:
            return self.findings.add(f"{count} images, and only {len(rows)} embeddings")
        if self.digest and hashlib.sha256(rows[: self.count].tobytes()).digest() != self.digest:
            self.findings.add(f"the first {self.count} embeddings have changed")
        lengths = np.linalg.norm(rows.astype(np.float32), axis=1)
        if not (abs(lengths - 1) < 1e-2).all():
            self.findings.add(f"embeddings without length: {np.flatnonzero(~(abs(lengths - 1) < 1e-2))[:10]}")
        self.count, self.digest = count, hashlib.sha256(rows.tobytes()).digest()
        self.findings.count("checked: embeddings", count)


def bring_up_to_date(client, seconds=600):
    client.post("/api/index/update")
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        status = client.get("/api/status")
        if status["update"]["state"] != "running":
            return status
        time.sleep(0.2)
    raise SystemExit("the index was not brought up to date in time")


def final_checks(work, vectors, folder):
    findings = work.findings
    for name in ("index.sqlite", "searches.sqlite"):
        database = sqlite3.connect(work.index / name)
        answer = database.execute("PRAGMA integrity_check").fetchone()[0]
        if answer != "ok":
            findings.add(f"{name}: {answer}")
        database.close()
    database = sqlite3.connect(work.index / "index.sqlite")
    row_of = dict(database.execute("SELECT path, row FROM file WHERE NOT isDeleted"))
    database.close()
    files = sorted(work.photos.glob("*.jpg"))
    if set(row_of) != {str(f) for f in files} or len(set(row_of.values())) != len(files):
        return findings.add(f"{len(files)} files, and in the index {len(row_of)} with {len(set(row_of.values()))} embeddings")
    command = [arguments.plumb, "embed", "images", work.photos, "--model", arguments.model, "--output", folder / "fresh.npy"]
    subprocess.run([str(w) for w in command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    stored = vectors.rows(max(row_of.values()) + 1)[[row_of[str(f)] for f in files]].astype(np.float32)
    cosines = (stored * np.load(folder / "fresh.npy")).sum(1)
    if (cosines < 0.999).any():
        findings.add(f"{(cosines < 0.999).sum()} files have the embedding of another")
    findings.count("checked: embeddings against plumb embed", len(files))


def soak(work, folder, searchers, adder):
    """Starts, checks, works and kills until the time is over."""
    chance = random.Random(arguments.seed)
    vectors, slowest = Vectors(work), 0
    end = time.monotonic() + 60 * arguments.minutes
    workers = [*searchers, adder]
    for worker in workers:
        worker.start()
    while True:
        began = time.monotonic()
        server = Server(arguments.server, work.index)
        slowest = max(slowest, time.monotonic() - began)
        try:
            client = Client(server.port)
            images = client.get("/api/status")["images"]
            if images < adder.reported:
                work.findings.add(f"{adder.reported} images were reported, and after a start there are {images}")
            adder.reported = max(adder.reported, images)
            vectors.check(images)
            for searcher in searchers:
                searcher.check(client)
            if time.monotonic() > end:
                work.over.set()
                status = bring_up_to_date(client)
                if status["update"]["state"] != "idle" or status["images"] != adder.added:
                    work.findings.add(f"{adder.added} files, and at the end {str(status)[:300]}")
                vectors.check(status["images"])
                break
            client.close()
            work.port = server.port
            work.gate.set()
            time.sleep(min(arguments.kill_every * chance.uniform(0.5, 1.5), max(1, end - time.monotonic())))
            if work.findings.counts["kills"] % 2 and work.embedding.wait(30):
                time.sleep(chance.uniform(0, 0.2))
            work.findings.count("kills while images were embedded", work.embedding.is_set())
        finally:
            work.gate.clear()
            work.embedding.clear()
            server.kill()
        work.findings.count("kills")
        for worker in workers:
            if not worker.lock.acquire(timeout=120):
                raise SystemExit("a client is stuck")
            worker.client = None
            worker.lock.release()
    final_checks(work, vectors, folder)
    return slowest


def main():
    # Equal files have one embedding.
    contents = {hashlib.sha256(file.read_bytes()).digest(): file for file in sorted(arguments.images.glob("*.jpg"), reverse=True)}
    sources = sorted(contents.values())
    assert sources, f"{arguments.images}: there are no files *.jpg"
    with tempfile.TemporaryDirectory(dir=arguments.work) as folder:
        folder = pathlib.Path(folder).resolve()
        work = Work(folder / "photos", folder / "index")
        work.photos.mkdir()
        adder = Adder(work, sources)
        adder.add(arguments.start)
        command = [arguments.plumb, "index", work.photos, "--index", work.index, "--model", arguments.model, "--dtype", "float16"]
        subprocess.run([str(w) for w in command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        searchers = [Searcher(work, n) for n in range(arguments.clients)]
        slowest = soak(work, folder, searchers, adder)
        findings = work.findings
        print(f"\n{arguments.minutes:g} minutes, {adder.added} images at the end, the slowest start {slowest:.1f} s\n")
        print("| | count |\n| --- | ---: |")
        for name, count in sorted(findings.counts.items()):
            print(f"| {name} | {count} |")
        print(f"| **lost or wrong** | {len(findings.wrong)} |")
    if findings.wrong:
        raise SystemExit(1)


main()
