#!/usr/bin/env python3
"""Makes meteor.json: METEOR as pycocoevalcap 1.2 computes it (meteor-1.5.jar, Java), for captions of our own.

    pip install pycocoevalcap==1.2
    python make_meteor_golden.py
"""

import json
import pathlib
import random
from importlib.metadata import version

from pycocoevalcap.meteor.meteor import Meteor

PAIRS = [
    ("a dog runs across the grass", ["a dog is running through a field", "the brown dog runs on grass"]),
    ("a man rides a horse", ["a person riding on the back of a horse"]),
    ("two children play football in the park", ["kids are playing soccer outside", "two boys with a ball"]),
    ("a red car parked near a big house", ["an automobile stands by the large home"]),
    ("the woman smiled happily", ["a woman is smiling with happiness"]),
    ("a cat", ["a cat"]),
    ("cat", ["dog"]),
    ("the the the the", ["the cat sat on the mat"]),
    ("the cat sat on the mat the cat sat on the mat", ["the cat sat on the mat"]),
    ("", ["a cat on a sofa"]),
    ("a group of people stand around a table with food", ["several persons are standing next to a table of food"] * 3),
    ("he does n't want to go", ["he does not wish to leave"]),
    ("a plate of 3.5 kg of fish 's heads", ["a dish with fish heads"]),
    ("caf\u00e9 owners na\u00efvely waiting", ["the cafe owner waits naively"]),
    ("an airplane taking off from a runway", ["a plane takes off", "a jet is departing", "aircraft on a runway"]),
    ("a skier goes down the hill in order to win", ["a skier races downhill to win"]),
    ("mr. smith lives in the u.s.", ["mr smith lives in the us", "he resides in america"]),
    ("running runner runs ran", ["the runner ran a run"]),
    ("women and children", ["a woman and a child"]),
    ("a $ 100 bill", ["100 dollars", "a hundred dollar bill"]),
]
WORDS = sorted({word for candidate, references in PAIRS for text in [candidate, *references] for word in text.split()})


def main():
    generator = random.Random(7)
    pairs = list(PAIRS)
    for length in [1, 2, 3, 5, 8, 12, 20, 30, 45, 60] * 6:
        candidate = " ".join(generator.choices(WORDS, k=length))
        references = [
            " ".join(generator.choices(WORDS, k=max(1, length + generator.randint(-3, 3))))
            for _ in range(generator.randint(1, 5))
        ]
        pairs.append((candidate, references))
    corpus, items = Meteor().compute_score(
        {i: references for i, (_, references) in enumerate(pairs)},
        {i: [candidate] for i, (candidate, _) in enumerate(pairs)},
    )
    golden = {
        "pycocoevalcap": version("pycocoevalcap"),
        "corpus": corpus,
        "items": [
            {"candidate": candidate, "references": references, "score": score}
            for (candidate, references), score in zip(pairs, items)
        ],
    }
    path = pathlib.Path(__file__).with_name("meteor.json")
    path.write_text(json.dumps(golden, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
