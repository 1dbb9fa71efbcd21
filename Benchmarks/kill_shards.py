"""Kills `plumb embed|score|filter --shards` with SIGKILL at random moments, many times, and compares what is left with a run that nobody
disturbed.

    python kill_shards.py [--command embed] [--kills 100] [--shards 12] [--pairs 60] [--processes 2] [--model mini]

The shards are made of random bitmaps. So many processes work on the same output at a time (of `filter`, which has no locks, each on its own
shards); each is killed at a random moment within a second (less where the undisturbed run has taken less, and a quarter of its time where
that is more) and started again, until the kills are used up; then one process runs to its end. After every kill, each shard that is to be seen must be whole and equal to that
of the undisturbed run, and one that was to be seen once must never be written again. At the end the two outputs must be the same, and no
hidden file may be left. Kills that hit a shard half-way are counted: they leave its `.partial` folder, or of `filter` an archive without its
list. Needs numpy.
"""

import argparse
import io
import json
import pathlib
import random
import subprocess
import tarfile
import tempfile
import time

import numpy

ROOT = pathlib.Path(__file__).parents[1]
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--command", choices=["embed", "score", "filter"], default="embed")
parser.add_argument("--kills", type=int, default=100)
parser.add_argument("--shards", type=int, default=12)
parser.add_argument("--pairs", type=int, default=60, help="a shard")
parser.add_argument("--processes", type=int, default=2)
parser.add_argument("--model", default="mini")
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--plumb", default=str(ROOT / ".build/release/plumb"))
arguments = parser.parse_args()


def bitmap(values):
    """A BMP file of 32 × 32 random pixels."""
    pixels = values.integers(0, 256, 32 * 32 * 3, dtype=numpy.uint8).tobytes()
    number = lambda value, count=4: value.to_bytes(count, "little")  # noqa: E731
    header = b"BM" + number(54 + len(pixels)) + number(0) + number(54)
    return header + number(40) + number(32) + number(32) + number(1, 2) + number(24, 2) + number(0, 24) + pixels


def make_shards(folder):
    values = numpy.random.default_rng(arguments.seed)
    for shard in range(arguments.shards):
        with tarfile.open(folder / f"{shard:05}.tar", "w") as archive:
            for pair in range(arguments.pairs):
                key = f"{shard:05}{pair:04}"
                for suffix, data in ((".bmp", bitmap(values)), (".txt", f"thing {key}".encode())):
                    member = tarfile.TarInfo(key + suffix)
                    member.size = len(data)
                    archive.addfile(member, io.BytesIO(data))


def command(folder, output, name=arguments.command, part="1/1"):
    shards = ["--shards", f"{folder}/{{00000..{arguments.shards - 1:05}}}.tar", "--shard", part, "--output", output, "--json"]
    if name == "filter":
        return [arguments.plumb, name, folder / "scores", "--top-fraction", "0.5", "--dedup", *shards]
    return [arguments.plumb, name, *shards, "--model", arguments.model, "--threads", "1"]


def run(command):
    began = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return time.monotonic() - began


def finished(output):
    """The files of every shard that is finished, by its name."""
    if arguments.command == "filter":
        return {file.stem: [file, file.with_suffix(".tar")] for file in sorted(output.glob("[0-9]*.jsonl"))}
    return {place.name: sorted(place.iterdir()) for place in sorted(output.glob("[0-9]*"))}


def is_halfway(output):
    """Whether a shard was begun that is not finished."""
    if arguments.command == "filter":
        return any(not file.with_suffix(".jsonl").exists() for file in output.glob("[0-9]*.tar"))
    return any(output.glob(".*.partial"))


def content(files):
    """What files hold, without how long it took."""
    read = {file.name: file.read_bytes() for file in files}
    if "summary.json" in read:
        read["summary.json"] = {**json.loads(read["summary.json"]), "seconds": 0}
    return read


def check(output, whole, seen):
    """Everything that is to be seen is whole, and was written once."""
    for name, files in finished(output).items():
        assert content(files) == whole[name], f"{name} is not what the undisturbed run has made"
        stamp = [(file.name, file.stat().st_ino, file.stat().st_mtime_ns) for file in files]
        assert seen.setdefault(name, stamp) == stamp, f"{name} was written a second time"


def names(output):
    return sorted(file.name for file in output.iterdir())


def main():
    draw = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        make_shards(folder)
        if arguments.command == "filter":
            run(command(folder, folder / "scores", "score"))
        taken = run(command(folder, folder / "whole"))
        span = max(min(1, taken), taken / 4)
        whole = {name: content(files) for name, files in finished(folder / "whole").items()}
        assert len(whole) == arguments.shards
        kills = runs = early = shards = halfway = 0
        while kills < arguments.kills:
            # An output that is finished is begun anew.
            output, seen = folder / f"out-{runs}", {}
            runs += 1
            while kills < arguments.kills and len(seen) < arguments.shards:
                processes = []
                for number in range(arguments.processes):
                    part = f"{number + 1}/{arguments.processes}" if arguments.command == "filter" else "1/1"
                    begun = command(folder, output, part=part)
                    processes.append(subprocess.Popen(begun, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True))
                time.sleep(draw.uniform(0, span))
                for process in processes:
                    early += process.poll() is not None
                    kills += process.poll() is None
                    process.kill()
                    time.sleep(draw.uniform(0, span / 10))
                for process in processes:
                    process.wait()
                    assert process.returncode in (0, -9), process.stderr.read()
                if output.exists():
                    halfway += is_halfway(output)
                    check(output, whole, seen)
            shards += len(seen)
            run(command(folder, output))
            check(output, whole, seen)
            assert len(seen) == arguments.shards
            assert names(output) == names(folder / "whole"), names(output)
        print(f"{kills} processes were killed, {early} had ended by themselves; {halfway} times a shard was left half-way. ", end="")
        print(f"They have made {shards} of {runs * arguments.shards} shards in {runs} output{'' if runs == 1 else 's'}; ", end="")
        print("every shard was made exactly once, and is to the byte that of the undisturbed run.")


main()
