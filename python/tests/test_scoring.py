from __future__ import annotations

import json
import subprocess

import numpy as np
import pytest
from conftest import EXAMPLE, TINY_CLIP, needs_plumb
from corpus import corpus

import plumb
from plumb import batches, command

pytestmark = needs_plumb
METRICS = ["bleu", "rouge", "cider", "clipscore", "refclipscore"]


def small_batches(monkeypatch, weight):
    def batched(rows, weigh, max_weight=None, max_rows=None):
        return batches.batched(rows, weigh, weight, max_rows)

    for module in ("scoring", "embedder", "reward", "tokenizer"):
        monkeypatch.setattr(f"plumb.{module}.batched", batched)


def test_scores_are_those_of_the_command(candidates, references, image_paths):
    arguments = [str(EXAMPLE / "candidates.json"), "--references", str(EXAMPLE / "references.json")]
    arguments += ["--images", str(EXAMPLE / "images"), "--metrics", ",".join(METRICS), "--json"]
    printed = subprocess.run([command.path(), "score", *arguments], capture_output=True, check=True).stdout
    scores = plumb.score(candidates, references, image_paths, metrics=METRICS)
    report = json.loads(printed)
    assert dict(scores) == report["corpus"]
    assert scores.signature == report["provenance"]["signature"]
    assert scores.ids == list(candidates)


def test_lists_and_dicts_give_the_same(candidates, references, image_paths):
    named = plumb.score(candidates, references, image_paths, metrics=METRICS)
    listed = plumb.score([*candidates.values()], [*references.values()], [*image_paths.values()], metrics=METRICS)
    assert dict(named) == dict(listed)
    assert listed.ids is None
    for name in named:
        assert np.array_equal(named.per_caption[name], listed.per_caption[name])
        assert named.per_caption[name].dtype == np.float64
        assert named.items_of(name) == dict(zip(candidates, listed.items_of(name).values()))


def test_ids_may_be_numbers_and_more_references_than_candidates_may_be_there():
    scores = plumb.score({2: "a cat"}, {1: ["a dog"], 2: ["a cat"]}, metrics="rouge")
    assert scores.items_of("ROUGE-L") == {2: 1.0}


def test_many_requests_give_the_numbers_of_one(monkeypatch, candidates, references, image_paths):
    gts, res = corpus(200)
    texts = {id: caption for id, (caption,) in res.items()}
    images = {id: [*image_paths.values()][id % 2] for id in texts}
    whole = plumb.score(texts, gts, images, metrics=METRICS, model=TINY_CLIP)
    small_batches(monkeypatch, 100_000)
    parts = plumb.score(texts, gts, images, metrics=METRICS, model=TINY_CLIP)
    assert dict(parts) == dict(whole)
    assert parts.signature == whole.signature
    for name in whole:
        assert np.array_equal(parts.per_caption[name], whole.per_caption[name])


def test_a_failure_keeps_its_index_over_many_requests(monkeypatch):
    gts, res = corpus(60)
    texts = {f"id{id}": None if id in (3, 45) else caption for id, (caption,) in res.items()}
    references = dict(zip(texts, gts.values()))
    whole = plumb.score(texts, references, metrics="rouge", on_error="nan")
    small_batches(monkeypatch, 60_000)
    scores = plumb.score(texts, references, metrics="rouge", on_error="nan")
    assert [(each.index, each.id) for each in scores.failures] == [(3, "id3"), (45, "id45")]
    assert scores["ROUGE-L"] == whole["ROUGE-L"]
    assert np.array_equal(scores.per_caption["ROUGE-L"], whole.per_caption["ROUGE-L"], equal_nan=True)
    assert np.isnan(scores.per_caption["ROUGE-L"]).nonzero()[0].tolist() == [3, 45]


def test_where_all_fail_over_many_requests_their_reasons_are_told(monkeypatch):
    small_batches(monkeypatch, 1)
    given = ([None] * 3, [["a"]] * 3)
    scores = plumb.score(*given, metrics="rouge", on_error="nan")
    assert np.isnan(scores["ROUGE-L"])
    assert np.isnan(scores.per_caption["ROUGE-L"]).tolist() == [True] * 3
    assert [each.index for each in scores.failures] == [0, 1, 2]
    with pytest.raises(plumb.ItemError, match=r"candidate 0: the caption is missing\. \(2 more failed"):
        plumb.score(*given, metrics="rouge")


def test_a_caption_that_fails_raises_or_is_listed():
    given = ({"a": "x y", "b": None}, {"a": ["x y"], "b": ["z"]})
    with pytest.raises(plumb.ItemError, match="candidate 'b': the caption is missing") as caught:
        plumb.score(*given, metrics="rouge")
    assert caught.value.failures[0].id == "b"
    scores = plumb.score(*given, metrics="rouge", on_error="nan")
    assert scores["ROUGE-L"] == 1
    assert np.isnan(scores.per_caption["ROUGE-L"][1])
    assert scores.failures[0].index == 1
    assert "2 captions, 1 of them failed" in repr(scores)
    with pytest.raises(ValueError, match="on_error"):
        plumb.score(["a"], [["a"]], on_error="ignore")


def test_an_unreadable_image_is_named_with_its_id(image_paths, candidates):
    images = {**image_paths, "image2": b"no image"}
    with pytest.raises(plumb.ItemError, match="image2"):
        plumb.score(candidates, images=images)


def test_tokenized_texts_are_not_split_again():
    assert plumb.score(["It's"], [["it 's"]], metrics="rouge")["ROUGE-L"] == 1
    assert plumb.score(["It's"], [["it 's"]], metrics="rouge", tokenized=True)["ROUGE-L"] == 0


def test_document_frequencies_of_a_file(tmp_path):
    gts, res = corpus(100)
    (tmp_path / "references.json").write_text(json.dumps({str(id): texts for id, texts in gts.items()}))
    df = tmp_path / "df"
    arguments = [command.path(), "cider-df", str(tmp_path / "references.json"), "--output", str(df)]
    made = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    texts = {id: caption for id, (caption,) in res.items()}
    own = plumb.score(texts, gts, metrics="cider")
    given = plumb.score(texts, gts, metrics="cider", df=df)
    np.testing.assert_allclose(given.per_caption["CIDEr"], own.per_caption["CIDEr"], atol=1e-9)
    one = plumb.score([texts[0]], [gts[0]], metrics="cider", df=df)
    assert abs(one["CIDEr"] - own.per_caption["CIDEr"][0]) < 1e-9


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((["a"], [["a"], ["b"]]), ValueError, "1 candidates, but 2 references"),
        ((["a"], {"a": ["b"]}), TypeError, "both as lists or both as dicts"),
        (({"a": "b"}, [["a"]]), TypeError, "both as lists or both as dicts"),
        (({"a": "b"}, {"c": ["d"]}), ValueError, "nothing for the id 'a'"),
        (("a", [["a"]]), TypeError, "list or a dict"),
        ((["a"], [["a"]], None, ["blue"]), plumb.PlumbError, "blue"),
        ((["a"], [["a"]], None, np.array(["bleu", "blue"])), plumb.PlumbError, "blue"),
        ((["a"],), plumb.PlumbError, "references"),
    ],
)
def test_what_does_not_fit_together_is_an_error(arguments, error, message):
    with pytest.raises(error, match=message):
        plumb.score(*arguments)


def test_scores_show_themselves():
    scores = plumb.score({"a<b": "a cat"}, {"a<b": ["a cat"]}, metrics=["bleu", "rouge"])
    assert "ROUGE-L" in repr(scores)
    assert "1 caption\n" in repr(scores)
    assert "<td>1.0000</td>" in scores._repr_html_()
    assert list(scores) == ["BLEU-1", "BLEU-2", "BLEU-3", "BLEU-4", "ROUGE-L"]
    assert len(scores) == 5
