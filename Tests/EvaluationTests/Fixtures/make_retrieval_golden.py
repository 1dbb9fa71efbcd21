"""Makes evaluation/retrieval_*: embeddings and the ranks that NumPy's argsort gives, in double precision.

Peer: NumPy 2.x. Run: python make_retrieval_golden.py
There are no ties in it, so that argsort's order among equals does not matter.
"""

import json
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent / "evaluation"
rng = np.random.default_rng(3)

images = rng.standard_normal((60, 20)).astype(np.float16)
captions = rng.integers(1, 5, size=len(images))
image_of_text = np.repeat(np.arange(len(images)), captions)
order = rng.permutation(len(image_of_text))
image_of_text = image_of_text[order]
texts = 0.35 * images[image_of_text].astype(np.float64) + rng.standard_normal((len(image_of_text), 20))
np.save(HERE / "retrieval_images.npy", images)
np.save(HERE / "retrieval_texts.npy", texts.astype(np.float32).astype(np.float64))

a = images.astype(np.float64)
b = texts.astype(np.float32).astype(np.float64)
a /= np.linalg.norm(a, axis=1, keepdims=True)
b /= np.linalg.norm(b, axis=1, keepdims=True)
similarities = b @ a.T
assert len(np.unique(similarities)) == similarities.size
places = np.argsort(np.argsort(-similarities, axis=1), axis=1) + 1
to_image = places[np.arange(len(texts)), image_of_text]
places = np.argsort(np.argsort(-similarities, axis=0), axis=0) + 1
to_text = [int(places[image_of_text == i, i].min()) for i in range(len(images))]


def summary(ranks):
    ranks = np.asarray(ranks)
    recalls = {f"R@{k}": float((ranks <= k).mean()) for k in (1, 5, 10)}
    return recalls | {"median_rank": float(np.median(ranks)), "mean_rank": float(ranks.mean())}


golden = {
    "peer": f"numpy {np.__version__}",
    "image_of_text": image_of_text.tolist(),
    "text_to_image": to_image.tolist(),
    "image_to_text": to_text,
    "summaries": {"text_to_image": summary(to_image), "image_to_text": summary(to_text)},
}
(HERE / "retrieval_golden.json").write_text(json.dumps(golden) + "\n")
