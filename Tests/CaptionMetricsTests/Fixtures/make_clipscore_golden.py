"""Makes dataset/clipscore_golden.json: what torchmetrics 1.9.0 calls CLIPScore, and the formula of Hessel et al.
in NumPy 2.4.6 and single precision, on embeddings drawn at random.

    pip install torchmetrics==1.9.0 torch transformers numpy && python make_clipscore_golden.py

torchmetrics runs as it is; only its model is replaced by one that returns the embeddings of this file.
"""
import json
import pathlib
import types

import numpy as np
import torch
import torchmetrics
from torchmetrics.multimodal import CLIPScore

HERE = pathlib.Path(__file__).parent / "dataset"
WIDTH, COUNT = 24, 16
random = np.random.default_rng(5)
base = random.normal(size=(COUNT, WIDTH))


def near(rows, sign, noise):
    return (sign * rows + noise * random.normal(size=rows.shape)).astype(np.float32)


images = near(base, 1, 0)
signs = np.where(np.arange(COUNT) % 4 == 3, -1, 1)[:, None]
candidates = near(base, signs, 1.0)
references = [[near(base[i], 1, 1.5).tolist() for _ in range(1 + i % 5)] for i in range(COUNT)]


class Model(torch.nn.Module):
    """Embeds picture i and text "i" as row i."""

    config = types.SimpleNamespace()

    def __init__(self, texts):
        super().__init__()
        self.texts = torch.from_numpy(texts)
        self.images = torch.from_numpy(images)

    def get_image_features(self, pixels):
        return self.images[pixels]

    def get_text_features(self, ids, mask):
        return self.texts[ids]


def processor(text=None, images=None, **_):
    if images is not None:
        return {"pixel_values": torch.tensor([int(i.flatten()[0]) for i in images])}
    ids = torch.tensor([int(t) for t in text])
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids)[:, None]}


def torchmetrics_score(texts):
    metric = CLIPScore(model_name_or_path=lambda: (Model(texts), processor))
    pairs, score = [], metric
    for i in range(COUNT):
        picture = torch.full((3, 1, 1), i, dtype=torch.uint8)
        score.update(picture, str(i))
        one = torchmetrics.functional.multimodal.clip_score(
            picture, str(i), model_name_or_path=lambda: (Model(texts), processor))
        pairs.append(float(one))
    return {"corpus": float(score.compute()), "pairs_clamped": pairs}


def unit(rows):
    rows = np.asarray(rows, dtype=np.float32)
    return rows / np.sqrt(np.sum(rows**2, axis=-1, keepdims=True))


def hessel(scale):
    scores = scale * np.clip(np.sum(unit(images) * unit(candidates), axis=1), 0, None)
    best = np.array([np.max(unit(candidates)[i] @ unit(r).T) for i, r in enumerate(references)])
    best = np.maximum(best, 0)
    total = scores + best
    both = np.where(total > 0, 2 * scores * best / np.where(total > 0, total, 1), 0)
    return {
        "pairs": scores.tolist(), "corpus": float(scores.mean()),
        "reference_pairs": both.tolist(), "reference_corpus": float(both.mean()),
    }


golden = {
    "peers": {"torchmetrics": torchmetrics.__version__, "numpy": np.__version__},
    "width": WIDTH, "images": images.tolist(), "candidates": candidates.tolist(), "references": references,
    "hessel": hessel(2.5), "pac": hessel(2.0),
    "torchmetrics": torchmetrics_score(candidates),
    "torchmetrics_negated": torchmetrics_score(-candidates),
}
(HERE / "clipscore_golden.json").write_text(json.dumps(golden) + "\n")
