"""Times ParaCLIP's fine-tuning by `plumb finetune` beside the same written plainly in PyTorch, in triples a second.

    PLUMB_TEST_DATA=DATA python compare_finetuning.py MODEL [--batch 64] [--steps 4] [--rounds 2] [--threads 2] [--epoch 30000]

MODEL is a CLIP model in Hugging Face's layout with its tokenizer; random weights will do (make_checkpoint.py makes them). Both train the text
tower on Flickr8k's captions with InfoNCE(image, x″) + InfoNCE(x, x′) + InfoNCE(x′, x″), AdamW, float32. The plain way is
what one writes first: the frozen image tower runs in the loop without gradients, texts are padded to 77, images are
decoded by Pillow in the loop. Plumb computes the images' rows once; their time is told and counted as for one epoch of --epoch
triples, five of an image as Flickr8k has them.
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
parser.add_argument("model", type=pathlib.Path)
parser.add_argument("--batch", type=int, default=64)
parser.add_argument("--steps", type=int, default=4, help="timed steps, after a first one that is not counted")
parser.add_argument("--rounds", type=int, default=2)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--epoch", type=int, default=30_000, help="triples of the epoch that the images' rows are spread over")
parser.add_argument("--plumb", default=str(pathlib.Path(__file__).parents[1] / ".build/release/plumb"))
parser.add_argument("--plain", action="store_true", help=argparse.SUPPRESS)
parser.add_argument("--data", type=pathlib.Path, default=os.environ.get("PLUMB_TEST_DATA"))
arguments = parser.parse_args()

MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)


def triples(count):
    """A triple an image: three of its captions stand for x, x′, x″."""
    folder = arguments.data / "flickr8k"
    captions = {}
    for line in (folder / "Flickr8k.token.txt").read_text().splitlines():
        name, caption = line.split("\t", 1)
        captions.setdefault(name.split("#")[0], []).append(caption)
    names = (folder / "Flickr_8k.trainImages.txt").read_text().split()[:count]
    return [(folder / "images" / name, *captions[name][:3]) for name in names]


def plain():
    import numpy
    import torch
    import torch.nn.functional as F
    from harness import torchvision_shim  # noqa: F401 (before transformers imports torchvision)
    from PIL import Image
    from transformers import CLIPModel, CLIPTokenizer

    torch.set_num_threads(arguments.threads)
    model = CLIPModel.from_pretrained(arguments.model).train()
    tokenizer = CLIPTokenizer.from_pretrained(arguments.model)
    tower = list(model.text_model.parameters()) + list(model.text_projection.parameters())
    optimizer = torch.optim.AdamW(tower, lr=1e-5, weight_decay=0.01)
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (MEAN, STD))
    items = triples(arguments.batch * (arguments.steps + 1))
    labels = torch.arange(arguments.batch)

    def text(captions):
        tokens = tokenizer(captions, padding="max_length", max_length=77, truncation=True, return_tensors="pt")
        return F.normalize(model.text_projection(model.text_model(**tokens).pooler_output), dim=-1)

    def contrast(left, right):
        logits = model.logit_scale.exp().detach() * left @ right.T
        return (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2

    began = None
    for step in range(arguments.steps + 1):
        if step == 1:
            began = time.perf_counter()
        part = items[step * arguments.batch : (step + 1) * arguments.batch]
        images = [numpy.asarray(Image.open(path).convert("RGB").resize((224, 224), Image.BICUBIC)) for path, *_ in part]
        pixels = (torch.from_numpy(numpy.stack(images)).permute(0, 3, 1, 2) / 255 - mean) / std
        with torch.no_grad():
            image = F.normalize(model.visual_projection(model.vision_model(pixel_values=pixels).pooler_output), dim=-1)
        x, first, second = (text([item[place] for item in part]) for place in (1, 2, 3))
        loss = contrast(image, second) + contrast(x, first) + contrast(first, second)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        loss.item()
    print(json.dumps({"seconds": (time.perf_counter() - began) / arguments.steps}))


def ours(folder):
    items = triples(arguments.batch * (arguments.steps + 1))
    lines = [
        {"id": path.name, "caption": x, "plain": first, "paraphrase": second} for path, x, first, second in items
    ]
    (folder / "P.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    names = [path.name for path, *_ in items[:16]]
    (folder / "few.txt").write_text("\n".join(names))
    flickr = arguments.data / "flickr8k"
    (folder / "recipe.yaml").write_text(f"""
output: run
threads: {arguments.threads}
model: {arguments.model.resolve()}
data: {{paraphrases: P.jsonl, images: {flickr / "images"}}}
validation: {{captions: {flickr / "Flickr8k.token.txt"}, images: {flickr / "images"}, split: few.txt}}
wise_ft_alpha: 1
train: {{epochs: 1, batch_size: {arguments.batch}, learning_rate: 1e-5, validate_every_epochs: 2}}
""")
    began = time.perf_counter()
    images = subprocess.run(
        [arguments.plumb, "embed", "images", "--model", str(arguments.model), "--threads", str(arguments.threads), "--output",
         str(folder / "rows.npy"), *[str(path) for path, *_ in items]], capture_output=True)
    images.check_returncode()
    image = (time.perf_counter() - began) / len(items)
    subprocess.run([arguments.plumb, "finetune", str(folder / "recipe.yaml")], check=True, stdout=subprocess.DEVNULL)
    log = [json.loads(line) for line in (folder / "run/log.jsonl").read_text().splitlines()]
    steps = [line["seconds"] for line in log if "seconds" in line]
    return (steps[-1] - steps[0]) / (len(steps) - 1), image


def main():
    if arguments.plain:
        return plain()
    if not arguments.data:
        sys.exit("name the data: --data, or PLUMB_TEST_DATA")
    for number in range(arguments.rounds):
        with tempfile.TemporaryDirectory() as name:
            command = [sys.executable, __file__, *sys.argv[1:], "--plain"]
            theirs = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.splitlines()[-1])["seconds"]
            step, image = ours(pathlib.Path(name))
            first = step + image * arguments.batch / 5
            rate = lambda seconds: f"{arguments.batch / seconds:6.1f} triples/s"
            epoch = lambda seconds: f"{arguments.epoch / arguments.batch * seconds / 60:.1f} min"
            print(f"round {number + 1}: PyTorch {rate(theirs)} (epoch {epoch(theirs)}), plumb {rate(step)} ({theirs / step:.2f}x), "
                  f"with the images' rows {rate(first)} (epoch {epoch(first)}, {theirs / first:.2f}x)", flush=True)


main()
