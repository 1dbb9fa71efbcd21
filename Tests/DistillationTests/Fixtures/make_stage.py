#!/usr/bin/env python3
"""Makes Fixtures/stage.json: the losses of a stage of distillation, with the gradients of their sum.

The student and the teacher are the plain PyTorch models of CLIPTests' make_lclip_golden.py, on its tiny checkpoints, in
float64; the losses are written down here once more, each with its weight:

    l1, cosine      of each tower's rows with the teacher's
    regulator       mean ReLU(T - S) over matched pairs + mean ReLU(S - T) over the others, plain cosines
    contrastive     both directions; targets (1 - s) * matched / captions + s * softmax(alike / temperature)
    soft_labels     cross-entropy to the teacher's softmax, both directions
    attention       mean over q, k, v of the cross-entropy of softmax(X X^T / sqrt(d)), heads side by side, last layers
    hidden          the same of what the last layers give

`targets` are rows for the test of TeacherTargets: an image's row is the mean of the unit rows of its captions. A gradient
is told as in TrainingTests' make_steps.py. Made with PyTorch 2.13.0 (the golden records the version). Run: python3 make_stage.py.
"""

import base64
import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F

TESTS = Path(__file__).parents[2]
sys.path[:0] = [str(TESTS / "CLIPTests/Fixtures"), str(TESTS / "TrainingTests/Fixtures")]
sys.dont_write_bytecode = True
from make_steps import Model, number, numbers, trace  # noqa: E402

WEIGHTS = {
    "image_l1": 0.5, "image_cosine": 0.25, "text_l1": 2.0, "text_cosine": 0.75, "similarity_regulator": 3.0, "contrastive": 0.5,
    "soft_labels": 0.4, "image_attention": 0.3, "text_attention": 0.3, "image_hidden": 0.2, "text_hidden": 0.2,
}
SOFTENED, TEMPERATURE, TEACHER_SCALE = 0.3, 0.1, 20.0


class Watched(Model):
    """A model that keeps what happens in the last layer of each sequence."""

    last = None

    def __init__(self, folder):
        super().__init__(folder)
        self.taps = {"vision_model": [], "text_model": []}

    def linear(self, x, name):
        y = super().linear(x, name)
        if self.last and name.startswith(self.last[1]) and "_proj" in name and ".self_attn." in name:
            if not name.endswith("out_proj"):
                self.kept[name[-6]] = y
        return y

    def attention(self, x, shared, own, section, visible):
        tower = own.split(".")[0]
        self.last = (own, shared) if own.endswith(f".{section['num_hidden_layers'] - 1}") else None
        result = super().attention(x, shared, own, section, visible)
        self.last = None
        return result

    def transformer(self, x, tower, section, visible):
        self.kept = {}
        x = super().transformer(x, tower, section, visible)
        self.taps[tower].append(self.kept | {"hidden": x})
        return x

    def rows(self, batch):
        image = torch.stack([self.image_of(maps) for maps in self.stem(batch["pixels"])])
        text = torch.stack([self.text(row) for row in batch["ids"]])
        return image, text


def relation(student, teacher):
    def maps(x):
        return x @ x.T / x.shape[1] ** 0.5

    targets = maps(teacher).softmax(-1).detach()
    return -(maps(student).log_softmax(-1) * targets).sum() / len(targets)


def relations(student, teacher, tower, kinds):
    sums = [
        sum(relation(own[kind], other[kind]) for kind in kinds) / len(kinds)
        for own, other in zip(student.taps[tower], teacher.taps[tower])
    ]
    return sum(sums) / len(sums)


def unit(rows):
    return F.normalize(rows, dim=-1)


def pairs(image, text, teacher_image, teacher_text, counts, scale, softened):
    """The losses between images and captions, of which image i has counts[i]."""
    similarity, target = unit(image) @ unit(text).T, unit(teacher_image) @ unit(teacher_text).T
    owner = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
    matched = (owner[None] == torch.arange(len(counts))[:, None])
    means = unit(torch.stack([unit(teacher_text)[owner == i].mean(0) for i in range(len(counts))]))
    alike = means @ unit(teacher_text).T / TEMPERATURE
    to_text = (1 - softened) * matched / torch.tensor(counts)[:, None] + softened * alike.softmax(1)
    to_image = (1 - softened) * matched + softened * alike.softmax(0)
    logits, taught = scale * similarity, TEACHER_SCALE * target

    def cross(a, b):
        return -((logits.log_softmax(1) * a).sum(1).mean() + (logits.log_softmax(0) * b).sum(0).mean()) / 2

    return {
        "similarity_regulator": F.relu(target - similarity)[matched].mean() + F.relu(similarity - target)[~matched].mean(),
        "contrastive": cross(to_text, to_image),
        "soft_labels": cross(taught.softmax(1), taught.softmax(0)),
    }


def make_both(generator):
    folder = TESTS / "CLIPTests/Fixtures/checkpoint"
    student, teacher = Watched(folder / "lclip"), Watched(folder / "lclip-causal")
    pixels = torch.randint(0, 256, (3, 3, 32, 32), generator=generator).to(torch.uint8)
    ids = [[98] + torch.randint(3, 98, (n - 2,), generator=generator).tolist() + [99] for n in (7, 5, 9)]
    teacher_image, teacher_text = (
        torch.tensor(numbers(torch.randn(3, 20, generator=generator)), dtype=torch.float64).view(3, 20) for _ in range(2)
    )
    batch = {"pixels": pixels.double() / 127.5 - 1, "ids": ids}
    image, text = student.rows(batch)
    teacher.rows(batch)
    parts = {
        "image_l1": (image - teacher_image).abs().mean(),
        "image_cosine": (1 - F.cosine_similarity(image, teacher_image)).mean(),
        "text_l1": (text - teacher_text).abs().mean(),
        "text_cosine": (1 - F.cosine_similarity(text, teacher_text)).mean(),
    } | pairs(image, text, teacher_image, teacher_text, [1] * 3, student.weights["logit_scale"].exp(), SOFTENED)
    for tower, name in (("vision_model", "image"), ("text_model", "text")):
        parts[f"{name}_attention"] = relations(student, teacher, tower, "qkv")
        parts[f"{name}_hidden"] = relations(student, teacher, tower, ["hidden"])
    weighted = {name: WEIGHTS[name] * value for name, value in parts.items()}
    sum(weighted.values()).backward()
    return {
        "student": "lclip", "teacher": "lclip-causal",
        "pixels": base64.b64encode(pixels.numpy().tobytes()).decode(), "side": 32, "ids": ids,
        "teacher_image": numbers(teacher_image), "teacher_text": numbers(teacher_text), "counts": [1, 1, 1],
        "losses": {name: number(value.item()) for name, value in weighted.items()},
        "gradients": {key: trace(value.grad) for key, value in sorted(student.moved.items())},
    }


def make_image(generator):
    """The image tower alone, with all captions of an image, whose rows are the teacher's."""
    student = Watched(TESTS / "CLIPTests/Fixtures/checkpoint/lclip")
    pixels = torch.randint(0, 256, (3, 3, 32, 32), generator=generator).to(torch.uint8)
    counts = [2, 1, 3]
    teacher_text = torch.tensor(numbers(torch.randn(6, 20, generator=generator)), dtype=torch.float64).view(6, 20)
    starts = [sum(counts[:i]) for i in range(3)]
    teacher_image = torch.stack([unit(teacher_text[s : s + n]).mean(0) for s, n in zip(starts, counts)])
    image = torch.stack([student.image(picture) for picture in pixels.double() / 127.5 - 1])
    parts = {
        "image_l1": (image - teacher_image).abs().mean(),
        "image_cosine": (1 - F.cosine_similarity(image, teacher_image)).mean(),
    } | pairs(
        image, teacher_text, teacher_image, teacher_text, counts, student.weights["logit_scale"].exp(), SOFTENED
    )
    weighted = {name: WEIGHTS[name] * value for name, value in parts.items()}
    sum(weighted.values()).backward()
    return {
        "student": "lclip", "teacher": None, "pixels": base64.b64encode(pixels.numpy().tobytes()).decode(), "side": 32,
        "ids": [], "teacher_image": numbers(teacher_image), "teacher_text": numbers(teacher_text), "counts": counts,
        "losses": {name: number(value.item()) for name, value in weighted.items()},
        "gradients": {key: trace(value.grad) for key, value in sorted(student.moved.items()) if value.grad is not None},
    }


if __name__ == "__main__":
    generator = torch.Generator().manual_seed(71)
    golden = {
        "peer": "the architecture and the losses written in PyTorch, float64", "version": torch.__version__,
        "script": Path(__file__).name, "weights": WEIGHTS, "softened": SOFTENED, "temperature": TEMPERATURE,
        "teacher_scale": TEACHER_SCALE, "both": make_both(generator), "image": make_image(generator),
    }
    text = json.dumps(golden, indent=1)
    for depth in range(9, 3, -1):
        text = text.replace(",\n" + " " * depth, ", ").replace("{\n" + " " * depth, "{").replace("[\n" + " " * depth, "[")
    (Path(__file__).parent / "stage.json").write_text(text + "\n")
