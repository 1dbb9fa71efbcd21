"""Captions for comparisons: those of Examples/cats-and-dogs, and random ones of their words."""

from __future__ import annotations

import json
import random

from conftest import EXAMPLE


def corpus(count: int, seed: int = 0) -> tuple[dict[int, list[str]], dict[int, list[str]]]:
    """References and candidates by id, as pycocoevalcap's scorers take them: words with spaces between."""
    draw = random.Random(seed)
    texts = [*json.loads((EXAMPLE / "candidates.json").read_text()).values()]
    texts += [each for many in json.loads((EXAMPLE / "references.json").read_text()).values() for each in many]
    sentences = [text.rstrip(".").split() for text in texts]
    words = sorted({word for sentence in sentences for word in sentence})

    def caption() -> str:
        if draw.random() < 0.1:
            return " ".join(draw.choices(words, k=draw.randint(1, 3)))
        start = list(draw.choice(sentences))
        for _ in range(draw.randint(0, 4)):
            start[draw.randrange(len(start))] = draw.choice(words)
        return " ".join(start[: draw.randint(1, len(start))] if draw.random() < 0.3 else start)

    gts = {id: [caption() for _ in range(draw.randint(1, 5))] for id in range(count)}
    res = {id: [draw.choice(gts[id]) if draw.random() < 0.05 else caption()] for id in range(count)}
    return gts, res
