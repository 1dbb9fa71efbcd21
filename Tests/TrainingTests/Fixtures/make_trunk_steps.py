#!/usr/bin/env python3
"""Makes Fixtures/trunk_steps.json: gradients of convolutional trunks, alone and below a transformer, by PyTorch and timm.

Peers: timm 1.0.31, torch 2.13.0 in float64 (the golden records the versions). The weights and the two images follow from the
formula of CLIPTests' make_trunks.py, by the names of our own checkpoints. The loss is Σ e_ij · cos(0.7 k + 0.3) over all numbers of
the embeddings, k = 0, 1, …; a gradient is told by its length, three of its numbers, and its product with cos(0.7 k + 0.3).
`running` has batch norms that use their running statistics, `batch` those of the batch, and `after` what the running ones are then.
Through whole networks of random weights with the batch's statistics PyTorch's own float32 gradients are off by 2 to 10 %, since an activation at a
corner of ReLU6 moves every one before it; there the embeddings and `after` are held alone, and the gradients in `shallow`, the first two
stages below a transformer. Run: python3 make_trunk_steps.py.
"""

import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F

TESTS = Path(__file__).parents[2]
sys.path.insert(0, str(TESTS / "CLIPTests/Fixtures"))
sys.dont_write_bytecode = True
import make_trunks as trunks  # noqa: E402

TRUNK = "vision_model.trunk."


def trace(tensor):
    flat = tensor.detach().double().flatten()
    wave = torch.cos(0.7 * torch.arange(len(flat), dtype=torch.float64) + 0.3)
    places = [0, len(flat) // 2, len(flat) - 1]
    short = lambda value: float(f"{float(value):.8g}")
    return {"norm": short(flat.norm()), "some": [short(flat[p]) for p in places], "wave": short(flat @ wave)}



def loss(embeddings):
    flat = embeddings.flatten()
    return flat @ torch.cos(0.7 * torch.arange(len(flat), dtype=torch.float64) + 0.3)


def images(side):
    return trunks.pixels(side).permute(0, 3, 1, 2).double() / 255 * 2 - 1


def steps(side, build):
    """`build` gives the parameters by our names, the trunk, and the function from images to embeddings."""
    golden = {}
    for kind in ("running", "batch"):
        parameters, trunk, embed = build(kind == "batch")
        embeddings = embed(images(side))
        loss(embeddings).backward()
        golden[kind] = {
            "embeddings": [[float(f"{v:.10g}") for v in row] for row in embeddings.tolist()],
            "gradients": {name: trace(value.grad) for name, value in parameters.items()},
        }
        if kind == "batch":
            golden[kind]["after"] = {
                TRUNK + name: trace(value) for name, value in trunk.named_buffers() if name.split(".")[-1].startswith("running")
            }
    return golden


def trunk(architecture, learns):
    model = trunks.timm.create_model("tf_" + architecture, num_classes=0)
    state = {
        name: trunks.values(TRUNK + name, tuple(value.shape))
        for name, value in model.state_dict().items() if "num_batches" not in name
    }
    model.load_state_dict(state, strict=False)
    model = model.double()
    model.train(learns)
    return model, {TRUNK + name: value for name, value in model.named_parameters()}


def pooled(learns):
    model, parameters = trunk("efficientnet_lite0", learns)
    for name, shape in {"fc1.weight": (40, 1280), "fc1.bias": (40,), "fc2.weight": (20, 40), "fc2.bias": (20,)}.items():
        name = "visual_projection." + name
        parameters[name] = trunks.values(name, shape).double().requires_grad_()
    own = lambda name: parameters["visual_projection." + name]

    def embed(pixels):
        average = model.forward_features(pixels).mean((2, 3))
        hidden = F.gelu(F.linear(average, own("fc1.weight"), own("fc1.bias")))
        return F.linear(hidden, own("fc2.weight"), own("fc2.bias"))

    return parameters, model, embed


def hybrid_golden():
    """The configuration and the shapes of the hybrid of CLIPTests."""
    return json.loads((TESTS / "CLIPTests/Fixtures/trunk/hybrid.json").read_text())


def shallow_golden():
    """The same of its first two stages: 24 channels, a cell for 4 pixels."""
    golden = hybrid_golden()
    golden["config"]["vision_config"] |= {"trunk_stages": 2, "image_size": 48, "patch_size": 8}
    shapes = {
        name: shape for name, shape in golden["shapes"].items()
        if not name.startswith(TRUNK + "blocks.") or int(name.split(".")[3]) < 2
    }
    shapes["vision_model.embeddings.patch_embedding.weight"] = [48, 24, 2, 2]
    shapes["vision_model.embeddings.position_embedding.weight"] = [37, 48]
    return golden | {"shapes": shapes}


def hybrid(learns, golden=None):
    golden = golden or hybrid_golden()
    shapes = {name: tuple(shape) for name, shape in golden["shapes"].items()}
    weights = {name: trunks.values(name, shape) for name, shape in shapes.items()}
    model = trunks.Hybrid(golden["config"], weights)
    model.trunk.train(learns)
    parameters = {
        name: value.requires_grad_() for name, value in model.weights.items()
        if name.startswith("vis") and not name.startswith(TRUNK)
    }
    for name, value in model.trunk.named_parameters():
        if TRUNK + name in shapes:
            parameters[TRUNK + name] = value

    def embed(pixels):
        return torch.stack([model.image_of(maps) for maps in model.stem(pixels)])

    return parameters, model.trunk, embed


def main():
    golden = {"versions": trunks.VERSIONS, "pooled": steps(70, pooled), "hybrid": steps(96, hybrid)}
    golden["shallow"] = steps(48, lambda learns: hybrid(learns, shallow_golden()))
    for name, shapes in {"hybrid": hybrid_golden()["shapes"], "shallow": shallow_golden()["shapes"]}.items():
        batch = golden[name]["batch"]
        batch["after"] = {name: value for name, value in batch["after"].items() if name in shapes}
    for name in ("pooled", "hybrid"):
        del golden[name]["batch"]["gradients"]
    Path(__file__).with_name("trunk_steps.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")


main()
