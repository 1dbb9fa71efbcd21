"""plumb.spark: equal to one process row for row, also where an executor is killed in the middle."""

from __future__ import annotations

import io
import json
import os
import pathlib
import signal
import subprocess
import tarfile
import threading
import time

import numpy as np
import pytest

pytest.importorskip("pyspark")
from conftest import EXAMPLE, needs_plumb
from pyspark.sql import SparkSession

import plumb
from plumb import spark as plumb_spark

pytestmark = needs_plumb

ROOT = pathlib.Path(__file__).resolve().parents[1]
CAPTIONS = [
    "two cats asleep on a blanket",
    "a dog on the grass",
    "an orange cat and a grey cat",
    "a man rides a bicycle",
    "two dogs play with a ball",
]


def images():
    return sorted((EXAMPLE / "images").glob("*.jpg"))


def session(master: str, name: str) -> SparkSession:
    import pyspark

    os.environ["SPARK_HOME"] = os.path.dirname(pyspark.__file__)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    import sys

    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master(master).appName(name)
    options = {
        "spark.ui.enabled": "false", "spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1",
        "spark.sql.shuffle.partitions": "4", "spark.default.parallelism": "4", "spark.executor.memory": "1g",
        "spark.executorEnv.PYTHONPATH": os.environ["PYTHONPATH"], "spark.task.maxFailures": "8",
        "spark.executorEnv.PLUMB_COMMAND": os.environ.get("PLUMB_COMMAND", ""),
        "spark.sql.execution.arrow.maxRecordsPerBatch": "16",
    }  # fmt: skip
    for key, value in options.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


@pytest.fixture(scope="module")
def spark():
    made = session("local[2]", "tests")
    yield made
    made.stop()


def rows(count: int) -> list[tuple[int, bytes | str, str | None, list[str]]]:
    """Pairs of images, as bytes and as paths, and captions; every eleventh has something wrong with it."""
    files = images()
    made: list[tuple[int, bytes | str, str | None, list[str]]] = []
    for number in range(count):
        image: bytes = files[number % len(files)].read_bytes()
        caption: str | None = f"{CAPTIONS[number % len(CAPTIONS)]} {number % 7}"
        if number % 11 == 5:
            image = b"no image"
        if number % 11 == 7:
            caption = None
        made.append((number, image, caption, [CAPTIONS[(number + 1) % 5], f"a cat {number % 3}"]))
    return made


SCHEMA = "number long, image binary, caption string, references array<string>"


def test_embeddings_are_those_of_one_process(spark):
    given = rows(60)
    frame = plumb_spark.embed(spark.createDataFrame(given, SCHEMA).repartition(3), image="image", text="caption")
    found = {row["number"]: row for row in frame.collect()}
    assert len(found) == 60
    embedder = plumb.Embedder()
    shown = embedder.images([image for _, image, _, _ in given], on_error="nan")
    for number, _, caption, _ in given:
        row = found[number]
        if number % 11 == 5:
            assert row["image_embedding"] is None and "image: " in row["error"]
        else:
            np.testing.assert_allclose(row["image_embedding"], shown[number], rtol=0, atol=2e-6)
        if caption is None:
            assert row["text_embedding"] is None and "text: " in row["error"]
        else:
            np.testing.assert_allclose(row["text_embedding"], embedder.texts([caption])[0], rtol=0, atol=2e-6)


def test_scores_are_those_of_one_process(spark):
    given = rows(60)
    frame = spark.createDataFrame(given, SCHEMA).repartition(4)
    scored = plumb_spark.score(frame, references="references", metrics=["clipscore", "refclipscore", "bleu", "rouge"])
    found = {row["number"]: row for row in scored.collect()}
    own = plumb.score(
        [caption for _, _, caption, _ in given], [references for *_, references in given],
        [image for _, image, _, _ in given], metrics=["clipscore", "refclipscore", "bleu", "rouge"], on_error="nan",
    )  # fmt: skip
    assert sorted(found) == list(range(60))
    for name in ("CLIPScore", "RefCLIPScore", "BLEU-4", "ROUGE-L"):
        for number, value in own.items_of(name).items():
            if np.isnan(value):
                assert found[number][name] is None and found[number]["error"]
            else:
                assert found[number][name] == pytest.approx(value, abs=2e-6)


def test_a_corpus_is_that_of_one_process(spark):
    given = rows(90)
    frame = spark.createDataFrame(given, SCHEMA).coalesce(1).repartitionByRange(4, "number").sortWithinPartitions("number")
    found = plumb_spark.corpus(frame, metrics=["bleu", "rouge", "cider"])
    own = plumb.score(
        [caption for _, _, caption, _ in given], [references for *_, references in given],
        metrics=["bleu", "rouge", "cider"], on_error="nan",
    )  # fmt: skip
    assert dict(found) == dict(own)
    assert any("could not be scored" in each for each in found.warnings)


def shard(path: pathlib.Path, numbers: range) -> None:
    files = images()
    with tarfile.open(path, "w") as archive:
        for number in numbers:
            key = f"{number:06d}"
            parts = [
                (f"{key}.jpg", files[number % len(files)].read_bytes() + number.to_bytes(2, "big")),
                (f"{key}.json", json.dumps({"key": key, "caption": "from the JSON"}).encode()),
            ]
            if number % 4:
                parts.append((f"{key}.txt", CAPTIONS[number % 5].encode()))
            for name, content in parts:
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))


def test_shards_are_read_whole_and_in_their_order(spark, tmp_path):
    paths = [tmp_path / f"{number:05d}.tar" for number in range(3)]
    for number, path in enumerate(paths):
        shard(path, range(number * 10, number * 10 + 10))
    found = plumb_spark.read_shards(spark, paths).collect()
    assert len(found) == 30
    for row in found:
        number = int(row["key"])
        assert row["shard"] == str(paths[number // 10]) and row["position"] == number % 10
        assert row["caption"] == (CAPTIONS[number % 5] if number % 4 else "from the JSON")
        assert bytes(row["image"]).endswith(number.to_bytes(2, "big"))
    damaged = tmp_path / "damaged.tar"
    damaged.write_bytes(paths[0].read_bytes()[:5000])
    with pytest.raises(Exception, match=r"damaged\.tar cannot be read as a shard"):
        plumb_spark.read_shards(spark, [damaged]).collect()


def test_filters_keep_exactly_what_they_should(spark):
    values = [(f"k{number:02d}", float(number // 3), f"image {number // 2}") for number in range(30)]
    values += [("k98", None, None), ("k99", None, None)]
    frame = spark.createDataFrame(values, "key string, score double, image string").repartition(5)

    def kept(**options):
        return sorted(row["key"] for row in plumb_spark.filter(frame, key=["key"], **options).collect())

    assert kept(score="score", at_least=8) == [f"k{number}" for number in range(24, 30)]
    # Of the equal scores of k24, k25 and k26 the smaller keys are kept.
    assert kept(score="score", top_fraction=5 / 30) == ["k24", "k25", "k27", "k28", "k29"]
    assert kept(score="score", top_fraction=1) == [f"k{number:02d}" for number in range(30)]
    assert kept(dedup="image") == [f"k{number:02d}" for number in range(0, 30, 2)] + ["k98", "k99"]
    with pytest.raises(ValueError, match="top_fraction is 0"):
        kept(score="score", top_fraction=0)
    with pytest.raises(ValueError, match="no column 'shard'"):
        plumb_spark.filter(frame, "score", top_fraction=0.5)


def test_a_wrong_column_is_told_before_any_work(spark):
    frame = spark.createDataFrame([(1, "x")], "number long, caption string")
    with pytest.raises(ValueError, match="no column 'image'"):
        plumb_spark.score(frame)
    with pytest.raises(ValueError, match="needs df"):
        plumb_spark.score(frame, image=None, metrics=["cider"])


def executors() -> list[int]:
    found = subprocess.run(["pgrep", "-f", "CoarseGrainedExecutorBackend"], capture_output=True, text=True).stdout
    return [int(each) for each in found.split()]


def test_no_row_is_lost_or_doubled_when_an_executor_is_killed(spark):
    spark.stop()
    cluster = session("local-cluster[2,1,1024]", "killed")
    try:
        given = rows(400)
        frame = cluster.createDataFrame(given, SCHEMA).repartition(16)
        plumb_spark.score(frame.limit(4)).collect()
        killed: list[int] = []

        def kill() -> None:
            time.sleep(1.5)
            running = executors()
            if running:
                os.kill(running[0], signal.SIGKILL)
                killed.append(running[0])

        killer = threading.Thread(target=kill)
        killer.start()
        found = plumb_spark.score(frame).collect()
        killer.join()
        assert killed, "expected an executor to be running"
        assert sorted(row["number"] for row in found) == list(range(400))
        own = plumb.score(
            [caption for _, _, caption, _ in given], images=[image for _, image, _, _ in given],
            metrics=["clipscore"], on_error="nan",
        ).items_of("CLIPScore")  # fmt: skip
        for row in found:
            value = own[row["number"]]
            assert row["CLIPScore"] is None if np.isnan(value) else row["CLIPScore"] == pytest.approx(value, abs=2e-6)
    finally:
        cluster.stop()
