from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from conftest import REPOSITORY, TINY_CLIP, needs_plumb
from test_scoring import small_batches

import plumb

pytestmark = needs_plumb
GOLDEN = REPOSITORY / "Tests" / "PlumbTests" / "Fixtures" / "tiny_scores.json"


@pytest.fixture
def embedder():
    return plumb.Embedder(TINY_CLIP)


def test_embeddings_are_those_of_transformers(embedder, image_paths, candidates):
    golden = json.loads(GOLDEN.read_text())
    images, texts = embedder.images([*image_paths.values()]), embedder.captions([*candidates.values()])
    assert images.dtype == texts.dtype == np.float32
    np.testing.assert_allclose(images, golden["images"], atol=1e-5)
    np.testing.assert_allclose(texts, golden["texts"], atol=1e-5)


def test_without_normalize_the_direction_is_the_same(embedder, candidates):
    unit, raw = embedder.texts([*candidates.values()]), embedder.texts([*candidates.values()], normalize=False)
    np.testing.assert_allclose(raw / np.linalg.norm(raw, axis=1, keepdims=True), unit, atol=1e-6)
    assert not np.allclose(np.linalg.norm(raw, axis=1), 1)


def test_many_requests_give_the_numbers_of_one(embedder, image_paths, monkeypatch):
    paths = [*image_paths.values()] * 4
    data = [Path(path).read_bytes() for path in paths]
    texts = [f"text {number}" for number in range(30)]
    images, embedded, tokens = embedder.images(data), embedder.texts(texts), plumb.Tokenizer(TINY_CLIP)(texts)
    small_batches(monkeypatch, 3000)
    np.testing.assert_allclose(embedder.images(iter(data)), images, atol=1e-6)
    np.testing.assert_allclose(embedder.texts(texts), embedded, atol=1e-6)
    assert np.array_equal(plumb.Tokenizer(TINY_CLIP)(texts), tokens)
    with pytest.raises(plumb.ItemError) as caught:
        embedder.images([*data, b"bad"])
    assert caught.value.failures[0].index == 8


def test_unreadable_images_raise_or_are_nan(embedder, image_paths):
    images = [image_paths["image1"], "/none.jpg", None, "/none\udcff.jpg"]
    with pytest.raises(plumb.ItemError, match=r"/none\.jpg.*2 more failed") as caught:
        embedder.images(images)
    assert [each.index for each in caught.value.failures] == [1, 2, 3]
    embeddings = embedder.images(images, on_error="nan")
    assert np.isnan(embeddings).all(axis=1).tolist() == [False, True, True, True]


def test_no_items_give_an_empty_array(embedder):
    assert embedder.images([]).shape == embedder.texts([]).shape == (0, 24)


def test_ranking(embedder, image_paths, candidates):
    paths, texts = [*image_paths.values()], [*candidates.values(), "a third"]
    ranking = embedder.rank(paths, texts, definition="torchmetrics")
    expected = embedder.images(paths).astype(float) @ embedder.texts(texts).T
    np.testing.assert_allclose(ranking.cosines, expected, atol=1e-6)
    np.testing.assert_allclose(ranking.scores, 100 * expected, atol=1e-4)
    with pytest.raises(plumb.ItemError, match="image 0"):
        embedder.rank([None], texts)


def test_the_model_is_described(embedder):
    assert (embedder.dimension, embedder.context_length) == (24, 77)
    assert embedder.fingerprint
    with pytest.raises(plumb.PlumbError, match="no-such-model"):
        _ = plumb.Embedder("no-such-model").dimension


def test_a_model_may_be_a_relative_path(monkeypatch):
    plumb.split_words(["a"])  # The worker runs, in another folder.
    monkeypatch.chdir(TINY_CLIP.parent)
    assert plumb.Embedder("tiny-clip").dimension == 24
    assert plumb.Embedder(os.path.join(".", "tiny-clip")).dimension == 24


def test_one_text_instead_of_a_list_is_an_error(embedder):
    for use in (embedder.texts, plumb.Tokenizer(TINY_CLIP), plumb.split_words):
        with pytest.raises(TypeError, match="A list of texts"):
            use("a cat")
    for texts in ({"a": "b"}, pytest.importorskip("pandas").DataFrame({"caption": ["a cat"]})):
        with pytest.raises(TypeError, match=r"A list of texts is needed; (dict|DataFrame) was given"):
            embedder.texts(texts)


def test_tokens_are_those_of_transformers():
    transformers = pytest.importorskip("transformers")
    texts = ["two cats", "Naïve 😀", "x" * 200]
    theirs = transformers.CLIPTokenizer.from_pretrained(TINY_CLIP)(
        texts, padding="max_length", truncation=True, max_length=77, return_tensors="np"
    )
    ours = plumb.Tokenizer(TINY_CLIP)(texts)
    assert ours.dtype == np.int32
    for mine, peer, mask in zip(ours, theirs["input_ids"], theirs["attention_mask"]):
        assert np.array_equal(mine[mask == 1], peer[mask == 1])
