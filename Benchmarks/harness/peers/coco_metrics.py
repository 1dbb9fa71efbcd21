"""BLEU, METEOR, ROUGE-L and CIDEr by pycocoevalcap, with its own tokenizer (Java) and METEOR's jar."""

import contextlib
import json
import sys
import time
from pathlib import Path

from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.meteor.meteor import Meteor
from pycocoevalcap.rouge.rouge import Rouge
from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer


def main() -> None:
    """Arguments: candidates, references, metrics with commas between.

    Prints the seconds, from captions in memory to scores, and the scores.
    """
    candidates, references = (json.loads(Path(argument).read_text()) for argument in sys.argv[1:3])
    metrics = sys.argv[3].split(",")
    start = time.perf_counter()
    with contextlib.redirect_stdout(sys.stderr):
        scores = score(candidates, references, metrics)
    print(json.dumps({"seconds": time.perf_counter() - start, "scores": scores}))


def score(candidates: dict[str, str], references: dict[str, list[str]], metrics: list[str]) -> dict[str, float]:
    """Corpus values under the names that Plumb prints."""
    tokenizer = PTBTokenizer()
    results = tokenizer.tokenize({key: [{"caption": caption}] for key, caption in candidates.items()})
    truths = tokenizer.tokenize({key: [{"caption": text} for text in texts] for key, texts in references.items()})
    scores = {}
    if "bleu" in metrics:
        bleu = Bleu(4).compute_score(truths, results, verbose=0)[0]
        scores |= {f"BLEU-{order + 1}": float(value) for order, value in enumerate(bleu)}
    if "meteor" in metrics:
        scores["METEOR"] = float(Meteor().compute_score(truths, results)[0])
    if "rouge" in metrics:
        scores["ROUGE-L"] = float(Rouge().compute_score(truths, results)[0])
    if "cider" in metrics:
        scores["CIDEr"] = float(Cider().compute_score(truths, results)[0])
    return scores


if __name__ == "__main__":
    main()
