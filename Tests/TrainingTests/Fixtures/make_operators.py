#!/usr/bin/env python3
"""Makes Fixtures/operators.json: what PyTorch gives for each tensor operator, with the gradients of its inputs.

Each case has inputs drawn once, the output, and the gradients of sum(output * weights). Made with PyTorch 2.13.0 (the golden
records the version). Run: python3 make_operators.py.
"""

import json
from pathlib import Path

import torch
import torch.nn.functional as F

generator = torch.Generator().manual_seed(7)


def normal(*shape):
    return torch.randn(shape, generator=generator)


def positive(*shape):
    return normal(*shape).abs() + 0.2


INDICES = torch.tensor([2, 0, 2, 3])
MASK = torch.tensor([[True, False, False], [False, False, True]])
BIAS = torch.tensor([[0.0, -1e9, 0.0, 0.5], [0.0, 0.0, 0.3, 0.0], [-0.2, 0.0, 0.0, 0.0]])

CASES = {
    "sum": (lambda a, b: a + b, [normal(2, 3), normal(3)]),
    "difference": (lambda a, b: a - b, [normal(2, 3), normal(2, 1)]),
    "product": (lambda a, b: a * b, [normal(2, 3), normal(1, 3)]),
    "quotient": (lambda a, b: a / b, [normal(2, 3), positive(2, 3)]),
    "numbers": (lambda a: 1 - ((a + 2) * 3 - 1) / 4, [normal(2, 3)]),
    "negation": (lambda a: -a, [normal(4)]),
    "matmul": (lambda a, b: a @ b, [normal(3, 4), normal(4, 2)]),
    "batched matmul": (lambda a, b: a @ b, [normal(2, 3, 4), normal(2, 4, 2)]),
    "maximum": (torch.maximum, [normal(5), normal(5)]),
    "exp": (torch.exp, [normal(5)]),
    "log": (torch.log, [positive(5)]),
    "sqrt": (torch.sqrt, [positive(5)]),
    "square": (torch.square, [normal(5)]),
    "abs": (torch.abs, [normal(5)]),
    "relu": (torch.relu, [normal(6)]),
    "sigmoid": (torch.sigmoid, [normal(5)]),
    "gelu": (F.gelu, [normal(7)]),
    "quick gelu": (lambda a: a * torch.sigmoid(1.702 * a), [normal(7)]),
    "at least": (lambda a: a.clamp_min(0.3), [normal(7)]),
    "at most": (lambda a: a.clamp_max(0.3), [normal(7)]),
    "softmax": (lambda a: a.softmax(0), [normal(3, 4)]),
    "log softmax": (lambda a: a.log_softmax(-1), [normal(3, 4)]),
    "normalized": (lambda a: F.normalize(a, dim=-1), [normal(3, 4)]),
    "sum over": (lambda a: a.sum((0, 2), keepdim=True), [normal(2, 3, 4)]),
    "mean over": (lambda a: a.mean((1,)), [normal(2, 3, 4)]),
    "mean": (lambda a: a.mean(), [normal(2, 3)]),
    "linear": (F.linear, [normal(2, 3), normal(4, 3), normal(4)]),
    "linear without bias": (F.linear, [normal(2, 5, 3), normal(4, 3)]),
    "layer norm": (lambda x, w, b: F.layer_norm(x, (4,), w, b, 1e-5), [normal(3, 4), normal(4), normal(4)]),
    "convolution": (lambda x, w, b: F.conv2d(x, w, b, 2, 1), [normal(2, 3, 5, 5), normal(4, 3, 3, 3), normal(4)]),
    "patches": (lambda x, w: F.conv2d(x, w, stride=2), [normal(1, 3, 4, 4), normal(2, 3, 2, 2)]),
    "embedding": (lambda t: F.embedding(INDICES, t), [normal(4, 3)]),
    "attention": (lambda q, k, v: F.scaled_dot_product_attention(q, k, v, attn_mask=BIAS),
                  [normal(2, 2, 3, 4), normal(2, 2, 4, 4), normal(2, 2, 4, 4)]),
    "filled": (lambda a: a.masked_fill(MASK, -7.0), [normal(2, 3)]),
    "reshaped": (lambda a: a.reshape(3, -1), [normal(2, 6)]),
    "permuted": (lambda a: a.permute(2, 0, 1), [normal(2, 3, 4)]),
    "expanded": (lambda a: a.expand(2, 3, 4), [normal(3, 1)]),
    "slice": (lambda a: a[:, 1:3], [normal(2, 4)]),
    "select": (lambda a: a.index_select(1, INDICES), [normal(2, 4)]),
    "concatenated": (lambda a, b: torch.cat([a, b, a], 1), [normal(2, 1), normal(2, 3)]),
    "converted": (lambda a: a.to(torch.bfloat16).float(), [normal(5)]),
}


def plain(tensor):
    return {"shape": list(tensor.shape), "values": [float(f"{v:.9g}") for v in tensor.detach().flatten().tolist()]}


cases = {}
for name, (function, inputs) in CASES.items():
    inputs = [value.requires_grad_() for value in inputs]
    output = function(*inputs)
    weights = normal(*output.shape)
    (output * weights).sum().backward()
    cases[name] = {
        "inputs": [plain(value) for value in inputs],
        "output": plain(output),
        "weights": plain(weights),
        "gradients": [plain(value.grad) for value in inputs],
    }
golden = {"peer": "torch", "version": torch.__version__, "script": Path(__file__).name, "cases": cases}
text = json.dumps(golden, indent=1).replace(",\n      ", ", ").replace(",\n     ", ", ")
(Path(__file__).parent / "operators.json").write_text(text + "\n")
