"""plumb.spark: equal to one process row for row, also where an executor is killed in the middle."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pathlib
import signal
import subprocess
import sys
import tarfile
import threading
import time

import numpy as np
import pytest

pytest.importorskip("pyspark")
from conftest import EXAMPLE, needs_plumb
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

import plumb
from plumb import command
from plumb import spark as plumb_spark
from plumb.spark import rows as spark_rows
from plumb.spark.shards import pairs_of

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


def session(master: str, name: str, more: dict[str, str] | None = None) -> SparkSession:
    import pyspark

    os.environ["SPARK_HOME"] = os.path.dirname(pyspark.__file__)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master(master).appName(name)
    options = {
        "spark.ui.enabled": "false", "spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1",
        "spark.sql.shuffle.partitions": "4", "spark.default.parallelism": "4", "spark.executor.memory": "1g",
        "spark.executorEnv.PYTHONPATH": os.environ["PYTHONPATH"], "spark.task.maxFailures": "8",
        "spark.executorEnv.PLUMB_COMMAND": os.environ.get("PLUMB_COMMAND", ""),
        "spark.sql.execution.arrow.maxRecordsPerBatch": "16",
    }  # fmt: skip
    for key, value in {**options, **(more or {})}.items():
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


def test_the_corpus_statistics_of_every_metric_are_merged(spark, has_meteor):
    given = rows(60)
    metrics = ["clipscore", "refclipscore", *(["meteor"] if has_meteor else [])]
    frame = spark.createDataFrame(given, SCHEMA).coalesce(1).repartitionByRange(3, "number").sortWithinPartitions("number")
    found = plumb_spark.corpus(frame, image="image", metrics=metrics)
    own = plumb.score(
        [caption for _, _, caption, _ in given], [references for *_, references in given],
        [image for _, image, _, _ in given], metrics=metrics, on_error="nan",
    )  # fmt: skip
    assert set(found) == set(own) == {"CLIPScore", "RefCLIPScore", *(["METEOR"] if has_meteor else [])}
    for name, value in own.items():
        assert found[name] == pytest.approx(value, abs=1e-12 if name == "METEOR" else 2e-6) and value > 0


def test_images_are_named_by_their_paths(spark, tmp_path):
    paths = [str(file) for file in images()]
    given = [(number, paths[number % len(paths)], f"{CAPTIONS[number % 5]} {number}") for number in range(20)]
    given[7] = (7, str(tmp_path / "missing.jpg"), "a cat that nobody has seen")
    frame = spark.createDataFrame(given, "number long, image string, caption string").repartition(3)
    found = {row["number"]: row for row in plumb_spark.score(frame).collect()}
    own = plumb.score([text for *_, text in given], images=[path for _, path, _ in given], on_error="nan").items_of("CLIPScore")
    assert sorted(found) == list(range(20))
    for number, value in own.items():
        if number == 7:
            assert np.isnan(value) and found[7]["CLIPScore"] is None and "missing.jpg" in found[7]["error"]
        else:
            assert found[number]["CLIPScore"] == pytest.approx(value, abs=2e-6) and found[number]["error"] is None
    embedded = plumb_spark.embed(frame.where("number in (6, 7)"), image="image").sort("number").collect()
    assert len(embedded[0]["image_embedding"]) == plumb.Embedder().dimension and embedded[0]["error"] is None
    assert embedded[1]["image_embedding"] is None and "missing.jpg" in embedded[1]["error"]


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
    placed = plumb_spark.read_shards(spark, paths).select(F.spark_partition_id().alias("partition"), "shard").distinct().collect()
    assert sorted((row["partition"], row["shard"]) for row in placed) == [(n, str(path)) for n, path in enumerate(paths)]
    with pytest.raises(ValueError, match="is named twice"):
        plumb_spark.read_shards(spark, [paths[0], paths[1], paths[0]])
    with pytest.raises(ValueError, match="is a URL"):
        plumb_spark.read_shards(spark, ["s3://bucket/00000.tar"])


def archive(path: pathlib.Path, members: list[tuple[str, bytes]], links: dict[str, str] | None = None) -> pathlib.Path:
    with tarfile.open(path, "w") as made:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            made.addfile(member, io.BytesIO(content))
        for name, target in (links or {}).items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.LNKTYPE, target
            made.addfile(member)
    return path


def test_a_damaged_shard_is_an_error_and_never_a_shorter_shard(tmp_path):
    shard(tmp_path / "whole.tar", range(10))
    whole = (tmp_path / "whole.tar").read_bytes()
    with tarfile.open(tmp_path / "whole.tar") as opened:
        members = opened.getmembers()
    header = members[12].offset
    flipped = bytearray(whole)
    flipped[header + 10] ^= 255
    huge = tarfile.TarInfo("huge.bin")
    huge.size = 1 << 62
    last = members[-1].offset_data + (members[-1].size + 511) // 512 * 512
    for number, (content, reason) in enumerate(
        [
            (whole[:header], "no end mark"),
            (whole[: header + 100], "no member of an archive"),
            (whole[: header + 600], "unexpected end of data"),
            (whole[:last], "no end mark"),
            (bytes(flipped), "no member of an archive"),
            (whole[:header] + bytes(512) + whole[header + 512 :], "goes on behind its end mark"),
            (whole[:last] + huge.tobuf(tarfile.GNU_FORMAT) + bytes(1024), "unexpected end of data"),
            (whole + whole, "goes on behind its end mark"),
            (b"", "no end mark"),
            (b"no archive" * 100, ""),
        ]
    ):
        path = tmp_path / f"damaged{number}.tar"
        path.write_bytes(content)
        with pytest.raises(plumb.PlumbError, match=rf"damaged{number}\.tar cannot be read as a shard: .*{reason}"):
            list(pairs_of(str(path)))


def test_a_damaged_shard_ends_the_job_with_its_name(spark, tmp_path):
    shard(tmp_path / "cut.tar", range(10))
    (tmp_path / "cut.tar").write_bytes((tmp_path / "cut.tar").read_bytes()[:5120])
    with pytest.raises(Exception, match=r"cut\.tar cannot be read as a shard"):
        plumb_spark.read_shards(spark, [tmp_path / "cut.tar"]).collect()


def test_a_pair_is_what_plumb_score_takes_for_one(tmp_path):
    image = images()[0].read_bytes()
    made = archive(
        tmp_path / "pairs.tar",
        [
            ("a/1.jpg", image), ("a/1.seg.png", b"a mask"), ("a/1.TXT", b"\xef\xbb\xbfa cat\r\n"),
            ("b/1.png", image), ("b/1.json", b'{"caption": 5}'),
            ("2.jpg", image), ("2.png", image), ("2.txt", b"two images"),
            ("3.jpg", image), ("3.txt", b"no UTF-8 \xff"), ("3.json", b'{"caption": "is not taken"}'),
            ("4.jpg", image), ("4.json", b"no JSON"),
            ("5.jpg", image), ("5.json", b'{"caption": "half \\ud800"}'),
            ("6.jpg", image), ("6.txt", b" \n"),
            ("7.jpg", image), ("7.json", b'{"caption": "NaN"}'),
            ("8.jpg", image), ("8.txt", b"long" * (1 << 20) + b"er"),
        ],
        {"9.jpg": "1.jpg", "9.txt": "1.txt"},
    )  # fmt: skip
    found = {pair.key: (pair.caption, pair.image) for pair in pairs_of(str(made))}
    assert found == {
        "a/1": ("a cat", image), "b/1": (None, image), "2": ("two images", None), "3": (None, image), "4": (None, image),
        "5": (None, image), "6": (None, image), "7": (None, image), "8": (None, image), "9": (None, None),
    }  # fmt: skip
    for name, members in {
        "is there twice": [("1.jpg", image), ("2.jpg", image), ("1.txt", b"a cat")],
        "member '1.jpg' is there twice": [("1.jpg", image), ("1.jpg", image)],
        "leads out": [("../1.jpg", image)],
    }.items():
        with pytest.raises(plumb.PlumbError, match=name):
            list(pairs_of(str(archive(tmp_path / "wrong.tar", members))))


def test_shards_are_scored_as_plumb_score_does(spark, tmp_path):
    paths = [tmp_path / f"{number:05d}.tar" for number in range(2)]
    for number, path in enumerate(paths):
        shard(path, range(number * 12, number * 12 + 12))
    own = scored_by_command(paths, tmp_path / "own")
    found = plumb_spark.score(plumb_spark.read_shards(spark, paths)).select("shard", "key", "CLIPScore").collect()
    assert len(found) == len(own) == 24
    for row in found:
        assert row["CLIPScore"] == pytest.approx(own[pathlib.Path(row["shard"]).stem, row["key"]], abs=2e-6)


def test_the_parquet_of_img2dataset_needs_no_reader(spark, tmp_path):
    given = [
        (f"{number:09d}", CAPTIONS[number % 5], "success", images()[number % len(images())].read_bytes()) for number in range(6)
    ]
    given.append(("000000006", "not fetched", "failed_to_download", None))
    spark.createDataFrame(given, "key string, caption string, status string, jpg binary").write.parquet(str(tmp_path / "pq"))
    found = plumb_spark.score(spark.read.parquet(str(tmp_path / "pq")), image="jpg").collect()
    assert len(found) == 7 and sum(row["CLIPScore"] is not None for row in found) == 6


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
    # The fraction is of all that have a score, as in `plumb filter`.
    assert kept(score="score", top_fraction=0.5, at_least=8) == [f"k{number}" for number in range(24, 30)]
    assert kept(score="score", top_fraction=0.1, at_least=8) == ["k27", "k28", "k29"]
    with pytest.raises(ValueError, match="top_fraction is 0"):
        kept(score="score", top_fraction=0)
    with pytest.raises(ValueError, match="no column 'shard'"):
        plumb_spark.filter(frame, "score", top_fraction=0.5)


def unsorted_shards(folder: pathlib.Path) -> list[pathlib.Path]:
    """Shards whose keys fall, whose names are not in the order of their paths, and most of whose pairs are equal.

    A pair has one of three images, to the byte, and one of two captions, so that scores are equal, too; in each shard one
    pair has no caption, and so no score.
    """
    paths = []
    for start, name in enumerate(["b/one.tar", "b/one-more.tar", "a/two.tar"]):
        paths.append(folder / name)
        paths[-1].parent.mkdir(exist_ok=True)
        members = []
        for number in range(12):
            key = f"{99 - number if number % 2 else number:02d}"
            members.append((f"{key}.jpg", images()[(start + number) % 2].read_bytes() + b"x" * (number % 3 == 2)))
            if number != 5:
                members.append((f"{key}.txt", CAPTIONS[number // 2 % 2].encode()))
        archive(paths[-1], members)
    return paths


def scored_by_command(paths: list[pathlib.Path], output: pathlib.Path) -> dict[tuple[str, str], float | None]:
    """What `plumb score --shards` says of each pair, by the name of the shard and the key."""
    command_line = [command.path(), "score", "--shards", *map(str, paths), "--precision", "f32", "--output", str(output)]
    done = subprocess.run(command_line, capture_output=True, text=True)
    # 2: some pairs have no caption.
    assert done.returncode in (0, 2), done.stderr
    lines = [(file.parent.name, json.loads(line)) for file in output.glob("*/rows.jsonl") for line in file.open()]
    return {(name, row["key"]): row.get("score") for name, row in lines}


def filtered_by_command(scored: pathlib.Path, output: pathlib.Path, *options: str) -> list[tuple[str, str]]:
    """The pairs that `plumb filter` keeps, by the name of the shard and the key."""
    subprocess.run(
        [command.path(), "filter", str(scored), *options, "--output", str(output)], check=True, capture_output=True
    )  # fmt: skip
    return sorted((file.stem, json.loads(line)["key"]) for file in output.glob("*.jsonl") for line in file.open())


def pairs_in(rows) -> list[tuple[str, str]]:
    return sorted((pathlib.Path(row["shard"]).stem, row["key"]) for row in rows)


def test_equal_rows_are_kept_in_the_order_of_shards_as_plumb_filter_does(spark, tmp_path):
    paths = unsorted_shards(tmp_path)
    own = scored_by_command(paths, tmp_path / "scored")
    frame = plumb_spark.score(plumb_spark.read_shards(spark, paths)).repartition(5).cache()
    rows = frame.collect()
    assert all((row["CLIPScore"] is None) == (own[pathlib.Path(row["shard"]).stem, row["key"]] is None) for row in rows)
    for fraction, dedup in [(0.3, None), (0.6, "image")]:
        options = ["--top-fraction", str(fraction), *(["--dedup"] if dedup else [])]
        expected = filtered_by_command(tmp_path / "scored", tmp_path / f"kept-{dedup}", *options)
        kept = plumb_spark.filter(frame, "CLIPScore", top_fraction=fraction, dedup=dedup)
        assert kept.columns == frame.columns
        assert pairs_in(kept.collect()) == expected, (fraction, dedup)
        if dedup is None:
            # The keys and the paths would decide otherwise, or this shows nothing.
            by_key = sorted((-row["CLIPScore"], row["shard"], row["key"]) for row in rows if row["CLIPScore"])
            names = [(pathlib.Path(shard).stem, key) for _, shard, key in by_key]
            assert sorted(names[: len(expected)]) != expected


def test_bytes_are_compared_to_the_last_one(spark):
    long = b"\xff\xd8" + bytes(5000)
    contents = [long, long + b"x", long, None, b"", long[:-1], b"", None, long + b"x"]
    given = [(number, None if content is None else bytearray(content)) for number, content in enumerate(contents)]
    frame = spark.createDataFrame(given, "number long, image binary").repartition(3)
    kept = plumb_spark.filter(frame, dedup="image", key=["number"])
    # What is null is equal to nothing.
    assert sorted(row["number"] for row in kept.collect()) == [0, 1, 3, 4, 5, 7]


def test_null_is_the_smallest_key(spark):
    frame = spark.createDataFrame([(None, 1.0), ("a", 1.0), ("b", 1.0), ("c", 2.0)], "key string, score double")
    for fraction, expected in ((0.25, ["c"]), (0.5, [None, "c"]), (0.75, [None, "a", "c"])):
        found = plumb_spark.filter(frame, "score", top_fraction=fraction, key=["key"]).collect()
        assert sorted((row["key"] for row in found), key=str) == sorted(expected, key=str)


def test_the_best_rows_are_exact_among_many(spark):
    draw = np.random.default_rng(3)
    # A third of the scores are a value of their own, a third one of five, a third all the same.
    scores = np.where(draw.random(60_000) < 1 / 3, draw.normal(size=60_000), draw.integers(5, size=60_000).astype(float))
    scores[draw.random(60_000) < 1 / 3] = 0.25
    given = sorted(((score, f"{number:05d}") for number, score in enumerate(scores.tolist())), key=lambda row: (-row[0], row[1]))
    frame = spark.createDataFrame(given, "score double, key string").repartition(4).cache()
    for fraction in (0.00002, 0.3, 0.6, 0.99999):
        best = plumb_spark.filter(frame, "score", top_fraction=fraction, key=["key"]).select("key").collect()
        expected = [key for _, key in given[: int(len(given) * fraction + 0.5)]]
        assert sorted(row["key"] for row in best) == sorted(expected)


CONNECTED = """
import json, sys
from pyspark.sql import SparkSession
from plumb import spark as plumb_spark

spark = SparkSession.builder.remote("local[2]").config("spark.ui.enabled", "false").getOrCreate()
pairs = plumb_spark.read_shards(spark, sys.argv[1:])
scored = plumb_spark.score(pairs).select("shard", "key", "caption", "CLIPScore").cache()
kept = plumb_spark.filter(scored, "CLIPScore", top_fraction=0.5, dedup="caption").collect()
embedded = plumb_spark.embed(pairs, text="caption").where("text_embedding is not null").count()
corpus = plumb_spark.corpus(scored.selectExpr("caption", "array(caption) as references").coalesce(1), metrics=["bleu"])
scores = [[row["shard"], row["key"], row["CLIPScore"]] for row in scored.collect()]
session = type(spark).__module__
print(json.dumps([session, scores, [[row["shard"], row["key"]] for row in kept], embedded, dict(corpus)]))
"""


def test_spark_connect_gives_the_same(spark, tmp_path):
    pytest.importorskip("grpc_status")
    paths = [tmp_path / f"{number}.tar" for number in range(2)]
    for number, path in enumerate(paths):
        shard(path, range(number * 12, number * 12 + 12))
    scored = plumb_spark.score(plumb_spark.read_shards(spark, paths)).cache()
    kept = plumb_spark.filter(scored, "CLIPScore", top_fraction=0.5, dedup="caption").collect()
    # One process has one kind of session.
    made = subprocess.run([sys.executable, "-c", CONNECTED, *map(str, paths)], capture_output=True, text=True, timeout=300)
    assert made.returncode == 0, made.stderr
    module, scores, connected, embedded, corpus = json.loads(made.stdout.splitlines()[-1])
    assert module.startswith("pyspark.sql.connect")
    assert sorted(scores) == sorted([row["shard"], row["key"], row["CLIPScore"]] for row in scored.collect())
    assert sorted(connected) == sorted([row["shard"], row["key"]] for row in kept)
    assert embedded == 24 and corpus["BLEU-1"] == pytest.approx(1)


def test_other_columns_pass_unchanged(spark):
    file = images()[0].read_bytes()
    given = [
        (1, 2**53 + 1, float("nan"), [1.5, None], {"a": None}, (7, None), "x", file, "a cat"),
        (2, None, None, None, None, None, None, file, "a dog"),
    ]
    schema = """k int, big long, x double, list array<double>, map map<string, int>, pair struct<a: int, b: string>, s string,
        image binary, caption string"""
    frame = spark.createDataFrame(given, schema).withColumn("at", F.timestamp_seconds(F.lit(1700000000.123456))).coalesce(1)
    columns = [name for name in frame.columns if name != "x"]
    for made in (plumb_spark.score(frame), plumb_spark.embed(frame, image="image", text="caption")):
        assert made.select(columns).sort("k").collect() == frame.select(columns).sort("k").collect()
        first, second = made.sort("k").collect()
        assert np.isnan(first["x"]) and second["x"] is None


def test_what_is_wrong_with_a_row_stays_with_it(spark):
    file = images()[0].read_bytes()
    given = [
        (0, file, b"a cat", ["a cat sits"]),
        (1, b"", b"a cat", ["a cat sits"]),
        (2, file, b"\xff", ["a cat sits"]),
        (3, file, b"a cat", ["a cat sits", None]),
        (4, b"no image", b"a cat", ["a cat sits"]),
        (5, None, b"a cat", ["a cat sits"]),
        (6, file, None, ["a cat sits"]),
        (7, file, b"a cat", None),
    ]
    frame = spark.createDataFrame(given, "k int, image binary, c binary, r array<string>").coalesce(1)
    frame = frame.withColumn("caption", F.col("c").cast("string"))
    made = plumb_spark.score(frame, references="r", metrics=["clipscore", "bleu"]).sort("k").select("k", "CLIPScore", "error")
    found = made.collect()
    assert [row["k"] for row in found if row["CLIPScore"] is not None] == [0]
    expected = ["", "the image is empty", "not UTF-8", "a reference is null", "image", "image", "caption", "reference"]
    for row, reason in zip(found, expected):
        assert (row["error"] is None) == (row["k"] == 0)
        assert reason in (row["error"] or "") and 'id "' not in (row["error"] or "")
    embedded = plumb_spark.embed(frame, image="image", text="caption").sort("k").collect()
    assert [row["k"] for row in embedded if row["image_embedding"] is None] == [1, 4, 5]
    assert [row["k"] for row in embedded if row["text_embedding"] is None] == [2, 6]
    assert embedded[1]["error"] == "image: the image is empty."
    own = plumb_spark.embed(frame, text="caption", error="embedding_error")
    both = plumb_spark.score(own, image=None, references="r", metrics=["bleu"])
    assert both.columns[-2:] == ["BLEU-4", "error"] and "embedding_error" in both.columns
    with pytest.raises(ValueError, match="name another column with error"):
        plumb_spark.embed(plumb_spark.embed(frame, text="caption"), image="image")


def test_a_wrong_column_is_told_before_any_work(spark):
    frame = spark.createDataFrame([(1, "x")], "number long, caption string")
    with pytest.raises(ValueError, match="no column 'image'"):
        plumb_spark.score(frame)
    with pytest.raises(ValueError, match="needs df"):
        plumb_spark.score(frame, image=None, metrics=["cider"])
    twice = frame.selectExpr("number", "caption", "upper(caption) as caption")
    with pytest.raises(ValueError, match="2 columns 'caption'"):
        plumb_spark.embed(twice, text="caption")
    with pytest.raises(ValueError, match="2 columns 'caption'"):
        plumb_spark.filter(twice, dedup="caption", key=["number"])


def processes_below(parent: int, text: str) -> list[int]:
    """The processes that this one has started, through others too, with a text in their command line."""
    parents, found = {}, []
    for entry in pathlib.Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    for process in parents:
        above = process
        while above in parents and above != parent:
            above = parents[above]
        with contextlib.suppress(OSError):
            line = pathlib.Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if above == parent and process != parent and text in line:
                found.append(process)
    return sorted(found)


def workers_below(parent: int) -> list[int]:
    return processes_below(parent, f"{command.path()} worker")


def expect_scores_of_one_process(found, given) -> None:
    assert sorted(row["number"] for row in found) == list(range(len(given)))
    own = plumb.score(
        [caption for _, _, caption, _ in given], images=[image for _, image, _, _ in given],
        metrics=["clipscore"], on_error="nan",
    ).items_of("CLIPScore")  # fmt: skip
    for row in found:
        value = own[row["number"]]
        assert row["CLIPScore"] is None if np.isnan(value) else row["CLIPScore"] == pytest.approx(value, abs=2e-6)


def in_the_middle(session: SparkSession, tasks: int, action) -> threading.Thread:
    """Does something once some tasks of a stage with so many are done, and some are not."""

    def watch() -> None:
        tracker = session.sparkContext.statusTracker()
        until = time.monotonic() + 300
        while time.monotonic() < until:
            for stage in tracker.getActiveStageIds():
                info = tracker.getStageInfo(stage)
                if info and info.numTasks == tasks and 2 <= info.numCompletedTasks < tasks - 2 and info.numActiveTasks:
                    action()
                    return
            time.sleep(0.02)

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


DIES_ONCE = """
import json, os, sys
flag = sys.argv[1]
for line in sys.stdin:
    request = json.loads(line)
    if request["do"] != "version" and not os.path.exists(flag):
        open(flag, "w").close()
        os._exit(9)
    print(json.dumps({"ok": True, "protocol": 1, "texts": request.get("texts")}), flush=True)
"""


def test_a_request_is_made_again_when_its_worker_dies(tmp_path, monkeypatch):
    (tmp_path / "dies_once.py").write_text(DIES_ONCE)
    with plumb.Worker(1, [sys.executable, str(tmp_path / "dies_once.py"), str(tmp_path / "flag")]) as worker:
        monkeypatch.setattr(spark_rows, "_worker", (1, worker))
        header, _ = spark_rows.request(1, "words", texts=["two cats"])
        assert header["texts"] == ["two cats"] and worker.starts == 2


def test_a_request_that_kills_every_worker_is_an_error(fake, monkeypatch):
    monkeypatch.setattr(spark_rows, "_worker", (1, fake))
    with pytest.raises(plumb.WorkerDiedError, match="out of memory"):
        spark_rows.request(1, "die")
    assert fake.starts == 2


def test_a_worker_that_is_killed_is_started_again(spark):
    # In local mode Spark repeats no task.
    given = rows(400)
    frame = spark.createDataFrame(given, SCHEMA).repartition(16)
    # This process has a worker of its own, which is below it too.
    java = processes_below(os.getpid(), "java")[0]
    killed: list[int] = []

    def kill() -> None:
        for worker in workers_below(java):
            os.kill(worker, signal.SIGKILL)
            killed.append(worker)

    watcher = in_the_middle(spark, 16, kill)
    found = plumb_spark.score(frame).collect()
    watcher.join()
    assert killed, "expected a worker to be running"
    expect_scores_of_one_process(found, given)


class Killer:
    """Kills an executor with a worker that runs, of those that this test has started, and waits for its worker's end."""

    def __init__(self) -> None:
        self.killed: list[int] = []
        self.workers: dict[int, list[int]] = {}
        """The workers of each executor just before."""

    @staticmethod
    def executors() -> list[int]:
        return processes_below(os.getpid(), "CoarseGrainedExecutorBackend")

    def __call__(self) -> None:
        self.workers = {executor: workers_below(executor) for executor in self.executors()}
        for executor, workers in self.workers.items():
            if workers:
                os.kill(executor, signal.SIGKILL)
                self.killed.append(executor)
                return

    def expect_one_killed(self, most_workers: int = 1) -> None:
        """- most_workers: of an executor, which has one core."""
        assert len(self.workers) == 2 and len(self.killed) == 1, "expected two executors, and one of them to be killed"
        # An executor keeps its worker from task to task.
        assert 1 <= max(len(workers) for workers in self.workers.values()) <= most_workers
        # A worker never outlives the process that it works for.
        orphans = self.workers[self.killed[0]]
        until = time.monotonic() + 30
        while time.monotonic() < until and any(pathlib.Path(f"/proc/{worker}").exists() for worker in orphans):
            time.sleep(0.1)
        assert not [worker for worker in orphans if pathlib.Path(f"/proc/{worker}").exists()]


@pytest.fixture(scope="module")
def cluster(spark):
    # A process has one Spark at a time: tests with `spark` stand before those with this.
    spark.stop()
    made = session("local-cluster[2,1,1024]", "killed")
    yield made
    made.stop()


def test_no_row_is_lost_or_doubled_when_an_executor_is_killed(cluster):
    given = rows(400)
    frame = cluster.createDataFrame(given, SCHEMA).repartition(16)
    # Both executors are there.
    cluster.sparkContext.parallelize(range(8), 8).count()
    kill = Killer()
    watcher = in_the_middle(cluster, 16, kill)
    found = plumb_spark.score(frame).collect()
    watcher.join()
    expect_scores_of_one_process(found, given)
    kill.expect_one_killed()


def test_shards_become_the_filtered_parquet_of_one_process_while_an_executor_is_killed(cluster, tmp_path):
    paths = [tmp_path / f"{number:05d}.tar" for number in range(12)]
    for number, path in enumerate(paths):
        members = []
        for place in range(number * 10, number * 10 + 10):
            # Every third image is there several times, to the byte, and so are some pairs, with their score.
            end = b"" if place % 3 == 0 else place.to_bytes(2, "big")
            members.append((f"{999 - place}.jpg", images()[place % 2].read_bytes() + end))
            if place % 11 != 5:
                members.append((f"{999 - place}.txt", f"{CAPTIONS[place % 5]} {place % 4}".encode()))
        archive(path, members)
    own = scored_by_command(paths, tmp_path / "scored")
    expected = filtered_by_command(tmp_path / "scored", tmp_path / "kept", "--top-fraction", "0.5", "--dedup")
    kill = Killer()
    watcher = in_the_middle(cluster, 12, kill)
    scored = plumb_spark.score(plumb_spark.read_shards(cluster, paths)).cache()
    kept = plumb_spark.filter(scored, "CLIPScore", top_fraction=0.5, dedup="image")
    kept.drop("image").write.parquet(str(tmp_path / "parquet"))
    watcher.join()
    written = cluster.read.parquet(str(tmp_path / "parquet")).collect()
    assert pairs_in(written) == expected and 30 < len(expected) < 60
    for row in written:
        assert row["CLIPScore"] == pytest.approx(own[pathlib.Path(row["shard"]).stem, row["key"]], abs=2e-6)
    # A task has two Python processes, of read_shards and of score, which the next task may use the other way round.
    kill.expect_one_killed(most_workers=2)


def test_a_worker_has_as_many_threads_as_a_task_has_cores(cluster):
    cluster.stop()
    wide = session("local[2]", "wide", {"spark.task.cpus": "2"})
    try:
        java = processes_below(os.getpid(), "java")[0]
        frame = wide.createDataFrame(rows(20), SCHEMA).repartition(4)
        assert plumb_spark.score(frame).where("CLIPScore is not null").count() > 10
        started = [pathlib.Path(f"/proc/{worker}/cmdline").read_bytes().split(b"\0") for worker in workers_below(java)]
        assert [line[line.index(b"--threads") + 1] for line in started] == [b"2"]
    finally:
        wide.stop()
