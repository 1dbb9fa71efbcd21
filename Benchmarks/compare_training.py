"""Times the joint stage of L-CLIP's distillation by `plumb distill` beside the same recipe written plainly in PyTorch.

    PLUMB_TEST_DATA=DATA python compare_training.py TEACHER [--batch 32] [--steps 6] [--rounds 2] [--threads 2]

TEACHER is a ViT-B/32 in Hugging Face's layout with its tokenizer; random weights will do (make_checkpoint.py makes them). Both train the
published student (6 image layers of 24 heads in 3 blocks, 4 text layers of width 768 in 2 blocks, rank 256) on Flickr8k's
images: L1, cosine, Similarity Regulator, AdamW, float32. The plain way is what one writes first: the teacher runs in the
loop without gradients, texts are padded to 77, images are decoded by Pillow in the loop. Plumb computes the teacher's
rows once beforehand; they are timed too, and counted in a second figure as if there were one epoch only.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("teacher", type=pathlib.Path)
parser.add_argument("--batch", type=int, default=32)
parser.add_argument("--steps", type=int, default=6, help="timed steps, after a first one that is not counted")
parser.add_argument("--rounds", type=int, default=2)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--device", default="cpu")
parser.add_argument("--bf16", action="store_true", help="mixed precision in both")
parser.add_argument("--plumb", default=str(pathlib.Path(__file__).parents[1] / ".build/release/plumb"))
parser.add_argument("--plain", type=pathlib.Path, help=argparse.SUPPRESS)
parser.add_argument("--data", type=pathlib.Path, default=os.environ.get("PLUMB_TEST_DATA"))
arguments = parser.parse_args()

MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)


def pairs(count):
    """The first captions of the first images of the training split."""
    folder = arguments.data / "flickr8k"
    first = {}
    for line in (folder / "Flickr8k.token.txt").read_text().splitlines():
        name, caption = line.split("\t", 1)
        first.setdefault(name.split("#")[0], caption)
    names = (folder / "Flickr_8k.trainImages.txt").read_text().split()[:count]
    return [(folder / "images" / name, first[name]) for name in names]


def plain(student_folder):
    import torch
    import torch.nn.functional as F
    from harness import torchvision_shim  # noqa: F401 (before transformers imports torchvision)
    from PIL import Image
    from safetensors.torch import load_file
    from transformers import CLIPModel, CLIPTokenizer

    import numpy

    torch.set_num_threads(arguments.threads)
    device = arguments.device
    teacher = CLIPModel.from_pretrained(arguments.teacher).eval().to(device)
    tokenizer = CLIPTokenizer.from_pretrained(arguments.teacher)
    config = json.loads((student_folder / "config.json").read_text())
    weights = {n: torch.nn.Parameter(t.float().to(device)) for n, t in load_file(student_folder / "model.safetensors").items()}

    def linear(x, name):
        return F.linear(x, weights[f"{name}.weight"], weights.get(f"{name}.bias"))

    def norm(x, name):
        return F.layer_norm(x, x.shape[-1:], weights[f"{name}.weight"], weights[f"{name}.bias"], 1e-5)

    def transformer(x, tower, section, mask):
        heads, sharing = section["num_attention_heads"], section["sharing"]
        batch, length, width = x.shape
        for layer in range(section["num_hidden_layers"]):
            own, shared = f"{tower}.encoder.layers.{layer}", f"{tower}.encoder.layers.{layer - layer % sharing}"
            y = norm(x, f"{own}.layer_norm1")
            q, k, v = (
                linear(y, f"{shared}.self_attn.{p}_proj").view(batch, length, heads, width // heads).transpose(1, 2)
                for p in "qkv"
            )
            scores = q @ k.transpose(2, 3) / (width // heads) ** 0.5
            scores = torch.einsum("hg,bgij->bhij", weights[f"{own}.self_attn.score_mixer.weight"], scores)
            if mask is not None:
                scores = scores.masked_fill(~mask, float("-inf"))
            scores = torch.einsum("hg,bgij->bhij", weights[f"{own}.self_attn.probability_mixer.weight"], scores.softmax(-1))
            x = x + linear((scores @ v).transpose(1, 2).reshape(batch, length, width), f"{shared}.self_attn.out_proj")
            x = x + linear(F.gelu(linear(norm(x, f"{own}.layer_norm2"), f"{shared}.mlp.fc1")), f"{shared}.mlp.fc2")
        return x

    def image(pixels):
        name, section = "vision_model.embeddings", config["vision_config"]
        patches = F.conv2d(pixels, weights[f"{name}.patch_embedding.weight"], stride=section["patch_size"]).flatten(2).transpose(1, 2)
        first = weights[f"{name}.class_embedding"].expand(len(pixels), 1, -1)
        x = norm(torch.cat([first, patches], 1) + weights[f"{name}.position_embedding.weight"], "vision_model.pre_layrnorm")
        x = transformer(x, "vision_model", section, None)
        return linear(norm(x[:, 0], "vision_model.post_layernorm"), "visual_projection")

    def text(ids, attended):
        name, section = "text_model.embeddings", config["text_config"]
        x = linear(F.embedding(ids, weights[f"{name}.token_embedding.weight"]), f"{name}.token_projection")
        x = x + weights[f"{name}.position_embedding.weight"][: ids.shape[1]]
        x = transformer(x, "text_model", section, attended[:, None, None, :])
        ends = attended.sum(1) - 1
        x = norm(x[torch.arange(len(x), device=x.device), ends], "text_model.final_layer_norm")
        return linear(x, "text_projection")

    optimizer = torch.optim.AdamW(weights.values(), lr=1e-4, weight_decay=1e-3)
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (MEAN, STD))
    items = pairs(arguments.batch * (arguments.steps + 1))
    began = None
    for step in range(arguments.steps + 1):
        if step == 1:
            began = time.perf_counter()
        part = items[step * arguments.batch : (step + 1) * arguments.batch]
        images = [
            numpy.asarray(Image.open(path).convert("RGB").resize((224, 224), Image.BICUBIC)) for path, _ in part
        ]
        pixels = ((torch.from_numpy(numpy.stack(images)).permute(0, 3, 1, 2) / 255 - mean) / std).to(device)
        tokens = tokenizer([c for _, c in part], padding="max_length", max_length=77, truncation=True, return_tensors="pt")
        ids, attended = tokens["input_ids"].to(device), tokens["attention_mask"].bool().to(device)
        with torch.autocast(device, torch.bfloat16, enabled=arguments.bf16):
            with torch.no_grad():
                ti = teacher.visual_projection(teacher.vision_model(pixel_values=pixels).pooler_output)
                tt = teacher.text_projection(teacher.text_model(input_ids=ids, attention_mask=attended).pooler_output)
            si, st = image(pixels), text(ids, attended)
            tower = sum(F.l1_loss(s, t) / 6 + (1 - F.cosine_similarity(s, t)).mean() / 6 for s, t in ((si, ti), (st, tt)))
            s = F.normalize(si, dim=-1) @ F.normalize(st, dim=-1).T
            t = F.normalize(ti, dim=-1) @ F.normalize(tt, dim=-1).T
            same = torch.eye(len(s), dtype=torch.bool, device=device)
            regulator = F.relu(t - s)[same].mean() + F.relu(s - t)[~same].mean()
            loss = tower + regulator / 30
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        loss.item()
    print(json.dumps({"seconds": (time.perf_counter() - began) / arguments.steps}))


def ours(folder):
    count = arguments.batch * (arguments.steps + 1)
    items = pairs(count)
    (folder / "train.tsv").write_text("".join(f"{path.name}\t{caption}\n" for path, caption in items))
    recipe = f"""
output: run
threads: {arguments.threads}
device: {arguments.device}
mixed_precision: {str(arguments.bf16).lower()}
model: {{pretrained: {folder / "student"}}}
teacher: {{model: {arguments.teacher.resolve()}}}
image_cache: {{megabytes: 0}}
data:
  pairs: {{table: train.tsv, images: {arguments.data / "flickr8k/images"}}}
stages:
  - name: both
    train: both
    captions: first
    epochs: 1
    batch_size: {arguments.batch}
    learning_rate: 1e-4
    weight_decay: 1e-3
    losses:
      image: {{l1: 0.16667, cosine: 0.16667}}
      text: {{l1: 0.16667, cosine: 0.16667}}
      similarity_regulator: 0.03333
"""
    (folder / "recipe.yaml").write_text(recipe)
    began = time.perf_counter()
    subprocess.run([arguments.plumb, "distill", str(folder / "recipe.yaml")], check=True, stdout=subprocess.DEVNULL)
    whole = time.perf_counter() - began
    steps = [json.loads(line)["seconds"] for line in (folder / "run/log.jsonl").read_text().splitlines()]
    step = (steps[-1] - steps[0]) / (len(steps) - 1)
    # Everything before the first step is over: the process's start, the teacher's rows, the first batch.
    return step, max(0.0, whole - steps[-1]) / len(steps)


def main():
    if arguments.plain:
        return plain(arguments.plain)
    if not arguments.data:
        sys.exit("name the data: --data, or PLUMB_TEST_DATA")
    for number in range(arguments.rounds):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            subprocess.run(
                [arguments.plumb, "compress", str(arguments.teacher), str(folder / "student"), "--from-scratch",
                 "--vision-layers", "6", "--vision-heads", "24", "--text-layers", "4", "--text-width", "768", "--text-heads", "12",
                 "--weight-sharing", "2", "--embedding-rank", "256"], check=True, stdout=subprocess.DEVNULL)
            command = [sys.executable, __file__, *sys.argv[1:], "--plain", str(folder / "student")]
            theirs = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.splitlines()[-1])["seconds"]
            step, before = ours(folder)
            rate = lambda seconds: f"{arguments.batch / seconds:6.1f} samples/s"
            print(f"round {number + 1}: PyTorch {rate(theirs)}, plumb {rate(step)} ({theirs / step:.2f}x), "
                  f"with the teacher's rows for one epoch {rate(step + before)} ({theirs / (step + before):.2f}x)", flush=True)


main()
