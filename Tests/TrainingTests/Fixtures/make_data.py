"""Makes what the tests of Learning/Data read: noise images, shards, and what torchvision makes of colours.

Peers: Pillow (images), CPython's tarfile (shards), torchvision's tensor functions (colours), NumPy (vectors).
Run with a Python that has torch, torchvision and Pillow; versions go into the golden.
"""
import gzip
import importlib.util
import io
import json
import os
import subprocess
import sys
import tarfile
import types

import numpy as np
import torch
from PIL import Image

here = os.path.dirname(os.path.abspath(__file__))


def soft_noise(height, width, seed):
    """Noise that a JPEG keeps: few frequencies."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (max(2, height // 6), max(2, width // 6), 3), dtype=np.uint8)
    return Image.fromarray(small).resize((width, height), Image.BICUBIC)


def images():
    folder = os.path.join(here, "images")
    os.makedirs(folder, exist_ok=True)
    soft_noise(30, 40, 1).save(os.path.join(folder, "a.jpg"), quality=90)
    soft_noise(50, 36, 2).save(os.path.join(folder, "b.jpg"), quality=90)
    soft_noise(32, 32, 3).save(os.path.join(folder, "c.png"))
    soft_noise(24, 60, 4).save(os.path.join(folder, "d.webp"), quality=90)
    return {name: open(os.path.join(folder, name), "rb").read() for name in os.listdir(folder)}


def add(tar, name, data, **fields):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for key, value in fields.items():
        setattr(info, key, value)
    tar.addfile(info, io.BytesIO(data))


def shard(format, files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format) as tar:
        for name, data in files:
            add(tar, name, data)
    return out.getvalue()


def shards(bytes_of):
    folder = os.path.join(here, "shards")
    os.makedirs(folder, exist_ok=True)

    def write(name, data):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(data)

    deep = "a-very-long-folder-name/" * 8
    samples = [
        ("000.jpg", bytes_of["a.jpg"]), ("000.txt", b"a first caption\nand a second one\n"),
        ("001.png", bytes_of["c.png"]), ("001.json", json.dumps({"caption": "from json", "width": 32}).encode()),
        ("sub/002.webp", bytes_of["d.webp"]), ("sub/002.cls", b"1\n"),
        ("003.txt", b"a text without a picture"),
        (deep + "004.jpg", bytes_of["b.jpg"]), (deep + "004.txt", "ein Käfer".encode()),
        ("käfer.005.jpg", bytes_of["b.jpg"]),
        ("README", b"nothing of interest"),
    ]
    write("pax-0000.tar", shard(tarfile.PAX_FORMAT, samples))
    write("gnu-0000.tar", shard(tarfile.GNU_FORMAT, samples))
    write("plain-0000.tar", shard(tarfile.USTAR_FORMAT, samples[:4]))
    write("plain-0001.tar", shard(tarfile.USTAR_FORMAT, samples[4:7]))
    data = shard(tarfile.PAX_FORMAT, samples)
    write("gz-0000.tar.gz", gzip.compress(data, mtime=0))
    write("zst-0000.tar.zst", subprocess.run(["zstd", "-q", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout)
    # Links, devices and names that lead outside are only names, or nothing.
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        add(tar, "../../etc/passwd.jpg", bytes_of["a.jpg"])
        add(tar, "../../etc/passwd.txt", b"outside")
        add(tar, "link.jpg", b"", type=tarfile.SYMTYPE, linkname="/etc/passwd")
        add(tar, "hard.jpg", b"", type=tarfile.LNKTYPE, linkname="../../etc/passwd.jpg")
        add(tar, "pipe.jpg", b"", type=tarfile.FIFOTYPE)
        add(tar, "/absolute.jpg", bytes_of["b.jpg"])
    write("escape.tar", out.getvalue())


def torchvision_functions():
    """torchvision's functions of tensors, without its compiled operators."""
    root = os.path.dirname(importlib.util.find_spec("torchvision").origin)
    stub = types.ModuleType("torchvision")
    stub.__path__ = [root]
    sys.modules["torchvision"] = stub
    inner = types.ModuleType("torchvision.transforms")
    inner.__path__ = [os.path.join(root, "transforms")]
    sys.modules["torchvision.transforms"] = inner
    import torchvision.transforms._functional_tensor as functions
    version = open(os.path.join(root, "version.py")).read().split("__version__ = ")[1].split("\n")[0].strip("'\"")
    return functions, version


def colours():
    functions, version = torchvision_functions()
    picture = soft_noise(12, 10, 9)
    pixels = np.asarray(picture)
    tensor = torch.from_numpy(pixels.copy()).permute(2, 0, 1)
    cases = []
    for brightness, contrast, saturation in [
        (1.3, 1, 1), (0.55, 1, 1), (0, 1, 1), (1, 1.4, 1), (1, 0.2, 1), (1, 1, 1.7), (1, 1, 0), (1.25, 0.7, 1.35),
        (0.8, 1.6, 0.45),
    ]:
        changed = functions.adjust_brightness(tensor, brightness) if brightness != 1 else tensor
        changed = functions.adjust_contrast(changed, contrast) if contrast != 1 else changed
        changed = functions.adjust_saturation(changed, saturation) if saturation != 1 else changed
        cases.append({
            "brightness": brightness, "contrast": contrast, "saturation": saturation,
            "pixels": changed.permute(1, 2, 0).reshape(-1).tolist(),
        })
    golden = {
        "peer": f"torchvision {version}, torch {torch.__version__}", "height": 12, "width": 10,
        "pixels": pixels.reshape(-1).tolist(), "cases": cases,
    }
    with open(os.path.join(here, "colours.json"), "w") as file:
        json.dump(golden, file, separators=(",", ":"))
        file.write("\n")


def vectors():
    rng = np.random.default_rng(5)
    values = rng.standard_normal((6, 4)).astype(np.float32)
    np.save(os.path.join(here, "vectors-f32.npy"), values)
    np.save(os.path.join(here, "vectors-f16.npy"), values.astype(np.float16))


bytes_of = images()
shards(bytes_of)
colours()
vectors()
