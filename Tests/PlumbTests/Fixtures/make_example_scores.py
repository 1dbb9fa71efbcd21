"""Makes example_scores.json: what pycocoevalcap 1.2 gives for Examples/cats-and-dogs.

Run with pycocoevalcap==1.2 and Java installed:  python make_example_scores.py
"""
import importlib.metadata
import json
import pathlib

from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.rouge.rouge import Rouge
from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer

here = pathlib.Path(__file__).resolve().parent
example = here.parents[2] / "Examples" / "cats-and-dogs"


def scores(candidates):
    references = json.loads((example / "references.json").read_text())
    candidates = json.loads((example / candidates).read_text())
    tokenizer = PTBTokenizer()
    truth = tokenizer.tokenize({k: [{"caption": c} for c in v] for k, v in references.items()})
    result = tokenizer.tokenize({k: [{"caption": candidates[k]}] for k in references})
    bleu, bleus = Bleu(4).compute_score(truth, result, verbose=0)
    rouge, rouges = Rouge().compute_score(truth, result)
    cider, ciders = Cider().compute_score(truth, result)
    names = ["BLEU-1", "BLEU-2", "BLEU-3", "BLEU-4", "ROUGE-L", "CIDEr"]
    corpus = dict(zip(names, [*bleu, float(rouge), float(cider)]))
    per_caption = {
        key: dict(zip(names, [*(b[i] for b in bleus), float(rouges[i]), float(ciders[i])]))
        for i, key in enumerate(references)
    }
    return {"corpus": corpus, "perCaption": per_caption}


golden = {
    "peer": "pycocoevalcap " + importlib.metadata.version("pycocoevalcap"),
    "candidates.json": scores("candidates.json"),
    "worse-candidates.json": scores("worse-candidates.json"),
}
(here / "example_scores.json").write_text(json.dumps(golden, indent=2) + "\n")
