#!/usr/bin/env python3
"""Makes Fixtures/steps.json: losses and gradients of one training step, and where five steps of AdamW lead.

The model is the plain PyTorch one of CLIPTests' make_lclip_golden.py, on the same tiny checkpoints, in float64; the loss is
that of two towers that learn from a teacher's rows (L1 and cosine of each, the similarity regulator) and from each
other (contrastive), weighted as `weights` says:

    L = tower · ½ (L_image + L_text) + regulator · L_SR + contrastive · L_C ,  L_tower = l1 · L1 + cosine · (1 − cos)
    L_SR = mean_i ReLU(T_ii − S_ii) + mean_{i≠j} ReLU(S_ij − T_ij)

A gradient is told by its length, three of its numbers, and its product with cos(0.7 i + 0.3). Made with PyTorch 2.13.0
(the golden records the version). Run: python3 make_steps.py.
"""

import base64
import json
import math
import sys
from pathlib import Path

import torch
import torch.nn.functional as F

TESTS = Path(__file__).parents[2]
sys.path.insert(0, str(TESTS / "CLIPTests/Fixtures"))
sys.dont_write_bytecode = True
from make_lclip_golden import LCLIP  # noqa: E402

WEIGHTS = {"tower": 1.0, "l1": 1 / 3, "cosine": 1 / 3, "regulator": 10 / 3, "contrastive": 0.5}
STEPS, WARM_UP, PEAK, DECAY, LIMIT = 5, 2, 2e-3, 0.05, 1.5


def number(value):
    return float(f"{value:.10g}")


def numbers(tensor):
    return [float(f"{v:.7g}") for v in tensor.flatten().tolist()]


class Model(LCLIP):
    def __init__(self, folder):
        super().__init__(folder)
        plain = {"sharing": 1, "head_mixing": False, "embedding_rank": None, "attention": "causal"}
        for tower in ("vision_config", "text_config"):
            self.config[tower] = plain | self.config[tower]
        self.learns = True
        self.weights = {name: value.double() for name, value in self.weights.items()}
        self.moved = {name: value.requires_grad_() for name, value in self.weights.items() if "running" not in name}

    def losses(self, batch):
        image = torch.stack([self.image_of(maps) for maps in self.stem(batch["pictures"])])
        text = torch.stack([self.text(row) for row in batch["ids"]])
        teacher_image, teacher_text = batch["teacher_image"], batch["teacher_text"]
        unit = lambda rows: F.normalize(rows, dim=-1)
        similarity, target = unit(image) @ unit(text).T, unit(teacher_image) @ unit(teacher_text).T
        pairs = torch.eye(len(similarity), dtype=torch.bool)
        logits = self.weights["logit_scale"].exp() * similarity
        labels = torch.arange(len(logits))
        return {
            "image l1": (image - teacher_image).abs().mean(),
            "image cosine": (1 - F.cosine_similarity(image, teacher_image)).mean(),
            "text l1": (text - teacher_text).abs().mean(),
            "text cosine": (1 - F.cosine_similarity(text, teacher_text)).mean(),
            "regulator": F.relu(target - similarity)[pairs].mean() + F.relu(similarity - target)[~pairs].mean(),
            "contrastive": (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2,
        }

    def loss(self, batch):
        parts = self.losses(batch)
        w = WEIGHTS
        tower = sum(w["l1"] * parts[f"{t} l1"] + w["cosine"] * parts[f"{t} cosine"] for t in ("image", "text")) / 2
        whole = w["tower"] * tower + w["regulator"] * parts["regulator"] + w["contrastive"] * parts["contrastive"]
        return whole, parts


def rate(step):
    if step < WARM_UP:
        return PEAK * (step + 1) / WARM_UP
    return PEAK * 0.5 * (1 + math.cos(math.pi * (step - WARM_UP) / (STEPS - WARM_UP)))


def trace(tensor):
    flat = tensor.detach().flatten()
    wave = torch.cos(0.7 * torch.arange(len(flat), dtype=torch.float64) + 0.3)
    return {
        "norm": number(flat.norm()),
        "some": [number(flat[i]) for i in (0, len(flat) // 2, len(flat) - 1)],
        "wave": number(flat @ wave),
    }


def make(name, seed):
    model = Model(TESTS / "CLIPTests/Fixtures/checkpoint" / name)
    text, side = model.config["text_config"], model.config["vision_config"]["image_size"]
    generator = torch.Generator().manual_seed(seed)
    pixels = torch.randint(0, 256, (4, 3, side, side), generator=generator).to(torch.uint8)
    last = text["vocab_size"] - 1
    ids = [
        [last - 1] + torch.randint(3, last - 1, (n - 2,), generator=generator).tolist() + [text["eos_token_id"]]
        for n in (5, 3, 9, 6)
    ]
    width = model.config["projection_dim"]
    teacher_image, teacher_text = (torch.randn(4, width, generator=generator) for _ in range(2))
    batch = {
        "pictures": pixels.double() / 127.5 - 1, "ids": ids,
        "teacher_image": torch.tensor(numbers(teacher_image), dtype=torch.float64).view(4, width),
        "teacher_text": torch.tensor(numbers(teacher_text), dtype=torch.float64).view(4, width),
    }
    whole, parts = model.loss(batch)
    whole.backward()
    gradients = {key: trace(value.grad) for key, value in sorted(model.moved.items())}
    model = Model(TESTS / "CLIPTests/Fixtures/checkpoint" / name)

    vectors = [value for value in model.moved.values() if value.dim() <= 1]
    matrices = [value for value in model.moved.values() if value.dim() > 1]
    optimizer = torch.optim.AdamW(
        [{"params": vectors, "weight_decay": 0.0}, {"params": matrices, "weight_decay": DECAY}],
        lr=PEAK, betas=(0.9, 0.98), eps=1e-6,
    )
    losses, norms = [], []
    for step in range(STEPS):
        optimizer.zero_grad()
        loss, _ = model.loss(batch)
        loss.backward()
        norms.append(number(torch.nn.utils.clip_grad_norm_(model.moved.values(), LIMIT)))
        for group in optimizer.param_groups:
            group["lr"] = rate(step)
        optimizer.step()
        losses.append(number(loss.item()))
    losses.append(number(model.loss(batch)[0].item()))
    return {
        "pixels": base64.b64encode(pixels.numpy().tobytes()).decode(), "side": side, "ids": ids,
        "teacher_image": numbers(teacher_image), "teacher_text": numbers(teacher_text),
        "losses": {key: number(value.item()) for key, value in parts.items()}, "loss": number(whole.item()),
        "gradients": gradients, "steps": {"losses": losses, "norms": norms},
        "after": {key: trace(value) for key, value in sorted(model.weights.items())},
    }


if __name__ == "__main__":
    names = ["huggingface", "lclip", "lclip-causal", "lclip-stem", "lclip-stem-blocks"]
    golden = {
        "peer": "the architecture written in PyTorch by CLIPTests' make_lclip_golden.py", "version": torch.__version__,
        "script": Path(__file__).name, "weights": WEIGHTS,
        "optimizer": {"steps": STEPS, "warm_up": WARM_UP, "peak": PEAK, "decay": DECAY, "limit": LIMIT},
        "models": {name: make(name, 50 + index) for index, name in enumerate(names)},
    }
    text = json.dumps(golden, indent=1)
    for depth in range(9, 4, -1):
        text = text.replace(",\n" + " " * depth, ", ").replace("{\n" + " " * depth, "{").replace("[\n" + " " * depth, "[")
    (Path(__file__).parent / "steps.json").write_text(text + "\n")
