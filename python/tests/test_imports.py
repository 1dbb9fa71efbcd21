"""Whole scripts, run twice in processes of their own: with the peer's import lines, and with Plumb's."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest
from conftest import REPOSITORY, TINY_CLIP, needs_plumb

pytestmark = needs_plumb

PYCOCOEVALCAP = """
from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.meteor.meteor import Meteor
from pycocoevalcap.rouge.rouge import Rouge
from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer
"""
PYCOCOEVALCAP_OURS = "from plumb.coco import Bleu, Cider, Meteor, PTBTokenizer, Rouge\n"
EVALUATION = """
import json, sys

gts, res = json.load(open(sys.argv[1]))
tokenizer = PTBTokenizer()
gts, res = tokenizer.tokenize(gts), tokenizer.tokenize(res)
scorers = [(Bleu(4), ["Bleu_1", "Bleu_2", "Bleu_3", "Bleu_4"]), (Rouge(), "ROUGE_L"), (Cider(), "CIDEr")]
if "meteor" in sys.argv:
    scorers.append((Meteor(), "METEOR"))
found = {}
for scorer, method in scorers:
    score, scores = scorer.compute_score(gts, res)
    if isinstance(method, list):
        for name, value, values in zip(method, score, scores):
            found[name] = [value, *values]
    else:
        found[method] = [score, *scores]
print(json.dumps([gts, res, {name: [float(value) for value in values] for name, values in found.items()}]))
"""

TORCHMETRICS = """
from torchmetrics.multimodal import CLIPScore
from torchmetrics.text import BLEUScore as BLEU
"""
TORCHMETRICS_OURS = """
from plumb.torchmetrics import CLIPScore
from plumb import BLEU
"""
TRAINING = """
import json, sys
import torch

captions, references = json.load(open(sys.argv[1]))
torch.manual_seed(0)
images = torch.randint(0, 256, (len(captions), 3, 24, 40), dtype=torch.uint8)
found = []
for n in (1, 2, 3, 4):
    metric = BLEU(n)
    for start in range(0, len(captions), 5):
        metric.update(captions[start : start + 5], references[start : start + 5])
    found.append(metric.compute())
    metric.reset()
    found.append(metric(captions[:7], references[:7]))
metric = CLIPScore(sys.argv[2])
with torch.no_grad():
    found.append(metric(images[:2], [each[:60] for each in captions[:2]]))
    metric.update(images[2:], [each[:60] for each in captions[2:]])
    found.append(metric.compute())
print(json.dumps([float(value) for value in found]))
"""
# torchmetrics 1.9 expects of transformers 5 what 4 gave: tensors, and images prepared by Pillow.
AS_TRANSFORMERS_4 = """
import transformers
from transformers.models.clip import image_processing_pil_clip

def tensor_of(features):
    return lambda *arguments: getattr(found := features(*arguments), "pooler_output", found)

def processor(folder):
    return transformers.CLIPProcessor(
        image_processor=image_processing_pil_clip.CLIPImageProcessorPil.from_pretrained(folder),
        tokenizer=transformers.CLIPTokenizer.from_pretrained(folder),
    )

load = transformers.CLIPModel.from_pretrained

def model(folder):
    made = load(folder).eval()
    for name in ("get_image_features", "get_text_features"):
        setattr(made, name, tensor_of(getattr(made, name)))
    return made

transformers.CLIPModel.from_pretrained = model
transformers.CLIPProcessor.from_pretrained = processor
"""


def printed(script: str, *arguments: str | pathlib.Path):
    """What a script prints last, as JSON."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "python")}
    ran = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)], env=environment, capture_output=True, text=True, timeout=500
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout.splitlines()[-1])


def captions(count: int) -> list[list[str]]:
    """Five captions of each image as people wrote them: Flickr8k's, or where they are not there, the example's."""
    if folder := os.environ.get("PLUMB_TEST_DATA"):
        lines = (pathlib.Path(folder) / "flickr8k" / "Flickr8k.token.txt").read_text().splitlines()
        texts = [line.split("\t", 1)[1] for line in lines]
        return [texts[start : start + 5] for start in range(0, 5 * count, 5)]
    example = REPOSITORY / "Examples" / "cats-and-dogs"
    candidates, references = (json.loads((example / f"{name}.json").read_text()) for name in ("candidates", "references"))
    return [[candidates[id], *references[id]] for id in candidates]


def test_an_evaluation_with_pycocoevalcap_needs_other_imports_only(tmp_path, has_meteor):
    pytest.importorskip("pycocoevalcap")
    if shutil.which("java") is None:
        pytest.skip("no Java")
    every = captions(150)
    gts = {f"image{number}": [{"caption": text} for text in texts[1:]] for number, texts in enumerate(every)}
    res = {f"image{number}": [{"caption": texts[0]}] for number, texts in enumerate(every)}
    (tmp_path / "captions.json").write_text(json.dumps([gts, res]))
    arguments = [tmp_path / "captions.json", *(["meteor"] if has_meteor else [])]
    theirs = printed(PYCOCOEVALCAP + EVALUATION, *arguments)
    ours = printed(PYCOCOEVALCAP_OURS + EVALUATION, *arguments)
    assert ours[:2] == theirs[:2]
    assert list(ours[2]) == list(theirs[2]) and len(ours[2]) == (7 if has_meteor else 6)
    for name, values in theirs[2].items():
        assert len(values) == 1 + len(every)
        assert ours[2][name] == pytest.approx(values, rel=0, abs=1e-9), name


def test_a_script_of_torchmetrics_needs_other_imports_only(tmp_path):
    pytest.importorskip("torch")
    pytest.importorskip("torchmetrics")
    pytest.importorskip("transformers")
    # torchmetrics splits at spaces, and wants a model whose name has "openai" in it.
    from corpus import corpus

    gts, res = corpus(40, seed=4)
    (tmp_path / "captions.json").write_text(json.dumps([[text for (text,) in res.values()], [*gts.values()]]))
    shutil.copytree(TINY_CLIP, tmp_path / "openai" / "tiny-clip")
    arguments = [tmp_path / "captions.json", tmp_path / "openai" / "tiny-clip"]
    theirs = printed(AS_TRANSFORMERS_4 + TORCHMETRICS + TRAINING, *arguments)
    ours = printed(TORCHMETRICS_OURS + TRAINING, *arguments)
    assert len(ours) == 10 and min(theirs[:8]) > 0 and max(theirs[:8]) < 1
    assert ours[:8] == pytest.approx(theirs[:8], rel=0, abs=1e-6)
    assert ours[8:] == pytest.approx(theirs[8:], rel=0, abs=1e-4)
