#!/usr/bin/env python3
"""Write open_clip's checkpoint of EfficientNet-Lite0 with seeded random weights, and inputs from real photographs.

    make_trunk.py OUT --pixels .work/vitb32-random/golden/pixels.npy

The text tower is as small as it can be: it is not measured. The same arguments give the same bytes.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from harness import torchvision_shim  # noqa: F401 (before timm imports torchvision)

SEED = 20190528
CONFIGURATION = {
    "embed_dim": 512,
    "vision_cfg": {"timm_model_name": "tf_efficientnet_lite0", "timm_pool": "avg", "timm_proj": "linear", "image_size": 224},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 64, "heads": 1, "layers": 1},
}


def main() -> None:
    """Write the folder and its golden."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=Path)
    parser.add_argument("--pixels", type=Path, required=True, help="(count, 224, 224, 3) unsigned bytes")
    arguments = parser.parse_args()
    golden = arguments.output / "golden"
    golden.mkdir(parents=True, exist_ok=True)
    save(arguments.output)
    pixels = np.load(arguments.pixels)
    np.save(golden / "pixels.npy", pixels)
    normalised = np.ascontiguousarray(pixels.transpose(0, 3, 1, 2).astype(np.float32) / 127.5 - 1)
    np.save(golden / "pixel_values.npy", normalised)


def save(folder: Path) -> None:
    """Random weights, with batch norms that are not the identity."""
    from open_clip.model import CLIP
    from safetensors.torch import save_file

    torch.manual_seed(SEED)
    model = CLIP(**CONFIGURATION)
    for name, buffer in model.named_buffers():
        if name.endswith("running_mean"):
            buffer.normal_(0, 0.2)
        elif name.endswith("running_var"):
            buffer.uniform_(0.5, 1.5)
    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, folder / "open_clip_model.safetensors")
    preprocess = {"size": [224, 224], "mean": [0.5] * 3, "std": [0.5] * 3}
    document = {"model_cfg": CONFIGURATION, "preprocess_cfg": preprocess}
    (folder / "open_clip_config.json").write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
