#!/usr/bin/env python3
"""Checks that transformers computes from converted folders what the peers computed from the originals.

Peers: transformers 5.23.0, torch 2.13.0. Run, with one folder for each layout of checkpoint/ under FOLDER:

    for l in huggingface huggingface-bf16 huggingface-sharded huggingface-old openclip openai; do
      plumb model convert Tests/CLIPTests/Fixtures/checkpoint/$l FOLDER/$l; done
    python3 check_conversions.py FOLDER
"""

import base64
import json
import sys
from pathlib import Path

import torch

try:
    import torchvision  # noqa: F401
except RuntimeError:  # As in make_checkpoints.py.
    operators = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        operators.define(name + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    for name in [name for name in sys.modules if name.startswith("torchvision")]:
        del sys.modules[name]

from transformers import CLIPImageProcessor, CLIPModel

ROOT = Path(__file__).parent / "checkpoint"


def distance(a, b):
    return (1 - torch.nn.functional.cosine_similarity(a.double(), b.double())).max().item()


for folder in sorted(Path(sys.argv[1]).iterdir()):
    golden = json.loads((ROOT / folder.name / "golden.json").read_text())
    model, report = CLIPModel.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
    assert not any(report[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys")), report
    side = golden["side"]
    size = CLIPImageProcessor.from_pretrained(folder).crop_size
    assert (size["height"], size["width"]) == (side, side), size
    pixels = torch.frombuffer(bytearray(base64.b64decode(golden["pixels"])), dtype=torch.uint8)
    pixels = pixels.view(-1, side, side, 3).permute(0, 3, 1, 2).float() / 255
    pixels = (pixels - torch.tensor(golden["mean"]).view(1, 3, 1, 1)) / torch.tensor(golden["std"]).view(1, 3, 1, 1)
    with torch.no_grad():
        image = model.eval().get_image_features(pixel_values=pixels).pooler_output
        text = torch.cat(
            [model.get_text_features(input_ids=torch.tensor([ids])).pooler_output for ids in golden["token_ids"]]
        )
    worst = (
        distance(image, torch.tensor(golden["image_embeddings"])),
        distance(text, torch.tensor(golden["text_embeddings"])),
    )
    print(f"{folder.name}: 1 - cosine at most {worst[0]:.1e} for pictures, {worst[1]:.1e} for texts")
    assert max(worst) < 1e-6 or "--loose" in sys.argv
