"""Kills `plumb embed --shards` with SIGKILL at random moments, many times, and compares what is left with a run that nobody disturbed.

    python kill_shards.py [--kills 100] [--shards 12] [--pairs 60] [--processes 2] [--model mini]

The shards are made of random bitmaps. So many processes work on the same output at a time; one of them is killed at a random moment within
a second and started again, until the kills are used up; then one process runs to its end. After every kill, each shard that is to be seen must be
whole and equal to that of the undisturbed run, and one that was to be seen once must never be written again. At the end the two outputs must be
the same, and no hidden file may be left. Needs numpy.
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


def command(folder, output):
    pattern = f"{folder}/{{00000..{arguments.shards - 1:05}}}.tar"
    return [arguments.plumb, "embed", "--shards", pattern, "--output", output, "--model", arguments.model, "--threads", "1", "--json"]


def content(place):
    """The files of a shard's output, without how long it took."""
    files = {}
    for file in sorted(place.iterdir()):
        files[file.name] = file.read_bytes()
        if file.name == "summary.json":
            files[file.name] = {**json.loads(files[file.name]), "seconds": 0}
    return files


def check(output, whole, seen):
    """Everything that is to be seen is whole, and was written once."""
    for place in sorted(output.glob("[0-9]*")):
        assert content(place) == whole[place.name], f"{place} is not what the undisturbed run has made"
        stamp = [(file.name, file.stat().st_ino, file.stat().st_mtime_ns) for file in sorted(place.iterdir())]
        assert seen.setdefault(place.name, stamp) == stamp, f"{place} was written a second time"


def main():
    draw = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        make_shards(folder)
        done = subprocess.run(command(folder, folder / "whole"), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        whole = {place.name: content(place) for place in (folder / "whole").glob("[0-9]*")}
        kills = runs = early = shards = 0
        while kills < arguments.kills:
            # An output that is finished is begun anew.
            output, seen = folder / f"out-{runs}", {}
            runs += 1
            while kills < arguments.kills and len(seen) < arguments.shards:
                processes = [
                    subprocess.Popen(command(folder, output), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
                    for _ in range(arguments.processes)
                ]
                time.sleep(draw.uniform(0, 1))
                for process in processes:
                    early += process.poll() is not None
                    kills += process.poll() is None
                    process.kill()
                    time.sleep(draw.uniform(0, 0.1))
                for process in processes:
                    process.wait()
                    assert process.returncode in (0, -9), process.stderr.read()
                if output.exists():
                    check(output, whole, seen)
            shards += len(seen)
            done = subprocess.run(command(folder, output), capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            check(output, whole, seen)
            assert len(seen) == arguments.shards
            assert sorted(file.name for file in output.iterdir()) == [*sorted(whole), "run.json"], list(output.iterdir())
        print(f"{kills} processes were killed, {early} had ended by themselves. They have made {shards} of {runs * arguments.shards} shards ", end="")
        print(f"in {runs} output{'' if runs == 1 else 's'}; ", end="")
        print("every shard was made exactly once, and is to the byte that of the undisturbed run.")


main()
