"""Makes judgement/correlations.json: what SciPy 1.17.1 and NumPy 2.4.6 say of lists with ties, of constant ones, of
very large and very small numbers, and of resampled groups.

    pip install scipy==1.17.1 numpy==2.4.6 && python make_correlations.py
"""
import json
import math
import pathlib
import warnings

import numpy
import scipy
import scipy.stats

warnings.simplefilter("ignore")
HERE = pathlib.Path(__file__).parent / "judgement"
random = numpy.random.default_rng(11)
MASK = (1 << 64) - 1


class SplitMix:
    def __init__(self, state):
        self.state = state

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        bits = self.state
        bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & MASK
        return bits ^ (bits >> 31)


def draw(seed, part, count):
    """How often each of `count` groups is drawn."""
    base = SplitMix(seed).next()
    generator = SplitMix((base + part * 0xD1342543DE82EF95) & MASK)
    counts = [0] * count
    for _ in range(count):
        counts[generator.next() * count >> 64] += 1
    return counts


def coefficients(x, y):
    def value(statistic):
        return None if math.isnan(statistic) else float(statistic)

    short = len(x) < 2
    return {
        "tau_b": None if short else value(scipy.stats.kendalltau(x, y)[0]),
        "tau_c": None if short else value(scipy.stats.kendalltau(x, y, variant="c")[0]),
        "spearman": None if short else value(scipy.stats.spearmanr(x, y)[0]),
        "pearson": None if short else value(scipy.stats.pearsonr(x, y)[0]),
    }


def pair(name, x, y):
    x, y = [float(v) for v in x], [float(v) for v in y]
    return {"name": name, "x": x, "y": y, **coefficients(x, y)}


normal = random.normal
cases = [
    pair("no ties", normal(size=80), normal(size=80)),
    pair("ratings", normal(size=200).round(1), random.integers(1, 5, 200)),
    pair("many levels on both sides", normal(size=300).round(2), normal(size=300).round(2)),
    pair("few levels on both sides", random.integers(0, 3, 150), random.integers(0, 2, 150)),
    pair("agreement", numpy.arange(60), numpy.arange(60) ** 3),
    pair("contradiction", numpy.arange(61), -numpy.arange(61)),
    pair("related", numpy.arange(120) + normal(size=120) * 20, numpy.arange(120) // 10),
    pair("two pairs", [1, 2], [5, 3]),
    pair("two equal pairs", [1, 1], [2, 2]),
    pair("three pairs", [1, 2, 2], [3, 3, 5]),
    pair("constant first", [4] * 20, normal(size=20)),
    pair("constant second", normal(size=20), [0] * 20),
    pair("one pair", [1], [2]),
    pair("nothing", [], []),
    pair("zeros of both signs", [0.0, -0.0, 1, -1, 0.0], [1, 2, 3, 4, 5]),
    pair("large numbers", normal(size=30) * 1e150, normal(size=30) * 1e-150),
    pair("far from zero", 1e6 + normal(size=50), -1e6 + normal(size=50)),
]

resamples, seed, groups = 60, 7, 12
x = normal(size=90).round(1)
y = (x + normal(size=90)).round()
members = random.integers(0, groups, 90)
names = ["tau_b", "tau_c", "spearman", "pearson"]
values = {name: [] for name in names}
for part in range(resamples):
    rows = [row for row in range(90) for _ in range(draw(seed, part, groups)[members[row]])]
    found = coefficients(x[rows], y[rows])
    for name in names:
        values[name].append(found[name])
bootstrap = {
    "x": x.tolist(), "y": y.tolist(), "groups": members.tolist(), "group_count": groups, "seed": seed,
    "resamples": resamples, "draws": values,
    "intervals": {name: numpy.quantile(values[name], [0.025, 0.975]).tolist() for name in names},
}
golden = {"scipy": scipy.__version__, "numpy": numpy.__version__, "cases": cases, "bootstrap": bootstrap}
(HERE / "correlations.json").write_text(json.dumps(golden) + "\n")
