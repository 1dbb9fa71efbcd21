"""Makes feedback_golden.json: what numpy, scipy and scikit-learn make of marks, for each method of relevance feedback.

    pip install numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1
    python make_feedback_golden.py
"""

import json
import pathlib

import numpy as np
import scipy
import sklearn
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

RANDOM = np.random.default_rng(7)
WIDTH, COUNT, GOOD, BAD = 24, 120, 7, 9
# Unit rows in a narrow cone, with directions of very different spread, as those of a CLIP model.
scales = np.geomspace(2, 0.05, WIDTH)
rows = RANDOM.normal(size=(COUNT, WIDTH)) * scales + RANDOM.normal(size=WIDTH) * 2
rows = np.round(rows / np.linalg.norm(rows, axis=1, keepdims=True), 6).astype(np.float32).astype(np.float64)
query = np.round(RANDOM.normal(size=WIDTH) + rows.mean(0) * 3, 6).astype(np.float32).astype(np.float64)
units = rows / np.linalg.norm(rows, axis=1, keepdims=True)
q = query / np.linalg.norm(query)
order = np.argsort(-units @ q)
good, bad = order[:GOOD], order[GOOD : GOOD + BAD]
P, N = units[good], units[bad]
G, y = np.r_[P, N], np.r_[np.ones(GOOD), -np.ones(BAD)]
half = len(y) / 2
weights = np.r_[np.full(GOOD, half / GOOD), np.full(BAD, half / BAD)]


def logistic(features, strength, weights):
    """scikit-learn minimises C Σ c log(1 + exp(-y f)) + |w|²/2."""
    model = LogisticRegression(C=1 / strength, solver="newton-cg", tol=1e-12, max_iter=10_000)
    return model.fit(features, y, sample_weight=weights).coef_[0]


def adaptive():
    mean = units.mean(0)
    covariance = (units - mean).T @ (units - mean) / len(units)
    spread = np.trace(covariance) / WIDTH
    values, vectors = np.linalg.eigh(0.97 * covariance / spread + 0.03 * np.eye(WIDTH))
    metric = (vectors / np.sqrt(values)) @ vectors.T / spread
    start = q / np.sqrt(q @ covariance @ q) + metric @ (0.14 * (P.mean(0) - mean) - 0.07 * (N.mean(0) - mean))
    start /= np.sqrt(start @ covariance @ start)
    # In w = start + metric^(1/2) v the penalty is the plain one; the start is an offset of each example.
    root = (vectors * values**-0.25) @ vectors.T / np.sqrt(spread)

    def loss(v):
        f = G @ start + G @ root @ v[:-1] + v[-1]
        rest = 1 / (1 + np.exp(y * f))
        slope = -weights * y * rest
        value = (weights * np.logaddexp(0, -y * f)).sum() + 70 * v[:-1] @ v[:-1]
        return value, np.r_[root @ (G.T @ slope) + 140 * v[:-1], slope.sum()]

    best = minimize(loss, np.zeros(WIDTH + 1), jac=True, method="L-BFGS-B", options=dict(maxiter=5000, ftol=1e-16, gtol=1e-11))
    return start + root @ best.x[:-1]


def anchored():
    half = np.r_[np.full(GOOD, 0.5 / GOOD), np.full(BAD, 0.5 / BAD)]

    def loss(v):
        w, b = v[:-1], v[-1]
        squares = w @ w
        length = np.sqrt(squares)
        cosine = w @ q / length
        margin = y * (G @ w + b)
        slope = -half * y / (1 + np.exp(margin))
        value = (half * np.logaddexp(0, -margin)).sum() + 0.1 * (np.cosh(np.log(squares)) - 1) + 0.1 * (1 - cosine) / 2
        gradient = G.T @ slope + 0.1 * np.sinh(np.log(squares)) * 2 * w / squares - 0.05 * (q / length - cosine * w / squares)
        return value, np.r_[gradient, slope.sum()]

    best = minimize(loss, np.r_[q, 0], jac=True, method="L-BFGS-B", options=dict(maxiter=5000, ftol=1e-16, gtol=1e-9))
    return best.x[:-1]


vectors = {
    "rocchio": q + 4 * P.mean(0) - 4 * N.mean(0),
    "logistic": logistic(G, 1, weights),
    "svm": SVC(C=1, kernel="linear", class_weight="balanced", tol=1e-8).fit(G, y).coef_[0],
    "anchored": anchored(),
    "adaptive": adaptive(),
}
nearest = 0.3 * units @ q + (units @ P.T).max(1) - 0.5 * (units @ N.T).max(1)
pathlib.Path(__file__).with_name("feedback_golden.json").write_text(
    json.dumps(
        {
            "made_with": f"numpy {np.__version__}, scipy {scipy.__version__}, scikit-learn {sklearn.__version__}",
            "rows": [[float(f"{v:.6f}") for v in row] for row in rows],
            "query": [float(f"{v:.6f}") for v in query],
            "good": good.tolist(),
            "bad": bad.tolist(),
            "vectors": {name: [round(float(v), 7) for v in w / np.linalg.norm(w)] for name, w in vectors.items()},
            "nearest": [round(float(v), 6) for v in nearest],
        },
        separators=(",", ":"),
    )
    + "\n"
)
