"""Flickr8k's captions as candidates and references, the same every time."""

import json
from collections import defaultdict
from pathlib import Path

from harness.context import Context


def captions(context: Context) -> dict[str, list[str]] | None:
    """The five captions of each image by its name, in the file's order; nothing where the file is absent."""
    path = context.dataset("flickr8k", "Flickr8k.token.txt")
    if not path:
        return None
    found = defaultdict(list)
    for line in path.read_text().splitlines():
        key, caption = line.split("\t")
        found[key.partition("#")[0].removesuffix(".jpg")].append(caption)
    return dict(found)


def candidate(references: list[str]) -> str:
    """A caption that agrees with its references in part: half of the first, then half of the second."""
    first, second = references[0].split(), references[1].split()
    return " ".join(first[: len(first) // 2] + second[len(second) // 2 :])


def images(context: Context, count: int) -> list[str] | None:
    """The first names, sorted, that have both an image and captions."""
    folder, known = context.dataset("flickr8k", "images"), captions(context)
    if not folder or not known:
        return None
    return sorted(name for name in known if (folder / f"{name}.jpg").exists())[:count]


def write_first_captions(names: list[str], context: Context) -> Path:
    """A candidates file with each image's first caption."""
    known, path = captions(context), context.work / f"candidates-{len(names)}.json"
    path.write_text(json.dumps({name: known[name][0] for name in names}))
    return path
