"""Makes `systems.json`: captions of three invented systems, and what SacreBLEU 2.6.0 (NumPy 2.4) says of their differences.

    pip install sacrebleu==2.6.0 numpy==2.4.6
    python make_systems_golden.py > systems.json

The captions are words drawn at random, so that nobody's captions are passed on. The systems copy a reference and change a
share of its words: the second system a few less than the first, the third many more.
"""

import json
import random

import numpy
from sacrebleu.metrics import BLEU
from sacrebleu.significance import PairedTest

WORDS = "a the dog cat man woman child on in with red blue big ball grass street runs sits holds and".split()


def changed(words, share, draw):
    return [draw.choice(WORDS) if draw.random() < share else word for word in words]


def main():
    draw = random.Random(7)
    references, systems = [], {"first": [], "second": [], "third": []}
    for _ in range(60):
        base = [draw.choice(WORDS) for _ in range(draw.randint(6, 11))]
        references.append([" ".join(changed(base, 0.2, draw)) for _ in range(2)])
        for name, share in (("first", 0.3), ("second", 0.25), ("third", 0.5)):
            words = changed(base, share, draw)
            systems[name].append(" ".join(words[: draw.randint(5, 11)]))
    golden = {"references": references, "systems": systems, "tests": {}}
    for kind in ("bs", "ar"):
        _, scores = PairedTest(
            list(systems.items()),
            {"BLEU": BLEU(tokenize="none", smooth_method="none", force=True)},
            [list(column) for column in zip(*references)],
            test_type=kind,
        )()
        golden["tests"][kind] = [
            {"value": r.score, "mean": r.mean, "ci": r.ci, "p": r.p_value} for r in scores["BLEU"]
        ]
    generator = numpy.random.default_rng(12345)
    golden["numpy"] = {
        "integers_below_1000": generator.integers(1000, size=9).tolist(),
        "integers_below_3_000_000_000": generator.integers(3_000_000_000, size=9).tolist(),
        "coins": generator.integers(2, size=70, dtype=bool).astype(int).tolist(),
        "integers_of_seed_2_to_40": numpy.random.default_rng(2**40).integers(1000, size=5).tolist(),
    }
    print(json.dumps(golden, indent=0))


main()
