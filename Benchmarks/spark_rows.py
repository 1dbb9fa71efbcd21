"""Rows a second of `plumb.spark.score` and `plumb.spark.embed` beside `plumb score --shards` and `plumb embed --shards` on the same shards, in turns.

    PYTHONPATH=python PLUMB_COMMAND=.build/release/plumb PYTHON Benchmarks/spark_rows.py --images FOLDER --captions FILE [--count 2000] [--shards 8]

PYTHON has pyspark, pandas, pyarrow and NumPy (.build/python/bin/python, which python/test makes), and Java 17 is there. FOLDER has JPEG files, FILE
a caption a line. Spark runs as `local[CORES]`, a task with one worker of one thread on each core; the command takes as many threads. Spark starts
once, and each of its sides does a pass over one shard first, which starts its workers and loads the model; the command is a new process every time,
whose start counts. Rows are counted without being written: Spark computes each embedding and score and sums what it has, and the command writes its
output. Turns alternate, and the fastest of them counts. At last the scores are compared row by row, with the greatest difference printed.
"""

import argparse
import io
import itertools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from plumb import command
from plumb import spark as plumb_spark

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--images", type=pathlib.Path, required=True, help="a folder of JPEG files")
parser.add_argument("--captions", type=pathlib.Path, required=True, help="a text file with a caption a line")
parser.add_argument("--count", type=int, default=2000, help="pairs")
parser.add_argument("--shards", type=int, default=8)
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--cores", type=int, default=os.cpu_count())
parser.add_argument("--model", default="mini")
parser.add_argument("--precisions", nargs="+", default=["f32", "int8"])
parser.add_argument("--batch", type=int, default=256, help="spark.sql.execution.arrow.maxRecordsPerBatch")
arguments = parser.parse_args()


def write_shards(folder):
    """Shards as img2dataset names them, with an image and a caption for each key."""
    files = sorted(arguments.images.glob("*.jpg"))[: arguments.count]
    assert len(files) >= arguments.shards, f"{arguments.images}: at least {arguments.shards} files *.jpg are needed"
    captions = itertools.cycle(arguments.captions.read_text().splitlines())
    paths = [folder / f"{number:05}.tar" for number in range(arguments.shards)]
    for number, path in enumerate(paths):
        with tarfile.open(path, "w") as archive:
            for place, file in enumerate(files[number::arguments.shards]):
                for suffix, data in ((".jpg", file.read_bytes()), (".txt", next(captions).encode())):
                    member = tarfile.TarInfo(f"{number:05}{place:04}{suffix}")
                    member.size = len(data)
                    archive.addfile(member, io.BytesIO(data))
    return paths, len(files)


def by_command(name, paths, output, precision):
    """Runs `plumb score` or `plumb embed` over the shards."""
    shutil.rmtree(output, ignore_errors=True)
    options = ["--model", arguments.model, "--precision", precision, "--threads", arguments.cores, "--output", output]
    line = [command.path(), name, "--shards", *paths, *options]
    done = subprocess.run([str(word) for word in line], capture_output=True, text=True)
    # 2: some pairs could not be used, in Spark neither.
    if done.returncode not in (0, 2):
        sys.exit(done.stderr)


def score_in_spark(spark, paths, precision):
    scored = plumb_spark.score(plumb_spark.read_shards(spark, paths), model=arguments.model, precision=precision)
    return scored.agg(F.count("*"), F.sum("CLIPScore")).collect()[0][0]


def embed_in_spark(spark, paths, precision):
    frame = plumb_spark.read_shards(spark, paths)
    embedded = plumb_spark.embed(frame, image="image", text="caption", model=arguments.model, precision=precision)
    return embedded.agg(F.count("*"), F.sum(F.size("image_embedding")), F.sum(F.size("text_embedding"))).collect()[0][0]


def greatest_difference(spark, paths, output, precision):
    """Between the scores of a pair by the command and in Spark."""
    lines = [(file.parent.name, json.loads(line)) for file in output.glob("*/rows.jsonl") for line in file.open()]
    own = {(name, row["key"]): row.get("score") for name, row in lines}
    scored = plumb_spark.score(plumb_spark.read_shards(spark, paths), model=arguments.model, precision=precision)
    found = scored.select("shard", "key", "CLIPScore").collect()
    assert len(found) == len(own), (len(found), len(own))
    pairs = [(row["CLIPScore"], own[pathlib.Path(row["shard"]).stem, row["key"]]) for row in found]
    assert all((mine is None) == (theirs is None) for mine, theirs in pairs)
    return max(abs(mine - theirs) for mine, theirs in pairs if mine is not None)


def main():
    # Spark takes the first python3 on PATH otherwise.
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master(f"local[{arguments.cores}]").appName("spark_rows")
    builder = builder.config("spark.ui.enabled", "false").config("spark.ui.showConsoleProgress", "false")
    builder = builder.config("spark.sql.execution.arrow.maxRecordsPerBatch", arguments.batch)
    spark = builder.config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1").getOrCreate()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        paths, count = write_shards(folder)
        print(f"{count:,} pairs in {len(paths)} shards, {arguments.model}, {arguments.cores} cores; rows/s, the fastest of {arguments.rounds} turns")
        for precision in arguments.precisions:
            sides = {
                "plumb score --shards": lambda p=precision: by_command("score", paths, folder / "scores", p),
                "plumb.spark.score": lambda p=precision: score_in_spark(spark, paths, p),
                "plumb embed --shards": lambda p=precision: by_command("embed", paths, folder / "embeddings", p),
                "plumb.spark.embed": lambda p=precision: embed_in_spark(spark, paths, p),
            }
            for work in (score_in_spark, embed_in_spark):
                work(spark, paths[:1], precision)
            seconds = {name: [] for name in sides}
            for _ in range(arguments.rounds):
                for name, work in sides.items():
                    began = time.perf_counter()
                    work()
                    seconds[name].append(time.perf_counter() - began)
            for name, each in seconds.items():
                own = min(seconds[f"plumb {name.rsplit('.', 1)[-1]} --shards"]) if "spark" in name else None
                ratio = f"  {own / min(each):.2f}× of the command" if own else ""
                print(f"{precision:5} {name:22} {count / min(each):8.1f}{ratio}")
            print(f"{precision:5} greatest difference of a score: {greatest_difference(spark, paths, folder / 'scores', precision):.1e}")
    spark.stop()


if __name__ == "__main__":
    main()
