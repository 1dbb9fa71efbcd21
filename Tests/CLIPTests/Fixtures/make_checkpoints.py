#!/usr/bin/env python3
"""Makes Fixtures/checkpoint/: tiny CLIP checkpoints in every layout, each with a golden of the peer that owns it.

Peers: transformers 5.23.0, open_clip 3.3.0, torch 2.13.0 (each golden records the versions it was made with).
Run: python3 make_checkpoints.py. Every golden is computed from the files as written, in float32 on the CPU.
The format of golden.json is described in checkpoint/README.md.
"""

import base64
import json
import os
import shutil
import sys
from pathlib import Path

os.environ["TOKENIZERS_PARALLELISM"] = "false"

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
import transformers
from open_clip.constants import OPENAI_DATASET_MEAN as MEAN
from open_clip.constants import OPENAI_DATASET_STD as STD
from open_clip.factory import load_checkpoint
from open_clip.model import CLIP
from open_clip.openai import load_openai_model
from safetensors.torch import save_file
from transformers import CLIPConfig, CLIPModel

ROOT = Path(__file__).parent / "checkpoint"
VERSIONS = {
    "torch": torch.__version__,
    "transformers": transformers.__version__,
    "open_clip": open_clip.__version__,
}


def fill(model, seed):
    """Weights large enough that every part of the model shows in the embeddings."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if name == "logit_scale":
                parameter.fill_(3.5)
            elif parameter.dim() == 1 and name.endswith("weight"):
                parameter.copy_(1 + 0.2 * noise)
            elif parameter.dim() == 1:
                parameter.copy_(0.2 * noise)
            elif "embedding" in name and "patch" not in name:
                parameter.copy_(0.7 * noise)
            else:
                parameter.copy_(noise / parameter[0].numel() ** 0.5)
    return model.eval()


def pictures(side, seed):
    """Three square pictures of 8-bit RGB: noise, a slope, and noise of few levels."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randint(0, 256, (side, side, 3), generator=generator)
    row = torch.arange(side)
    slope = torch.stack(
        [
            (row[:, None] * 255 // (side - 1)).expand(side, side),
            (row[None, :] * 255 // (side - 1)).expand(side, side),
            (row[:, None] + row[None, :]) * 255 // (2 * side - 2),
        ],
        dim=-1,
    )
    coarse = torch.randint(0, 4, (side, side, 3), generator=generator) * 85
    return torch.stack([noise, slope, coarse]).to(torch.uint8)


def captions(context, vocabulary, start, end, forbidden, seed):
    """Token ids of texts of several lengths, the longest filling the context."""
    generator = torch.Generator().manual_seed(seed)
    words = [i for i in range(3, vocabulary) if i not in forbidden]
    rows = []
    for length in (2, 3, 5, 8, context - 1, context):
        picked = torch.randint(0, len(words), (length - 2,), generator=generator).tolist()
        rows.append([start] + [words[i] for i in picked] + [end])
    return rows


def padded(rows, context, padding):
    return torch.tensor([row + [padding] * (context - len(row)) for row in rows])


def normalized(pixels):
    values = pixels.permute(0, 3, 1, 2).float() / 255
    return (values - torch.tensor(MEAN).view(1, 3, 1, 1)) / torch.tensor(STD).view(1, 3, 1, 1)


def write_golden(folder, peer, pixels, rows, image, text, scale, activation=None):
    golden = {
        "peer": peer,
        "versions": VERSIONS,
        "script": Path(__file__).name,
        "activation": activation,
        "side": pixels.shape[1],
        "mean": list(MEAN),
        "std": list(STD),
        "pixels": base64.b64encode(pixels.numpy().tobytes()).decode(),
        "token_ids": rows,
        "image_embeddings": [[float(f"{v:.9g}") for v in row] for row in image.tolist()],
        "text_embeddings": [[float(f"{v:.9g}") for v in row] for row in text.tolist()],
        "logit_scale": scale.item(),
    }
    text = json.dumps(golden, indent=1)
    (folder / "golden.json").write_text(text.replace(",\n   ", ", ") + "\n")


def fresh(name):
    folder = ROOT / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


# Hugging Face


def hugging_face_config(activation, end_of_text):
    return CLIPConfig(
        text_config=dict(
            vocab_size=100, hidden_size=24, intermediate_size=80, num_hidden_layers=2, num_attention_heads=3,
            max_position_embeddings=16, hidden_act=activation, eos_token_id=end_of_text, bos_token_id=98,
        ),
        vision_config=dict(
            hidden_size=32, intermediate_size=96, num_hidden_layers=2, num_attention_heads=2, image_size=32,
            patch_size=8, hidden_act=activation,
        ),
        projection_dim=20,
    )


def hugging_face_golden(folder, end, forbidden):
    model = CLIPModel.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    pixels = pictures(32, 1)
    rows = captions(16, 100, 98, end, forbidden, 2)
    with torch.no_grad():
        image = model.get_image_features(pixel_values=normalized(pixels)).pooler_output
        text = model.get_text_features(input_ids=padded(rows, 16, end)).pooler_output
        apart = [model.get_text_features(input_ids=torch.tensor([row])).pooler_output for row in rows]
    assert torch.allclose(text, torch.cat(apart), atol=1e-5)
    write_golden(folder, "transformers", pixels, rows, image, text, model.logit_scale)


def save(model, folder, dtype=torch.float32, **options):
    model.to(dtype).save_pretrained(folder, **options)


def make_hugging_face():
    # As today's transformers saves it, but with the old eos_token_id.
    model = fill(CLIPModel(hugging_face_config("quick_gelu", 2)), 11)
    folder = fresh("huggingface")
    save(model, folder)
    hugging_face_golden(folder, 99, {98, 99})

    # The end of the text is not the highest id, so that the two rules disagree.
    model = fill(CLIPModel(hugging_face_config("gelu", 50)), 12)
    folder = fresh("huggingface-bf16")
    save(model, folder, torch.bfloat16)
    hugging_face_golden(folder, 50, {50, 98})

    model = fill(CLIPModel(hugging_face_config("gelu", 50)), 13)
    folder = fresh("huggingface-sharded")
    save(model, folder, torch.float16, max_shard_size="40KB")
    hugging_face_golden(folder, 50, {50, 98})

    # A file of 2022: weights in pytorch_model.bin, position buffers, *_config_dict over a stale *_config.
    model = fill(CLIPModel(hugging_face_config("quick_gelu", 2)), 14)
    folder = fresh("huggingface-old")
    config = model.config.to_dict()
    for tower in ("text_config", "vision_config"):
        section = {k: v for k, v in config[tower].items() if k not in ("hidden_act", "layer_norm_eps", "model_type")}
        config[f"{tower}_dict"] = section
        config[tower] = {**section, "num_attention_heads": 1, "num_hidden_layers": 12, "hidden_act": "gelu"}
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    state = {name: value.half().contiguous() for name, value in model.state_dict().items()}
    state["text_model.embeddings.position_ids"] = torch.arange(16)[None]
    state["vision_model.embeddings.position_ids"] = torch.arange(17)[None]
    torch.save(state, folder / "pytorch_model.bin")
    hugging_face_golden(folder, 99, {98, 99})


# open_clip and OpenAI


NARROW = dict(
    embed_dim=20,
    vision_cfg=dict(image_size=32, layers=2, width=32, head_width=16, mlp_ratio=3.1, patch_size=8),
    text_cfg=dict(context_length=16, vocab_size=100, width=24, heads=3, layers=2, mlp_ratio=3.0),
)

def wide(mlp):
    """Heads of 64, as is taken for granted where no configuration tells."""
    return dict(
        embed_dim=20,
        vision_cfg=dict(image_size=16, layers=1, width=64, patch_size=4, mlp_ratio=mlp),
        text_cfg=dict(context_length=12, vocab_size=60, width=64, heads=1, layers=1, mlp_ratio=mlp),
    )


def open_clip_golden(folder, model, config, activation=None, peer="open_clip"):
    model = model.float().eval()
    text = config["text_cfg"]
    context, vocabulary = text["context_length"], text["vocab_size"]
    start, end = vocabulary - 2, vocabulary - 1
    pixels = pictures(config["vision_cfg"]["image_size"], 3)
    rows = captions(context, vocabulary, start, end, {start, end}, 4)
    with torch.no_grad():
        image = model.encode_image(normalized(pixels))
        embedded = model.encode_text(padded(rows, context, 0))
    write_golden(folder, peer, pixels, rows, image, embedded, model.logit_scale, activation)


def make_open_clip():
    model = fill(CLIP(**NARROW), 21)
    folder = fresh("openclip")
    preprocess = dict(
        size=[32, 32], mode="RGB", mean=list(MEAN), std=list(STD), interpolation="bicubic", resize_mode="shortest",
        fill_color=0,
    )
    (folder / "open_clip_config.json").write_text(
        json.dumps({"model_cfg": NARROW, "preprocess_cfg": preprocess}, indent=2) + "\n"
    )
    save_file(
        {k: v.contiguous() for k, v in model.state_dict().items()}, folder / "open_clip_model.safetensors"
    )
    loaded = open_clip.create_model(f"local-dir:{folder}", load_weights=True)
    open_clip_golden(folder, loaded, NARROW)

    config = wide(mlp=2)
    model = fill(CLIP(**config, quick_gelu=True), 22).half()
    state = {k: v.contiguous() for k, v in model.state_dict().items()}
    folder = fresh("openclip-file")
    save_file(state, folder / "weights.safetensors")
    loaded = CLIP(**config, quick_gelu=True)
    load_checkpoint(loaded, str(folder / "weights.safetensors"))
    open_clip_golden(folder, loaded, config, "quick_gelu")

    model = fill(CLIP(**config), 23)
    folder = fresh("openclip-training")
    state = {f"module.{k}": v.bfloat16().contiguous() for k, v in model.state_dict().items()}
    optimizer = {"state": {0: {"step": torch.tensor(5.0), "exp_avg": torch.zeros(3)}}, "param_groups": [{"lr": 1e-3, "betas": (0.9, 0.98), "params": [0]}]}
    torch.save(
        {"epoch": 1, "name": "run", "state_dict": state, "optimizer": optimizer, "scaler": {"scale": 65536.0}},
        folder / "epoch_1.pt",
    )
    loaded = CLIP(**config)
    load_checkpoint(loaded, str(folder / "epoch_1.pt"))
    open_clip_golden(folder, loaded, config, "gelu")


def make_openai():
    config = wide(mlp=4)
    model = fill(CLIP(**config, quick_gelu=True), 24)
    # OpenAI's archives carry these three as tensors, and the mask as a constant.
    mask = model.attn_mask
    del model.attn_mask
    model.attn_mask = mask
    for name, value in (("input_resolution", 16), ("context_length", 12), ("vocab_size", 60)):
        if hasattr(model, name):
            delattr(model, name)
        model.register_buffer(name, torch.tensor(value))
    picture, text = torch.ones(1, 3, 16, 16), torch.zeros(1, 12, dtype=torch.int)
    traced = torch.jit.trace_module(
        model, dict(forward=(picture, text), encode_image=(picture,), encode_text=(text,)), check_trace=False
    )
    for name, parameter in traced.named_parameters():
        # As convert_weights of OpenAI's code: embeddings and layer norms stay f32.
        if "embedding" not in name and "ln_" not in name and name != "logit_scale":
            parameter.data = parameter.data.half()
    folder = fresh("openai")
    torch.jit.save(traced, folder / "tiny.pt")
    loaded = load_openai_model(str(folder / "tiny.pt"), precision="fp32", device="cpu")
    open_clip_golden(folder, loaded, config, None, "open_clip (load_openai_model)")


if __name__ == "__main__":
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    ROOT.mkdir(exist_ok=True)
    make_hugging_face()
    make_open_clip()
    make_openai()
    for path in sorted(ROOT.rglob("*")):
        if path.is_file():
            path.chmod(0o644)
            print(path.stat().st_size, path.relative_to(ROOT))
