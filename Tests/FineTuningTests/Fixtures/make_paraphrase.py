#!/usr/bin/env python3
"""Makes Fixtures/paraphrase.json: the losses of fine-tuning on paraphrases, with the gradients of their sum.

The text tower is the plain PyTorch one of CLIPTests' make_lclip_golden.py, on its tiny checkpoint, in float64:

    L = InfoNCE(image, x'') + InfoNCE(x, x') + InfoNCE(x', x'') + anchor,   InfoNCE the mean of both directions

each with its weight; an item without an image is left out of the first. The anchors are sentences whose rows are to stay near
old ones: the mean of 1 - cos over a batch of them; `distances` has 1 - cos of each. A gradient is told as in TrainingTests'
make_steps.py. Made with PyTorch 2.13.0 (the golden records the version). Run: python3 make_paraphrase.py.
"""

import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F

TESTS = Path(__file__).parents[2]
sys.path[:0] = [str(TESTS / "CLIPTests/Fixtures"), str(TESTS / "TrainingTests/Fixtures")]
sys.dont_write_bytecode = True
from make_steps import Model, number, numbers, trace  # noqa: E402

WEIGHTS = {"image_paraphrase": 0.33, "caption_plain": 1.0, "plain_paraphrase": 2.0}


def contrast(a, b, scale):
    logits = scale * F.normalize(a, dim=-1) @ F.normalize(b, dim=-1).T
    labels = torch.arange(len(logits))
    return (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2


def case(ids, images, has_image, scale):
    """`scale` is None for the model's own, learnt."""
    model = Model(TESTS / "CLIPTests/Fixtures/checkpoint/lclip")
    texts = torch.stack([model.text(row) for row in ids])
    caption, plain, paraphrase = texts.view(3, len(ids) // 3, -1)
    factor = model.weights["logit_scale"].exp() if scale is None else scale
    shown = torch.tensor(has_image, dtype=torch.bool)
    parts = {
        "image_paraphrase": contrast(images[shown], paraphrase[shown], factor),
        "caption_plain": contrast(caption, plain, factor),
        "plain_paraphrase": contrast(plain, paraphrase, factor),
    }
    weighted = {name: WEIGHTS[name] * value for name, value in parts.items()}
    sum(weighted.values()).backward()
    return {
        "has_image": has_image, "temperature": None if scale is None else 1 / scale,
        "losses": {name: number(value.item()) for name, value in weighted.items()},
        "gradients": {key: trace(value.grad) for key, value in sorted(model.moved.items()) if value.grad is not None},
    }


if __name__ == "__main__":
    generator = torch.Generator().manual_seed(72)

    def sentence(length):
        return [98] + torch.randint(3, 98, (length - 2,), generator=generator).tolist() + [99]

    ids = [sentence(n) for n in (5, 9, 6, 4, 7, 7, 8, 5, 6, 10, 4, 8)]
    images = torch.tensor(numbers(torch.randn(4, 20, generator=generator)), dtype=torch.float64).view(4, 20)
    anchors = [sentence(n) for n in (4, 8, 6, 5, 9, 7, 6)]
    old = torch.tensor(numbers(torch.randn(7, 20, generator=generator)), dtype=torch.float64).view(7, 20)
    model = Model(TESTS / "CLIPTests/Fixtures/checkpoint/lclip")
    rows = torch.stack([model.text(row) for row in anchors])
    golden = {
        "peer": "the architecture and the losses written in PyTorch, float64", "version": torch.__version__,
        "script": Path(__file__).name, "weights": WEIGHTS, "ids": ids, "images": numbers(images),
        "cases": [case(ids, images, [1, 1, 1, 1], None), case(ids, images, [1, 0, 1, 1], 10.0)],
        "anchors": {
            "ids": anchors, "old": numbers(old), "distances": numbers(1 - F.cosine_similarity(rows, old)),
        },
    }
    text = json.dumps(golden, indent=1)
    for depth in range(9, 3, -1):
        text = text.replace(",\n" + " " * depth, ", ").replace("{\n" + " " * depth, "{").replace("[\n" + " " * depth, "[")
    (Path(__file__).parent / "paraphrase.json").write_text(text + "\n")
