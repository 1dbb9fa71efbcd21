from __future__ import annotations

import copy
import gc
import json
import os
import shutil
import signal
import subprocess

import numpy as np
import pytest
from conftest import needs_plumb
from corpus import corpus
from test_scoring import small_batches
from test_worker import in_child

import plumb
from plumb import command

pytestmark = needs_plumb
GTS, RES = corpus(50)
CAPTIONS = [caption for (caption,) in RES.values()]


@pytest.fixture
def worker():
    with plumb.Worker(threads=1) as worker:
        yield worker


def test_cider_without_an_end_word_is_the_metric(worker):
    with plumb.Reward("cider", end_word=False, worker=worker) as reward:
        reward.add(GTS, references=GTS)
        assert reward.count == 50
        expected = plumb.score(CAPTIONS, [*GTS.values()], metrics="cider").per_caption["CIDEr"]
        np.testing.assert_allclose(reward(GTS, CAPTIONS), expected, atol=1e-9)


@pytest.fixture(scope="module")
def df(tmp_path_factory):
    """Document frequencies of other captions than those that are scored."""
    folder = tmp_path_factory.mktemp("df")
    (folder / "references.json").write_text(json.dumps(corpus(80, seed=9)[0]))
    subprocess.run(
        [command.path(), "cider-df", folder / "references.json", "--output", folder / "own.df"], check=True, capture_output=True
    )
    return folder / "own.df"


def test_document_frequencies_are_those_of_the_file(worker, df, candidates, references, image_paths):
    reward = plumb.Reward("2*lclip + 1*cider", df=df, worker=worker)
    reward.add(list(candidates), image_paths, references)
    scores = plumb.score(candidates, references, image_paths, metrics=["clipscore", "cider"], df=df)
    total, parts = reward.score(list(candidates), [*candidates.values()])
    np.testing.assert_allclose(parts["cider"], scores.per_caption["CIDEr"], rtol=0, atol=1e-9)
    np.testing.assert_allclose(parts["lclip"], scores.per_caption["CLIPScore"], rtol=0, atol=1e-6)
    np.testing.assert_allclose(total, 2 * parts["lclip"] + parts["cider"], rtol=0, atol=1e-12)
    # Those of two images are others, or this shows nothing.
    own = plumb.score(candidates, references, metrics="cider").per_caption["CIDEr"]
    assert np.abs(parts["cider"] - own).max() > 0.1


def test_document_frequencies_that_do_not_fit_are_errors(worker, df, tmp_path):
    with pytest.raises(plumb.PlumbError, match=r"no word for their end: set \"end_word\" to false"):
        plumb.Reward("cider", df=df, end_word=True, worker=worker)
    with pytest.raises(plumb.PlumbError, match=r"none\.df"):
        plumb.Reward("cider", df=tmp_path / "none.df", worker=worker)
    (tmp_path / "text.df").write_text("no document frequencies")
    with pytest.raises(plumb.PlumbError, match=r"text\.df: not a sound document-frequency file"):
        plumb.Reward("cider", df=tmp_path / "text.df", worker=worker)
    reward = plumb.Reward("2*lclip + 1*cider", df=df, worker=worker)
    with pytest.raises(plumb.PlumbError, match="looks at images"):
        reward.add([1], references=[["a cat"]])


def test_an_image_is_read_once(worker, tmp_path, image_paths):
    file = tmp_path / "image1.jpg"
    shutil.copy(image_paths["image1"], file)
    reward = plumb.Reward("lclip", worker=worker)
    reward.add(["a"], images=[file])
    file.unlink()
    captions = ["two cats", "a dog", "two cats"]
    kept = plumb.Reward("lclip", worker=worker)
    kept.add(["a"], images=[image_paths["image1"]])
    for _ in range(2):
        assert np.array_equal(reward(["a"] * 3, captions), kept(["a"] * 3, captions))
    with pytest.raises(plumb.ItemError, match=r"image1\.jpg"):
        reward.add(["b"], images=[file])


def test_the_sum_is_that_of_the_weighted_parts(worker, candidates, references, image_paths):
    reward = plumb.Reward("2*lclip + 0.5*bleu4 - rouge", worker=worker)
    reward.add(list(candidates), images=[*image_paths.values()], references=[*references.values()])
    ids = [id for id in candidates for _ in range(3)]
    samples = [candidates[ids[0]], "a cat", "", candidates[ids[3]], "a dog", "headphones"]
    total, parts = reward.score(ids, samples)
    assert list(parts) == reward.part_names
    lclip, bleu, rouge = parts.values()
    np.testing.assert_allclose(total, 2 * lclip + 0.5 * bleu - rouge, atol=1e-12)
    assert np.array_equal(reward(ids, samples), total)
    assert np.array_equal(reward.parts(ids, samples)[reward.part_names[0]], lclip)
    clip = plumb.score([*candidates.values()], images=[*image_paths.values()]).per_caption["CLIPScore"]
    np.testing.assert_allclose(lclip[[0, 3]], clip, atol=1e-6)


def test_a_caption_that_is_not_finished_gets_less(worker):
    reward = plumb.Reward("cider", worker=worker)
    reward.add(GTS, references=GTS)
    captions = [texts[0] for texts in GTS.values()]
    assert (reward(GTS, captions, [True] * 50) >= reward(GTS, captions, np.zeros(50, bool))).all()
    assert reward(GTS, captions).sum() > reward(GTS, captions, [False] * 50).sum()


def test_items_in_many_requests_and_replaced_ones(worker, monkeypatch):
    whole = plumb.Reward("cider", worker=worker)
    whole.add(GTS, references=GTS)
    expected = whole(GTS, CAPTIONS)
    small_batches(monkeypatch, 20_000)
    parts = plumb.Reward("cider", worker=worker)
    parts.add([0], references=[["something else"]])
    parts.add(GTS, references=GTS)
    assert parts.count == 50
    np.testing.assert_allclose(parts(GTS, CAPTIONS), expected, atol=1e-12)


def test_standardized_rewards(worker):
    reward = plumb.Reward("rouge", standardize=True, worker=worker)
    reward.add([1], references=[["a cat on a mat"]])
    values = reward([1] * 4, ["a cat", "a dog on a mat", "a mat", "a cat on a mat"])
    np.testing.assert_allclose(values.std(), 1, atol=0.2)
    # The captions of an image need not stand together.
    reward.add([2], references=[["two dogs run"]])
    mixed = reward([1, 2] * 4, ["a cat", "dogs", "a dog on a mat", "two dogs", "a mat", "dogs run", "a cat on a mat", "a"])
    np.testing.assert_allclose(mixed[::2], values)
    assert mixed[1::2].std() > 0.5


def test_errors_name_what_is_wrong(worker, image_paths):
    with pytest.raises(plumb.PlumbError, match="beauty"):
        plumb.Reward("2*beauty", worker=worker)
    reward = plumb.Reward("lclip", worker=worker)
    with pytest.raises(plumb.ItemError, match=r"none\.jpg"):
        reward.add(["a", "b"], images=[image_paths["image1"], "/none.jpg"])
    with pytest.raises(plumb.PlumbError, match="unknown"):
        reward(["unknown"], ["a"])
    with pytest.raises(ValueError, match="2 ids, 1 captions"):
        reward(["a", "a"], ["a"])
    with pytest.raises(ValueError, match="2 ids, but 1 images"):
        reward.add(["a", "b"], images=["a.jpg"])
    reward.close()
    with pytest.raises(ValueError, match="closed"):
        reward(["a"], ["a"])


def test_a_reward_does_not_outlive_its_process(worker):
    reward = plumb.Reward("rouge", worker=worker)
    reward.add([1], references=[["a cat"]])
    assert reward([1], ["a cat"])[0] == 1
    assert in_child(lambda: "again" in error_of(reward) or "new Reward" in error_of(reward)) == 0
    os.kill(worker._process.pid, signal.SIGKILL)
    worker._process._process.wait()
    other = plumb.Reward("bleu1", worker=worker)
    with pytest.raises(plumb.WorkerDiedError, match="Make a new Reward"):
        reward([1], ["a cat"])
    assert other.part_names == ["bleu1"]


def test_a_reward_is_not_copied_without_its_items(worker):
    with pytest.raises(TypeError, match="cannot be pickled"):
        copy.deepcopy(plumb.Reward("rouge", worker=worker))


def error_of(reward):
    try:
        reward([1], ["a cat"])
    except plumb.WorkerDiedError as error:
        return str(error)
    return ""


def test_rewards_that_are_gone_are_closed_in_the_worker(worker):
    reward = plumb.Reward("rouge", worker=worker)
    number = reward._number
    del reward
    gc.collect()
    plumb.Reward("rouge", worker=worker).add([1], references=[["a"]])
    with pytest.raises(plumb.PlumbError):
        worker.request("reward_score", reward=number, ids=["1"], captions=["a"])


def test_any_number_of_rewards_may_be_made_one_after_the_other(worker):
    for _ in range(70):
        plumb.Reward("rouge", worker=worker)
        gc.collect()


def test_a_dict_without_an_id_is_told_of(worker):
    with plumb.Reward("rouge", worker=worker) as reward:
        with pytest.raises(ValueError, match="references has nothing for the id 'b'"):
            reward.add(["a", "b"], references={"a": ["x"]})
        with pytest.raises(ValueError, match="1 ids, 1 captions, 0 finished"):
            reward(["a"], ["x"], [])


def learned(reward, id, words, length):
    """The likeliest caption of a policy after self-critical training (Rennie et al. 2017), and its reward."""
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    logits = torch.zeros(length, len(words), requires_grad=True)
    optimizer = torch.optim.Adam([logits], lr=0.2)

    def captions(samples):
        return [" ".join(words[word] for word in sample) for sample in samples.tolist()]

    for _ in range(60):
        policy = torch.distributions.Categorical(logits=logits)
        samples = policy.sample((16,))
        values = torch.from_numpy(reward([id] * len(samples), captions(samples))).float()
        advantage = values - values.mean()
        loss = -(advantage[:, None] * policy.log_prob(samples)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    (best,) = captions(logits.argmax(dim=1)[None])
    return best, reward([id], [best])[0]


def test_a_self_critical_loop_learns_from_references(worker):
    reward = plumb.Reward("1*rouge", end_word=False, worker=worker)
    reward.add(["image"], references=[["a cat a mat"]])
    assert learned(reward, "image", ["a", "cat", "dog", "mat"], 4)[1] > 0.7


def test_a_self_critical_loop_learns_from_an_image(worker, image_paths):
    words = ["cats", "dog", "headphones", "bicycle", "soup"]
    reward = plumb.Reward("2*lclip", worker=worker)
    reward.add(image_paths, images=image_paths)
    for id in image_paths:
        every = [f"{first} {second}" for first in words for second in words]
        values = reward([id] * len(every), every)
        best, value = learned(reward, id, words, 2)
        # Among the best tenth of all captions that the policy can say; two cats are dogs to mini.
        assert value >= np.quantile(values, 0.9) > values.mean() + 0.3
        assert "dog" in best, best
