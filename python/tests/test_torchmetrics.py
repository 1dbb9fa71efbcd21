"""Beside torchmetrics on the same random weights, to 1e-4 of scores up to 100."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import TINY_CLIP, needs_plumb

import plumb

pytestmark = needs_plumb
torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
multimodal = pytest.importorskip("torchmetrics.multimodal.clip_score")

# Shorter than the model's context of 77 bytes: torchmetrics cuts longer ones without their end token.
TEXTS = ["two cats", "a black dog wearing headphones", "an orange cat, asleep", "a photo"]


def peer():
    import transformers

    try:
        from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil as ImageProcessor
    except ImportError:
        from transformers import CLIPImageProcessor as ImageProcessor
    processor = transformers.CLIPProcessor(
        image_processor=ImageProcessor.from_pretrained(TINY_CLIP),
        tokenizer=transformers.CLIPTokenizer.from_pretrained(TINY_CLIP),
    )
    model = transformers.CLIPModel.from_pretrained(TINY_CLIP).eval()
    # transformers 5 gives an object where torchmetrics 1.9 expects its tensor.
    for name in ("get_image_features", "get_text_features"):
        setattr(model, name, tensor_of(getattr(model, name)))
    return multimodal.CLIPScore(lambda: (model, processor))


def tensor_of(features):
    def tensor(*arguments):
        found = features(*arguments)
        return getattr(found, "pooler_output", found)

    return tensor


@pytest.fixture(scope="module")
def theirs():
    return peer()


@pytest.fixture
def images():
    generator = torch.Generator().manual_seed(0)
    sizes = [(16, 16), (40, 24), (17, 90), (64, 64)]
    return [torch.randint(0, 256, (3, *size), generator=generator, dtype=torch.uint8) for size in sizes]


def ours():
    from plumb.torchmetrics import CLIPScore

    return CLIPScore(TINY_CLIP)


def check_equal(mine, their):
    assert isinstance(mine, torch.Tensor)
    assert mine.dtype == their.dtype
    assert mine.shape == their.shape
    assert abs(mine.item() - their.item()) < 1e-4


def test_each_pair_and_the_mean(theirs, images):
    theirs.reset()
    metric = ours()
    for image, text in zip(images, TEXTS):
        with torch.no_grad():
            check_equal(metric(image, text), theirs(image, text))
    check_equal(metric.compute(), theirs.compute())


def test_batches_of_tensors(theirs, images):
    theirs.reset()
    metric = ours()
    batch = torch.stack([images[0], images[0].flip(2)])
    with torch.no_grad():
        check_equal(metric(batch, TEXTS[:2]), theirs(batch, TEXTS[:2]))
        check_equal(metric(images, TEXTS), theirs(images, TEXTS))
    check_equal(metric.compute(), theirs.compute())
    metric.reset()
    with pytest.raises(ValueError, match="seen no pairs"):
        metric.compute()


def test_text_first_and_pairs_of_one_kind(theirs, images):
    metric = ours()
    for source, target in [(TEXTS, images), (images, images[::-1]), (TEXTS, TEXTS[::-1]), ("a cat", "a dog")]:
        theirs.reset()
        with torch.no_grad():
            check_equal(metric(source, target), theirs(source, target))


def test_the_mean_is_clamped_and_not_each_pair(theirs, images):
    draw = np.random.default_rng(5)
    texts = ["".join(chr(draw.integers(97, 123)) for _ in range(12)) for _ in range(60)]
    batch = [images[0]] * len(texts)
    theirs.reset()
    metric = ours()
    with torch.no_grad():
        check_equal(metric(batch, texts), theirs(batch, texts))
    values = metric._values[0]
    assert abs(metric.compute().item() - max(values.mean(), 0)) < 1e-4


def test_the_function_and_the_general_class_agree(images):
    from plumb.torchmetrics import clip_score

    value = clip_score(images, TEXTS, TINY_CLIP).item()
    metric = plumb.CLIPScore(TINY_CLIP, definition="torchmetrics")
    metric.update(images[:1], TEXTS[:1])
    metric.update(images[1:], TEXTS[1:])
    assert isinstance(metric.compute(), float)
    assert abs(metric.compute() - value) < 1e-5


def test_lengths_and_models_are_checked(images):
    with pytest.raises(ValueError, match="but got 4 and 1"):
        ours().update(images, "a")
    with pytest.raises(ValueError, match="Empty input list"):
        ours().update([], [])
    with pytest.raises(TypeError, match="not a function"):
        plumb.torchmetrics.CLIPScore(lambda: None)


def test_states_merge(images):
    first, second, both = ours(), ours(), ours()
    first.update(images[:1], TEXTS[:1])
    second.update(images[1:], TEXTS[1:])
    both.update(images, TEXTS)
    first.merge_state(second)
    assert first.compute() == both.compute()
