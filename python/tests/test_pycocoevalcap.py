"""Beside pycocoevalcap 1.2, to 1e-9."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from conftest import needs_plumb
from corpus import corpus

import plumb
from plumb import coco

pytestmark = needs_plumb
pytest.importorskip("pycocoevalcap")
needs_java = pytest.mark.skipif(shutil.which("java") is None, reason="no Java")

CORPORA = [corpus(1), corpus(2, seed=1), corpus(300, seed=2)]


def check_equal(ours, theirs):
    """Both (value, values), with the same structure."""
    for mine, peer in zip(ours, theirs):
        assert isinstance(mine, list) == isinstance(peer, list)
        assert isinstance(mine, np.ndarray) == isinstance(peer, np.ndarray)
        np.testing.assert_allclose(mine, peer, rtol=0, atol=1e-9)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
@pytest.mark.parametrize(("gts", "res"), CORPORA)
def test_bleu(n, gts, res):
    from pycocoevalcap.bleu.bleu import Bleu

    ours = coco.Bleu(n).compute_score(gts, res)
    check_equal(ours, Bleu(n).compute_score(gts, res, verbose=0))
    assert len(ours[0]) == len(ours[1]) == n
    assert all(isinstance(each, list) for each in ours[1])


@pytest.mark.parametrize(("gts", "res"), CORPORA)
def test_cider(gts, res):
    from pycocoevalcap.cider.cider import Cider

    check_equal(coco.Cider().compute_score(gts, res), Cider().compute_score(gts, res))


@pytest.mark.parametrize(("gts", "res"), CORPORA)
def test_rouge(gts, res):
    from pycocoevalcap.rouge.rouge import Rouge

    check_equal(coco.Rouge().compute_score(gts, res), Rouge().compute_score(gts, res))


@needs_java
@pytest.mark.parametrize(("gts", "res"), CORPORA)
def test_meteor(gts, res, has_meteor):
    if not has_meteor:
        pytest.skip("METEOR's tables are not installed")
    from pycocoevalcap.meteor.meteor import Meteor

    check_equal(coco.Meteor().compute_score(gts, res), Meteor().compute_score(gts, res))


@needs_java
def test_words():
    from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer

    texts = [
        "Two cats, asleep.",
        "It's a dog's life -- isn't it?",
        'He said "no" (twice)…',
        "1,000 U.S. dollars",
        "a\nb",
    ]
    captions = {7: [{"caption": text} for text in texts], "b": [{"caption": "Hello !"}]}
    assert coco.PTBTokenizer().tokenize(captions) == PTBTokenizer().tokenize(captions)


def test_names_are_the_peers():
    from pycocoevalcap.bleu.bleu import Bleu
    from pycocoevalcap.cider.cider import Cider
    from pycocoevalcap.rouge.rouge import Rouge

    assert coco.Bleu().method() == Bleu().method()
    assert coco.Cider().method() == Cider().method()
    assert coco.Rouge().method() == Rouge().method()


def test_what_cannot_be_scored_is_an_error():
    with pytest.raises(ValueError, match="same ids"):
        coco.Bleu().compute_score({1: ["a"]}, {2: ["a"]})
    with pytest.raises(ValueError, match="one caption for each id"):
        coco.Bleu().compute_score({1: ["a"]}, {1: ["a", "b"]})
    with pytest.raises(ValueError, match="one caption for each id"):
        coco.Bleu().compute_score({1: ["a"]}, {1: "a"})
    with pytest.raises(ValueError, match="list of captions for each id; for 1 it has 'a cat'"):
        coco.Bleu().compute_score({1: "a cat"}, {1: ["a cat"]})
    with pytest.raises(ValueError, match="sigma = 6"):
        coco.Cider(sigma=5)
    with pytest.raises(ValueError, match="n is 5"):
        coco.Bleu(5)


def test_clipscore_takes_the_place_of_a_scorer(candidates, references, image_paths):
    res = {id: [caption] for id, caption in candidates.items()}
    scores = plumb.score(candidates, references, image_paths, metrics=["clipscore", "refclipscore"])
    for metric in (plumb.CLIPScore(images=image_paths), plumb.RefCLIPScore(images=image_paths)):
        value, values = metric.compute_score(references, res)
        assert value == scores[metric.method()]
        assert np.array_equal(values, scores.per_caption[metric.method()])
    with pytest.raises(ValueError, match="needs the images"):
        plumb.CLIPScore().compute_score(references, res)
