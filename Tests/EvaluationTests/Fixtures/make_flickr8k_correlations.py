"""Makes judgement/flickr8k_correlations.json: what pycocoevalcap 1.2 and SciPy 1.17.1 say of BLEU, ROUGE-L and CIDEr on
Flickr8k-Expert, on the sample of Flickr8k-CF and on THumB 1.0, with every judgement a row as in jmhessel/clipscore.

    pip install scipy==1.17.1 numpy==2.4.6 pycocoevalcap==1.2
    PLUMB_TEST_DATA=... python make_flickr8k_correlations.py      (needs Java)

Only the coefficients are written: the captions and the judgements may not be passed on.
"""
import collections
import json
import os
import pathlib

import numpy
import scipy
import scipy.stats
from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.rouge.rouge import Rouge
from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer

HERE = pathlib.Path(__file__).parent / "judgement"
DATA = pathlib.Path(os.environ["PLUMB_TEST_DATA"]) / "flickr8k"
references, captions = collections.defaultdict(list), {}
for line in open(DATA / "Flickr8k.token.txt"):
    name, caption = line.strip().split("\t")
    references[name.split("#")[0]].append(caption)
    captions[name] = caption


def rows_of(file):
    for line in open(DATA / file):
        if line.strip():
            image, caption, *numbers = line.strip().split("\t")
            yield image, captions[caption], [float(number) for number in numbers]


def correlate(rows, remaining):
    tokenizer = PTBTokenizer()
    words = [tokenizer.tokenize({n: [{"caption": " ".join(t.split())} for t in texts] for n, texts in enumerate(lists)})
             for lists in ([remaining[i] for i, *_ in rows], [[c] for _, c, _ in rows])]
    scores = {f"BLEU-{n + 1}": s for n, s in enumerate(Bleu(4).compute_score(*words, verbose=0)[1])}
    scores["ROUGE-L"] = Rouge().compute_score(*words)[1]
    scores["CIDEr"] = Cider().compute_score(*words)[1]
    ratings = [rating for *_, rating in rows]
    return {"rows": len(rows), "metrics": {
        name: {
            "tau_b": scipy.stats.kendalltau(values, ratings)[0],
            "tau_c": scipy.stats.kendalltau(values, ratings, variant="c")[0],
            "spearman": scipy.stats.spearmanr(values, ratings)[0],
            "pearson": scipy.stats.pearsonr(values, ratings)[0],
        } for name, values in scores.items()}}


expert = [(i, c, rating) for i, c, ratings in rows_of("ExpertAnnotations.txt")
          if c not in references[i] for rating in ratings]
crowd = [(i, c, share) for i, c, (share, *_) in rows_of("CrowdFlowerAnnotations.sample.txt")]
left = {image: list(texts) for image, texts in references.items()}
for image, caption, _ in crowd:
    if caption in left[image]:
        left[image].remove(caption)
# THumB: each row has references of its own.
folder = DATA.parent / "thumb"
of_segment = {row["seg_id"]: row["refs"] for row in map(json.loads, open(folder / "references.json"))}
thumb = [json.loads(line) for line in open(folder / "THumB-1.0.jsonl")]
thumb_sets = {
    name: correlate([(row["seg_id"], row["hyp"], row[key]) for row in thumb], of_segment)
    for name, key in {"thumb": "human_score", "thumb-precision": "P", "thumb-recall": "R"}.items()
}
golden = {
    "scipy": scipy.__version__, "numpy": numpy.__version__, "pycocoevalcap": "1.2",
    "flickr8k-expert": correlate(expert, references), "flickr8k-cf": correlate(crowd, left),
    **thumb_sets,
}
(HERE / "flickr8k_correlations.json").write_text(json.dumps(golden, indent=1) + "\n")
