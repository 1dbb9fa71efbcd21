#!/usr/bin/env python3
"""Makes Fixtures/trunk/: the embeddings that open_clip with timm's EfficientNet-Lite trunks computes.

Peers: open_clip 3.3.0, timm 1.0.31, torch 2.13.0 (each golden records the versions it was made with).
Run: python3 make_trunks.py. Weights and images are not stored: both follow from a formula that `TrunkModel.swift` has
too. A golden is computed in float64 on the CPU.
"""

import json
import sys
from pathlib import Path

import numpy
import torch

try:
    import torchvision  # noqa: F401
except RuntimeError:  # A torchvision built for another torch misses two operators that are not used here.
    operators = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        operators.define(name + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    for name in [name for name in sys.modules if name.startswith("torchvision")]:
        del sys.modules[name]

import open_clip
import timm
from open_clip.model import CLIP

ROOT = Path(__file__).parent / "trunk"
VERSIONS = {"torch": torch.__version__, "timm": timm.__version__, "open_clip": open_clip.__version__}


def bits(name, count):
    """SplitMix64 from the FNV-1a hash of a name."""
    seed = 0xCBF29CE484222325
    for byte in name.encode():
        seed = (seed ^ byte) * 0x100000001B3 % 2**64
    with numpy.errstate(over="ignore"):
        z = numpy.uint64(seed) + numpy.arange(1, count + 1, dtype=numpy.uint64) * numpy.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
        return z ^ (z >> numpy.uint64(31))


def values(name, shape):
    count = int(numpy.prod(shape, dtype=int))
    unit = (bits(name, count) >> numpy.uint64(40)).astype(numpy.float32) / numpy.float32(2**23) - numpy.float32(1)
    if name == "logit_scale":
        center, spread = 3.5, 0
    elif name.endswith("running_var"):
        center, spread = 1, 0.5
    elif len(shape) < 2:
        center, spread = (1 if name.endswith("weight") else 0), 0.25
    elif "embedding" in name and "patch" not in name:
        center, spread = 0, 1
    else:
        # Between what ReLU6 makes vanish and what it cuts off: deep networks of larger weights are chaotic, and bf16 of
        # PyTorch itself then misses a cosine of .999.
        gain = 3 if "conv_pwl" in name else 4.5
        center, spread = 0, numpy.sqrt(numpy.float32(gain) / numpy.float32(numpy.prod(shape[1:], dtype=int)))
    return torch.from_numpy(numpy.float32(center) + numpy.float32(spread) * unit).reshape(shape)


def pixels(side):
    """Two square images of 8-bit RGB: noise, and a slope."""
    noise = (bits("pixels", 3 * side * side) >> numpy.uint64(56)).astype(numpy.uint8).reshape(side, side, 3)
    row = numpy.arange(side)
    down, across = numpy.meshgrid(row, row, indexing="ij")
    slope = numpy.stack([down * 255 // (side - 1), across * 255 // (side - 1), (down + across) * 255 // (2 * side - 2)], -1)
    return torch.from_numpy(numpy.stack([noise, slope.astype(numpy.uint8)]))


TEXT = dict(context_length=12, vocab_size=60, width=24, heads=3, layers=1)

# Sides that are multiples of the stride and sides that are not, on which the padding depends.
CASES = {
    "lite0": dict(image_size=96, timm_proj="linear"),
    "lite1": dict(image_size=70, timm_proj="mlp"),
    "lite2": dict(image_size=75, timm_proj="mlp", timm_proj_bias=True),
    "lite3": dict(image_size=65, timm_proj="linear", timm_proj_bias=True),
    "lite4": dict(image_size=98, timm_proj=""),
}


def make(case, options):
    vision = dict(timm_model_name=f"tf_efficientnet_{case}", timm_pool="avg") | options
    model = CLIP(embed_dim=20, vision_cfg=vision, text_cfg=TEXT)
    state = {name: values(name, tuple(t.shape)) for name, t in model.state_dict().items() if "num_batches" not in name}
    print(model.load_state_dict(state, strict=False))
    model = model.double().eval()
    images = pixels(options["image_size"]).permute(0, 3, 1, 2).double() / 255 * 2 - 1
    text = torch.tensor([[58, 3, 17, 41, 59, 0, 0, 0, 0, 0, 0, 0]])
    with torch.no_grad():
        trunk = model.visual.trunk
        golden = {
            "peer": "open_clip", "versions": VERSIONS, "script": Path(__file__).name,
            "model_cfg": {"embed_dim": 20, "vision_cfg": vision, "text_cfg": TEXT},
            "shapes": {name: list(tensor.shape) for name, tensor in state.items()},
            "token_ids": [[58, 3, 17, 41, 59]],
            "image_embeddings": model.encode_image(images).tolist(),
            "text_embeddings": model.encode_text(text).tolist(),
            # The map of the first image: its mean over all channels of each cell.
            "map": trunk.forward_features(images[:1]).mean(1).flatten().tolist(),
        }
    for key in ("image_embeddings", "text_embeddings"):
        golden[key] = [[float(f"{v:.10g}") for v in row] for row in golden[key]]
    golden["map"] = [float(f"{v:.10g}") for v in golden["map"]]
    print(case, golden["image_embeddings"][0][:4], golden["map"][:3])
    (ROOT / f"{case}.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    ROOT.mkdir(exist_ok=True)
    for case, options in CASES.items():
        make(case, options)
