from __future__ import annotations

import pickle

import numpy as np
import pytest
from conftest import TINY_CLIP, needs_plumb
from corpus import corpus

import plumb

pd = pytest.importorskip("pandas")

pytestmark = needs_plumb
GTS, RES = corpus(90)
REFERENCES = [*GTS.values()]
CAPTIONS = [caption for (caption,) in RES.values()]


def metrics(has_meteor):
    return [*map(plumb.BLEU, (1, 2, 3, 4)), plumb.CIDEr(), plumb.ROUGE(), *([plumb.METEOR()] if has_meteor else [])]


def test_batches_together_are_what_all_captions_are_at_once(has_meteor):
    for metric in metrics(has_meteor):
        whole = plumb.score(CAPTIONS, REFERENCES, metrics=metric._keys["metrics"])
        batch = plumb.score(CAPTIONS[30:60], REFERENCES[30:60], metrics=metric._keys["metrics"])
        metric.update(CAPTIONS[:30], REFERENCES[:30])
        assert metric(CAPTIONS[30:60], REFERENCES[30:60]) == batch[metric.name]
        metric.update(preds=CAPTIONS[60:], target=REFERENCES[60:])
        assert metric.compute() == whole[metric.name]
        assert np.array_equal(metric.per_caption(), whole.per_caption[metric.name])
        metric.reset()
        metric.update(CAPTIONS[30:60], REFERENCES[30:60])
        assert metric.compute() == batch[metric.name]


def test_states_of_several_processes_merge():
    first, second = plumb.CIDEr(), plumb.CIDEr()
    first.update(CAPTIONS[:40], REFERENCES[:40])
    second.update(CAPTIONS[40:], REFERENCES[40:])
    first.merge_state(pickle.loads(pickle.dumps(second)))
    assert first.compute() == plumb.score(CAPTIONS, REFERENCES, metrics="cider")["CIDEr"]
    with pytest.raises(ValueError, match="same settings"):
        first.merge_state(plumb.CIDEr(tokenized=True))
    with pytest.raises(ValueError, match="same settings"):
        plumb.BLEU().merge_state(plumb.CIDEr())


def test_one_reference_may_be_a_string():
    metric = plumb.ROUGE()
    assert metric(["a cat"], ["a cat"]) == 1


def test_a_batch_with_a_caption_that_fails_is_not_added():
    metric = plumb.BLEU(1)
    metric.update(["a cat"], [["a cat"]])
    with pytest.raises(plumb.ItemError, match="caption 1: the caption is missing"):
        metric.update(["a dog", None], [["b"], ["c"]])
    assert len(metric.per_caption()) == 1


def test_misuse_is_an_error():
    with pytest.raises(ValueError, match="seen no captions"):
        plumb.BLEU().compute()
    metric = plumb.BLEU()
    metric.update([], [])
    with pytest.raises(ValueError, match="seen no captions"):
        metric.compute()
    with pytest.raises(ValueError, match="2 captions, but 1 lists"):
        plumb.BLEU().update(["a", "b"], [["a"]])
    with pytest.raises(TypeError, match="one string"):
        plumb.BLEU().update("a cat", [["a cat"]])
    for n in (0, True, 2.0):
        with pytest.raises(ValueError, match=f"n is {n}"):
            plumb.BLEU(n)
    with pytest.raises(ValueError, match="1 images, but 2 captions"):
        plumb.CLIPScore().update(["a.jpg"], ["a", "b"])


def test_columns_of_a_table_are_taken_in_its_order():
    captions, references = ["a cat on a mat", "two dogs", "a red car"], [["the cat on a mat"], ["two dogs run"], ["cars"]]
    table = pd.DataFrame({"caption": captions, "references": references}, index=[2, 0, 1])
    expected = plumb.score(captions, references, metrics="rouge").per_caption["ROUGE-L"]
    metric = plumb.ROUGE()
    metric.update(table["caption"], table["references"])
    assert np.array_equal(metric.per_caption(), expected)
    # A list of a table would be the names of its columns.
    with pytest.raises(TypeError, match="references must be a list or a dict; DataFrame was given"):
        plumb.score(captions[:2], table)
    with pytest.raises(TypeError, match="target must be a list; DataFrame was given"):
        metric.update(captions[:2], table)
    reward = plumb.Reward("rouge", end_word=False)
    reward.add(["a", "b", "c"], references=table["references"])
    assert np.array_equal(reward(["a", "b", "c"], table["caption"]), expected)


def test_paths_may_be_a_column(image_paths):
    paths = [*image_paths.values()]
    captions = ["a cat"] * len(paths)
    expected = plumb.CLIPScore(TINY_CLIP)(paths, captions)
    for column in (np.array(paths), pd.Series(paths, index=range(5, 5 + len(paths)))):
        assert plumb.CLIPScore(TINY_CLIP)(column, captions) == expected


@pytest.mark.parametrize(
    ("captions", "references", "message"),
    [
        ([float("nan")], [["a cat"]], r"candidate 0: a text or None is needed; float was given \(nan\)"),
        (["a", b"a cat"], [["a"], ["a cat"]], "candidate 1: a text"),
        (["a cat"], [["a cat", 5]], "candidate 0: reference 1: a text"),
        (["a cat"], [float("nan")], "candidate 0: a list of references is needed; float"),
        ({"x": "a cat"}, {"x": ["a cat"]}, "preds must be a list; dict"),
    ],
)
def test_what_is_no_text_is_named(captions, references, message):
    with pytest.raises(TypeError, match=message):
        plumb.ROUGE().update(captions, references)


def test_an_error_about_items_passes_between_processes():
    # A pool waits forever for an error that cannot be unpickled.
    error = plumb.ItemError([plumb.Failure(1, "it is missing.", "b"), plumb.Failure(2, "too.", "c")], "caption")
    found = pickle.loads(pickle.dumps(error))
    assert (type(found), str(found), found.failures) == (plumb.ItemError, str(error), error.failures)


def test_image_metrics_add_up(candidates, references, image_paths):
    whole = plumb.score(candidates, references, image_paths, metrics=["clipscore", "refclipscore"])
    plain, with_references = plumb.CLIPScore(), plumb.RefCLIPScore()
    for id, path in image_paths.items():
        plain.update(path, candidates[id])
        value = with_references(path, candidates[id], references[id])
        assert abs(value - whole.items_of("RefCLIPScore")[id]) < 1e-6
    np.testing.assert_allclose(plain.per_caption(), whole.per_caption["CLIPScore"], atol=1e-6)
    assert abs(plain.compute() - whole["CLIPScore"]) < 1e-6
    assert abs(with_references.compute() - whole["RefCLIPScore"]) < 1e-6
