"""Plumb over Spark's DataFrames: embeddings, scores and filters of image–text data that one machine cannot hold.

    from plumb import spark as plumb_spark

    pairs = plumb_spark.read_shards(spark, ["data/00000.tar", "data/00001.tar"])
    scored = plumb_spark.score(pairs)                        # adds the column CLIPScore
    kept = plumb_spark.filter(scored, "CLIPScore", top_fraction=0.3, dedup="image")
    kept.select("shard", "key", "CLIPScore").write.parquet("kept")

img2dataset's Parquet needs no reader of its own: `score(spark.read.parquet(folder), image="jpg")`.

Every Python process of an executor has one worker of as many threads as a task has cores, started with its first batch
and ended with it. Nothing is written anywhere but to the result, so that a task that Spark repeats loses and doubles no
row. The package (or PLUMB_COMMAND) must be there on every executor. Needs pyspark 3.4 or later, pandas and pyarrow.

Spark hands rows to Python in Arrow batches of `spark.sql.execution.arrow.maxRecordsPerBatch` rows, 10,000 where nothing
is set; with the bytes of images in a column, set it to some hundreds, or executors need gigabytes for a batch.
"""

from .columns import corpus, embed, score
from .filtering import filter
from .shards import read_shards

__all__ = ["corpus", "embed", "filter", "read_shards", "score"]
