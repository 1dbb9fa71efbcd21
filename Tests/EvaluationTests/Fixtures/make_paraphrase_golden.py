"""Makes evaluation/paraphrase_*: random embeddings with ties, and AO@k, JS@k, R@k and Spearman's rho as they are defined.

Peers: NumPy, SciPy (spearmanr); their versions are written into the golden. Run: python make_paraphrase_golden.py

Everything is written plainly: all cosines in double precision, rankings by sorting (-cosine, row), overlaps by Python
sets. Ties come from equal rows and from rows that are twice another, whose cosines are equal to the last bit.
"""

import json
from pathlib import Path

import numpy as np
import scipy
from scipy.stats import spearmanr

HERE = Path(__file__).parent / "evaluation"
rng = np.random.default_rng(11)
IMAGES, PAIRS, WIDTH = 64, 90, 20

images = rng.standard_normal((IMAGES, WIDTH)).astype(np.float32)
images[17] = images[3]  # ties: the lower row stands first
images[40] = 2 * images[3]
images[41] = images[9]
image_of_pair = np.concatenate([np.arange(IMAGES), rng.integers(0, IMAGES, PAIRS - IMAGES)])
models = {}
for name, noise in (("before", 1.0), ("after", 0.6)):
    sense = images[image_of_pair] * 0.5 + rng.standard_normal((PAIRS, WIDTH)) * 0.5
    queries = (sense + noise * rng.standard_normal((PAIRS, WIDTH))).astype(np.float32)
    paraphrases = (sense + noise * rng.standard_normal((PAIRS, WIDTH))).astype(np.float32)
    paraphrases[5] = queries[5]  # the same words
    models[name] = (queries, paraphrases)
    np.save(HERE / f"paraphrase_{name}_queries.npy", queries)
    np.save(HERE / f"paraphrase_{name}_paraphrases.npy", paraphrases)
np.save(HERE / "paraphrase_images.npy", images)


def cosine(a, b):
    a, b = a.astype(np.float64), b.astype(np.float64)
    return float(np.dot(a, b)) * (1 / np.sqrt(np.dot(a, a))) * (1 / np.sqrt(np.dot(b, b)))


def ranking(text):
    return sorted(range(IMAGES), key=lambda image: (-cosine(text, images[image]), image))


def average_overlap(a, b, k):
    return sum(len(set(a[:d]) & set(b[:d])) / d for d in range(1, k + 1)) / k


def jaccard(a, b, k):
    return len(set(a[:k]) & set(b[:k])) / len(set(a[:k]) | set(b[:k]))


def rank(text, own):
    """The place of the image, everything that is as near standing before it."""
    target = cosine(text, images[own])
    return 1 + sum(cosine(text, images[i]) >= target for i in range(IMAGES) if i != own)


golden = {
    "peer": f"numpy {np.__version__}, scipy {scipy.__version__}",
    "image_of_pair": image_of_pair.tolist(),
    "models": {},
}
ties = 0
for name, (queries, paraphrases) in models.items():
    tops = [(ranking(q), ranking(r)) for q, r in zip(queries, paraphrases)]
    ties += sum(len({3, 17, 40} & set(a[:10])) == 3 for a, _ in tops)
    ranks = [[rank(t, own) for t, own in zip(texts, image_of_pair)] for texts in (queries, paraphrases)]
    golden["models"][name] = {
        "rankings": [a[:10] for a, _ in tops],
        "overlaps": {
            str(k): {
                "AO": [average_overlap(a, b, k) for a, b in tops],
                "JS": [jaccard(a, b, k) for a, b in tops],
            }
            for k in (1, 3, 10, IMAGES)
        },
        "recalls": {
            f"{wording} R@{k}": float(np.mean(np.asarray(own) <= k))
            for wording, own in zip(("query", "paraphrase"), ranks)
            for k in (1, 5, 10)
        },
        # The cosines of the pairs beside made-up gold, with ties in both.
        "spearman": float(
            spearmanr(
                [cosine(a, b) for a, b in zip(queries, paraphrases)], [(7 * i) % 11 for i in range(PAIRS)]
            )[0]
        ),
    }

# The intervals: whole images are drawn, the same for both models, by the generator that Plumb describes (SplitMix64).
MASK = (1 << 64) - 1


class SplitMix:
    def __init__(self, state):
        self.state = state & MASK

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        bits = self.state
        bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & MASK
        return bits ^ (bits >> 31)


SEED, RESAMPLES = 4, 300
order = list(dict.fromkeys(image_of_pair.tolist()))
groups = np.asarray([order.index(i) for i in image_of_pair])
values = np.asarray([golden["models"][m]["overlaps"]["10"]["AO"] for m in ("before", "after")])
draws = []
for draw in range(RESAMPLES):
    generator = SplitMix(SplitMix(SEED).next() + draw * 0xD1342543DE82EF95)
    counts = np.zeros(len(order))
    for _ in order:
        counts[(generator.next() * len(order)) >> 64] += 1
    before, after = (values * counts[groups]).sum(axis=1) / counts[groups].sum()
    draws.append((before, after, after - before))
golden["intervals"] = {
    "seed": SEED,
    "resamples": RESAMPLES,
    "AO@10": {
        name: np.quantile([draw[i] for draw in draws], [0.025, 0.975]).tolist()
        for i, name in enumerate(("before", "model", "change"))
    },
}
assert ties > 10, "too few ties to be a test"
(HERE / "paraphrase_golden.json").write_text(json.dumps(golden) + "\n")
