"""Makes `differences.json`: intervals and p-values of the differences of two systems of `systems.json`, computed with NumPy alone.

    pip install numpy==2.4.6
    python make_differences_golden.py > evaluation/differences.json

BLEU-4 of resampled corpora, and two means over captions: CIDEr as coco-caption computes it, and CLIPScore of invented embeddings
of two numbers, which are angles here. All metrics are resampled with the same draws, those of SacreBLEU's paired bootstrap.
"""

import json
import math
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy

SEED, RESAMPLES = 12345, 1000
NAMES = ("first", "second")
HERE = Path(__file__).parent


def counts(caption: str, length: int) -> Counter[tuple[str, ...]]:
    words = caption.split()
    return Counter(tuple(words[i : i + length]) for i in range(len(words) - length + 1))


def bleu_rows(captions: list[str], references: list[list[str]]) -> numpy.ndarray:
    """A row a caption: matches and n-grams of each length, its length, and that of the nearest reference."""
    rows = []
    for caption, own in zip(captions, references):
        row = []
        for length in range(1, 5):
            found = counts(caption, length)
            most: Counter[tuple[str, ...]] = Counter()
            for reference in own:
                most |= counts(reference, length)
            row += [sum((found & most).values()), sum(found.values())]
        size = len(caption.split())
        nearest = min((len(reference.split()) for reference in own), key=lambda other: (abs(other - size), other))
        rows.append(row + [size, nearest])
    return numpy.array(rows, dtype=float)


def bleu(rows: numpy.ndarray) -> float:
    total = rows.sum(0)
    precisions = total[0:8:2] / total[1:8:2]
    if (precisions == 0).any():
        return 0.0
    brevity = min(1.0, math.exp(1 - total[9] / total[8]))
    return brevity * float(numpy.exp(numpy.log(precisions).mean()))


def cider(captions: list[str], references: list[list[str]]) -> numpy.ndarray:
    """CIDEr-D, a value a caption; document frequencies are those of the references."""
    frequency: Counter[tuple[str, ...]] = Counter()
    for own in references:
        frequency.update({gram for reference in own for length in range(1, 5) for gram in counts(reference, length)})

    def vector(caption: str, length: int) -> dict[tuple[str, ...], float]:
        weight = math.log(len(references))
        return {g: c * (weight - math.log(max(1, frequency[g]))) for g, c in counts(caption, length).items()}

    def norm(values: dict[tuple[str, ...], float]) -> float:
        return math.sqrt(sum(value * value for value in values.values()))

    def similarity(caption: str, reference: str) -> float:
        # The lengths are counted in pairs of words, as coco-caption has it.
        apart = max(0, len(caption.split()) - 1) - max(0, len(reference.split()) - 1)
        penalty = math.exp(-(apart**2) / (2 * 6.0**2))
        values = []
        for length in range(1, 5):
            mine, theirs = vector(caption, length), vector(reference, length)
            product = sum(min(value, theirs.get(gram, 0.0)) * theirs.get(gram, 0.0) for gram, value in mine.items())
            scale = norm(mine) * norm(theirs)
            values.append(penalty * (product / scale if scale else product))
        return sum(values) / 4

    return numpy.array([10 * sum(similarity(caption, r) for r in own) / len(own) for caption, own in zip(captions, references)])


def interval(values: numpy.ndarray) -> list[float]:
    """The middle 95 % of values, as SacreBLEU cuts them."""
    ordered = numpy.sort(values)
    cut = len(ordered) // 40
    return [float(ordered[cut]), float(ordered[-cut - 1])]


def tested(rows: list[numpy.ndarray], value: Callable[[numpy.ndarray], float], draws: numpy.ndarray) -> dict[str, object]:
    real = [value(own) for own in rows]
    drawn = [numpy.array([value(own[draw]) for draw in draws]) for own in rows]
    differences = drawn[1] - drawn[0]
    sizes = numpy.abs(differences)
    larger = int((sizes - sizes.mean() > abs(real[1] - real[0])).sum())
    return {
        "values": real,
        "intervals": [interval(own) for own in drawn],
        "difference": real[1] - real[0],
        "difference_interval": interval(differences),
        "p": (larger + 1) / (len(draws) + 1),
    }


def mean(values: numpy.ndarray) -> float:
    return float(values.mean())


def main() -> None:
    golden = json.loads((HERE / "evaluation/systems.json").read_text())
    references = golden["references"]
    captions = [golden["systems"][name] for name in NAMES]
    count = len(references)
    draws = numpy.random.default_rng(SEED).integers(count, size=(RESAMPLES, count))
    generator = numpy.random.default_rng(3)
    images = generator.uniform(0, 2 * math.pi, count).round(6)
    texts = [(images + generator.normal(0, spread, count)).round(6) for spread in (1.0, 0.9)]
    scores = [2.5 * numpy.maximum(0, numpy.cos(images - own)) for own in texts]
    result = {
        "angles": {"images": images.tolist(), **{name: own.tolist() for name, own in zip(NAMES, texts)}},
        "metrics": {
            "BLEU-4": tested([bleu_rows(own, references) for own in captions], bleu, draws),
            "CIDEr": tested([cider(own, references) for own in captions], mean, draws),
            "CLIPScore": tested(scores, mean, draws),
        },
    }
    print(json.dumps(result, indent=0))


main()
