#!/usr/bin/env python3
"""Makes Fixtures/checkpoint/lclip*: tiny lightweight CLIPs, each with a golden.

There is no peer that reads Plumb's configuration, so the architecture is written down here once more, plainly, in
PyTorch 2.13.0 (each golden records the version it was made with), from the formulas of the method alone:

    A = softmax(mixPre · (Q Kᵀ/√d)) ;  A' = mixPost · A ;  out = A' V        (the mixers run over the heads)

Run: python3 make_lclip_golden.py. Every golden is computed from the files as written, in float32 on the CPU; the format
of golden.json is described in checkpoint/README.md.
"""

import base64
import json
import shutil
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import save_file

ROOT = Path(__file__).parent / "checkpoint"
MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)


class LCLIP:
    """The two towers, from a folder."""

    def __init__(self, folder):
        self.config = json.loads((folder / "config.json").read_text())
        with safe_open(folder / "model.safetensors", "pt") as file:
            self.weights = {name: file.get_tensor(name).float() for name in file.keys()}

    def linear(self, x, name):
        return F.linear(x, self.weights[f"{name}.weight"], self.weights.get(f"{name}.bias"))

    def norm(self, x, name):
        weight, bias = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        return F.layer_norm(x, x.shape[-1:], weight, bias, 1e-5)

    def attention(self, x, shared, own, section, visible):
        heads = section["num_attention_heads"]
        length, width = x.shape
        q, k, v = (
            self.linear(x, f"{shared}.self_attn.{p}_proj").view(length, heads, width // heads).transpose(0, 1)
            for p in "qkv"
        )
        scores = q @ k.transpose(1, 2) / (width // heads) ** 0.5  # (heads, length, length)
        if section["head_mixing"]:
            scores = torch.einsum("hg,gij->hij", self.weights[f"{own}.self_attn.score_mixer.weight"], scores)
        probabilities = scores.masked_fill(~visible, float("-inf")).softmax(-1)
        if section["head_mixing"]:
            mixer = self.weights[f"{own}.self_attn.probability_mixer.weight"]
            probabilities = torch.einsum("hg,gij->hij", mixer, probabilities)
        mixed = (probabilities @ v).transpose(0, 1).reshape(length, width)
        return self.linear(mixed, f"{shared}.self_attn.out_proj")

    def transformer(self, x, tower, section, visible):
        act = {"gelu": F.gelu, "quick_gelu": lambda x: x * torch.sigmoid(1.702 * x)}[section["hidden_act"]]
        for layer in range(section["num_hidden_layers"]):
            own = f"{tower}.encoder.layers.{layer}"
            shared = f"{tower}.encoder.layers.{layer - layer % section['sharing']}"
            x = x + self.attention(self.norm(x, f"{own}.layer_norm1"), shared, own, section, visible)
            hidden = act(self.linear(self.norm(x, f"{own}.layer_norm2"), f"{shared}.mlp.fc1"))
            x = x + self.linear(hidden, f"{shared}.mlp.fc2")
        return x

    # Whether batch norms take their statistics from the batch, and the running ones move towards them.
    learns = False

    def convolution(self, x, name, norm, stride):
        x = F.conv2d(x, self.weights[f"{name}.weight"], stride=stride, padding=1)
        mean, variance, weight, bias = (
            self.weights[f"{norm}.{part}"] for part in ("running_mean", "running_var", "weight", "bias")
        )
        return F.batch_norm(x, mean, variance, weight, bias, training=self.learns)

    def stem(self, x):
        section = self.config["vision_config"]
        for stage, channels in enumerate(section.get("stem_channels", [])):
            name = f"vision_model.embeddings.stem.{stage}"
            x = F.gelu(self.convolution(x, f"{name}.conv", f"{name}.norm", 2))
            for block in range(section.get("stem_blocks", [0] * 4)[stage]):
                inner = f"{name}.blocks.{block}"
                y = F.gelu(self.convolution(x, f"{inner}.conv1", f"{inner}.norm1", 1))
                x = x + self.convolution(y, f"{inner}.conv2", f"{inner}.norm2", 1)
        return x

    def image(self, pixels):
        return self.image_of(self.stem(pixels[None])[0])

    def image_of(self, maps):
        """What a tower makes of what its stem made."""
        section, name = self.config["vision_config"], "vision_model.embeddings"
        kernel = self.weights[f"{name}.patch_embedding.weight"]
        patches = F.conv2d(maps[None], kernel, stride=kernel.shape[-1])[0].flatten(1).T
        x = torch.cat([self.weights[f"{name}.class_embedding"][None], patches])
        x = self.norm(x + self.weights[f"{name}.position_embedding.weight"], "vision_model.pre_layrnorm")
        visible = torch.ones(len(x), len(x), dtype=torch.bool)
        x = self.transformer(x, "vision_model", section, visible)
        return self.linear(self.norm(x[0], "vision_model.post_layernorm"), "visual_projection")

    def text(self, ids, padding=0):
        """`padding` tokens behind the text, which nobody sees."""
        section, name = self.config["text_config"], "text_model.embeddings"
        length = len(ids) + padding
        x = self.weights[f"{name}.token_embedding.weight"][torch.tensor(ids + [0] * padding)]
        if section["embedding_rank"] is not None:
            x = self.linear(x, f"{name}.token_projection")
        x = x + self.weights[f"{name}.position_embedding.weight"][:length]
        visible = (torch.arange(length) < len(ids)).expand(length, length)
        if section["attention"] == "causal":
            visible = visible.tril()
        x = self.transformer(x, "text_model", section, visible)
        end = ids.index(section["eos_token_id"])
        return self.linear(self.norm(x[end], "text_model.final_layer_norm"), "text_projection")


def shapes(config):
    """Every parameter by its name; those that repetitions share are there once, under the first of them."""
    vision, text = config["vision_config"], config["text_config"]
    width, rank = text["hidden_size"], text["embedding_rank"]
    patches = (vision["image_size"] // vision["patch_size"]) ** 2
    channels, stem = [3] + vision.get("stem_channels", []), {}
    for stage, (inputs, outputs) in enumerate(zip(channels, channels[1:])):
        name = f"vision_model.embeddings.stem.{stage}"
        convolutions, norms = [(f"{name}.conv", inputs)], [f"{name}.norm"]
        for block in range(vision.get("stem_blocks", [0] * 4)[stage]):
            convolutions += [(f"{name}.blocks.{block}.conv{i}", outputs) for i in (1, 2)]
            norms += [f"{name}.blocks.{block}.norm{i}" for i in (1, 2)]
        for convolution, inputs in convolutions:
            stem[f"{convolution}.weight"] = (outputs, inputs, 3, 3)
        for norm in norms:
            stem |= {f"{norm}.{part}": (outputs,) for part in ("weight", "bias", "running_mean", "running_var")}
    kernel = vision["patch_size"] // 2 ** (len(channels) - 1)
    result = {
        "logit_scale": (),
        "vision_model.embeddings.class_embedding": (vision["hidden_size"],),
        "vision_model.embeddings.patch_embedding.weight": (vision["hidden_size"], channels[-1], kernel, kernel),
        "vision_model.embeddings.position_embedding.weight": (patches + 1, vision["hidden_size"]),
        "visual_projection.weight": (config["projection_dim"], vision["hidden_size"]),
        "text_model.embeddings.token_embedding.weight": (text["vocab_size"], width if rank is None else rank),
        "text_model.embeddings.position_embedding.weight": (text["max_position_embeddings"], width),
        "text_projection.weight": (config["projection_dim"], width),
    } | stem
    if rank is not None:
        result["text_model.embeddings.token_projection.weight"] = (width, rank)
    norms = {"vision_model.pre_layrnorm": vision, "vision_model.post_layernorm": vision,
             "text_model.final_layer_norm": text}
    for tower, section in (("vision_model", vision), ("text_model", text)):
        width, hidden, heads = (section[k] for k in ("hidden_size", "intermediate_size", "num_attention_heads"))
        for layer in range(section["num_hidden_layers"]):
            own = f"{tower}.encoder.layers.{layer}"
            norms |= {f"{own}.layer_norm1": section, f"{own}.layer_norm2": section}
            if section["head_mixing"]:
                for mixer in ("score_mixer", "probability_mixer"):
                    result[f"{own}.self_attn.{mixer}.weight"] = (heads, heads)
            if layer % section["sharing"] == 0:
                for name in "qkv":
                    result[f"{own}.self_attn.{name}_proj.weight"] = (width, width)
                    if section["qkv_bias"]:
                        result[f"{own}.self_attn.{name}_proj.bias"] = (width,)
                for name, outputs, inputs in (
                    ("self_attn.out_proj", width, width), ("mlp.fc1", hidden, width), ("mlp.fc2", width, hidden)
                ):
                    result |= {f"{own}.{name}.weight": (outputs, inputs), f"{own}.{name}.bias": (outputs,)}
    for name, section in norms.items():
        result |= {f"{name}.{part}": (section["hidden_size"],) for part in ("weight", "bias")}
    return result


def random_weights(config, seed):
    """Weights large enough that every part of the model shows in the embeddings."""
    generator = torch.Generator().manual_seed(seed)
    weights = {}
    for name, shape in sorted(shapes(config).items()):
        noise = torch.randn(shape, generator=generator)
        if name == "logit_scale":
            noise = torch.tensor(3.5)
        elif name.endswith("running_var"):
            noise = 0.3 + 0.2 * noise.abs()
        elif "norm" in name and name.endswith("weight"):
            noise = 1 + 0.2 * noise
        elif len(shape) == 1:
            noise = 0.2 * noise
        elif "mixer" in name:
            noise = torch.eye(shape[0]) + 0.5 * noise / shape[0] ** 0.5
        elif "embedding" in name and len(shape) == 2 and "projection" not in name:
            noise = 0.7 * noise
        else:
            noise = 1.4 * noise / noise[0].numel() ** 0.5
        weights[name] = noise
    return weights


def captions(context, vocabulary, seed):
    generator = torch.Generator().manual_seed(seed)
    words = lambda count: torch.randint(3, vocabulary - 2, (count,), generator=generator).tolist()
    lengths = (2, 3, 5, 8, context - 1, context)
    return [[vocabulary - 2] + words(length - 2) + [vocabulary - 1] for length in lengths]


def make(name, config, seed, dtype):
    folder = ROOT / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    weights = {key: value.to(dtype).contiguous() for key, value in random_weights(config, seed).items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})

    (folder / "model.safetensors").chmod(0o644)
    model, side = LCLIP(folder), config["vision_config"]["image_size"]
    generator = torch.Generator().manual_seed(seed + 1)
    pixels = torch.randint(0, 256, (3, side, side, 3), generator=generator).to(torch.uint8)
    pixels[1] = pixels[1] // 85 * 85
    pixels[2, : side // 2] = 40
    values = (pixels.permute(0, 3, 1, 2).float() / 255 - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(
        3, 1, 1
    )
    rows = captions(config["text_config"]["max_position_embeddings"], config["text_config"]["vocab_size"], seed + 2)
    images = torch.stack([model.image(picture) for picture in values])
    texts = torch.stack([model.text(row) for row in rows])
    longest = max(map(len, rows))
    beside = torch.stack([model.text(row, padding=longest - len(row)) for row in rows])
    assert torch.allclose(texts, beside, atol=1e-5)
    golden = {
        "peer": "the architecture written in PyTorch by the script",
        "versions": {"torch": torch.__version__},
        "script": Path(__file__).name,
        "activation": None,
        "side": side,
        "mean": list(MEAN),
        "std": list(STD),
        "pixels": base64.b64encode(pixels.numpy().tobytes()).decode(),
        "token_ids": rows,
        "image_embeddings": [[float(f"{v:.9g}") for v in row] for row in images.tolist()],
        "text_embeddings": [[float(f"{v:.9g}") for v in row] for row in texts.tolist()],
        "logit_scale": model.weights["logit_scale"].item(),
    }
    (folder / "golden.json").write_text(json.dumps(golden, indent=1).replace(",\n   ", ", ") + "\n")


def tower(width, hidden, layers, heads, **more):
    return dict(hidden_size=width, intermediate_size=hidden, num_hidden_layers=layers, num_attention_heads=heads,
                hidden_act="gelu", layer_norm_eps=1e-5, **more)


if __name__ == "__main__":
    # Everything that makes a CLIP lightweight, at once.
    full = dict(
        model_type="plumb_lclip", projection_dim=20,
        vision_config=tower(32, 96, 4, 8, image_size=32, patch_size=8, sharing=2, head_mixing=True, qkv_bias=True),
        text_config=tower(24, 80, 6, 3, vocab_size=100, max_position_embeddings=16, eos_token_id=99, sharing=3,
                          head_mixing=True, qkv_bias=False, attention="full", embedding_rank=10),
    )
    make("lclip", full, 41, torch.float32)
    # A causal text tower of mixed heads that shares nothing, and an image tower that shares and does not mix.
    causal = dict(
        model_type="plumb_lclip", projection_dim=20,
        vision_config=tower(32, 96, 2, 2, image_size=32, patch_size=8, sharing=2, head_mixing=False, qkv_bias=False),
        text_config=tower(24, 80, 2, 3, vocab_size=100, max_position_embeddings=16, eos_token_id=99, sharing=1,
                          head_mixing=True, qkv_bias=True, attention="causal", embedding_rank=None),
    )
    make("lclip-causal", causal, 42, torch.bfloat16)
    # A stem without residual blocks before patches of 2 × 2, whose config.json leaves the blocks out.
    stem = dict(
        model_type="plumb_lclip", projection_dim=20,
        vision_config=tower(32, 96, 2, 2, image_size=32, patch_size=8, sharing=2, head_mixing=False, qkv_bias=True,
                            stem_channels=[8, 16]),
        text_config=tower(24, 80, 2, 3, vocab_size=100, max_position_embeddings=16, eos_token_id=99, sharing=2,
                          head_mixing=False, qkv_bias=True, attention="full", embedding_rank=10),
    )
    make("lclip-stem", stem, 43, torch.float32)
    # Three stages with and without residual blocks, channels that fill no vector, and patches of one pixel.
    blocks = dict(
        model_type="plumb_lclip", projection_dim=20,
        vision_config=tower(32, 96, 4, 4, image_size=40, patch_size=8, sharing=2, head_mixing=True, qkv_bias=True,
                            stem_channels=[6, 12, 16], stem_blocks=[1, 0, 2]),
        text_config=tower(24, 80, 2, 3, vocab_size=100, max_position_embeddings=16, eos_token_id=99, sharing=1,
                          head_mixing=False, qkv_bias=True, attention="causal", embedding_rank=None),
    )
    make("lclip-stem-blocks", blocks, 44, torch.bfloat16)
