"""Makes the goldens of the n-gram metrics and of their tokenizer. The peer is pycocoevalcap 1.2 (needs Java).

    python make_golden.py                 tokens.json, isolated.json, metrics.json
    python make_golden.py --data FOLDER   corpora.json, too: checksums and corpus values on real captions, which may
                                          not be passed on themselves (FOLDER is what PLUMB_TEST_DATA names)
"""

import argparse
import contextlib
import gzip
import io
import json
import os
import random
import subprocess
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy
import pycocoevalcap.tokenizer.ptbtokenizer as ptb
from hard_strings import lines as hard_lines
from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.rouge.rouge import Rouge

PEER = {"peer": "pycocoevalcap " + version("pycocoevalcap"), "numpy": numpy.__version__}
HERE = Path(__file__).parent


def write(name, value):
    with open(HERE / name, "w", encoding="utf8", newline="\n") as file:
        json.dump({**PEER, **value}, file, ensure_ascii=False, indent=0)
        file.write("\n")


def tokenize(captions):
    """The token lines of `captions` as pycocoevalcap makes them."""
    with contextlib.redirect_stderr(io.StringIO()):
        by_id = ptb.PTBTokenizer().tokenize({0: [{"caption": caption} for caption in captions]})
    return by_id[0]


def tokenize_apart(captions):
    """The same, each caption as a text of its own."""
    jar = Path(ptb.__file__).parent / ptb.STANFORD_CORENLP_3_4_1_JAR
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for i, caption in enumerate(captions):
            names.append(os.path.join(folder, str(i)))
            with open(names[-1], "wb") as file:
                file.write(caption.replace("\n", " ").encode())
        command = ["java", "-cp", str(jar), "edu.stanford.nlp.process.PTBTokenizer", "-preserveLines", "-lowerCase"]
        tokens = []
        for name in names:
            out = subprocess.run([*command, name], capture_output=True, check=True).stdout.decode()
            line = out.split("\n")[0].rstrip().split(" ")
            tokens.append(" ".join(word for word in line if word not in ptb.PUNCTUATIONS))
    return tokens


def score(candidates, references):
    """Corpus and item values of all metrics."""
    flat = tokenize([caption for captions in references for caption in captions])
    gts, start = {}, 0
    for i, captions in enumerate(references):
        gts[i] = flat[start:start + len(captions)]
        start += len(captions)
    res = {i: [line] for i, line in enumerate(tokenize(candidates))}
    bleu, bleu_items = Bleu(4).compute_score(gts, res, verbose=0)
    rouge, rouge_items = Rouge().compute_score(gts, res)
    cider, cider_items = Cider().compute_score(gts, res)
    result = {f"BLEU-{n + 1}": (bleu[n], bleu_items[n]) for n in range(4)}
    result["ROUGE-L"] = (rouge, rouge_items)
    result["CIDEr"] = (cider, cider_items)
    return {name: {"corpus": float(corpus), "perItem": [float(value) for value in items]}
            for name, (corpus, items) in result.items()}


WORDS = "a the two man woman dog dogs red blue ball car street sits stands runs on in with and of t-shirt U.S. don't it's".split()


def sentence(source, longest=12):
    count = source.randint(1, longest)
    return " ".join(source.choice(WORDS) for _ in range(count)) + source.choice(["", ".", " .", "!", " ..."])


def caption_sets():
    """Named sets of candidates and references."""
    source = random.Random(7)
    sets = {}
    references = [[sentence(source) for _ in range(source.randint(1, 7))] for _ in range(90)]
    candidates = [source.choice(r) if source.random() < 0.2 else sentence(source) for r in references]
    sets["generated"] = (candidates, references)
    long = [[sentence(source, 150) for _ in range(3)] for _ in range(12)]
    sets["long"] = ([sentence(source, 200) for _ in long], long)
    odd = [
        ("", ["a dog"]), ("a dog", [""]), ("", [""]), ("...", ["a dog", "!"]), ("a", ["a"]), ("a a a a a", ["a a"]),
        ("the dog", ["the dog", "the dog"]), ("call (555) 123-4567 now", ["call (555) 123-4567 now", "call now"]),
        ("1 1/2 cups", ["1 1/2 cup", "one cup"]), ("<a href=\"x y\"> z", ["z", "x y z"]), ("plan B.", ["plan B", "b"]),
        ("The plan", ["plan B."]), ("A dog", ["a dog ran fast"]), ("😀", ["😀 a"]), ("naïve café", ["NAÏVE CAFÉ"]),
        ("a b c d e f g h", ["a b c", "a b c d e f g h i j k l"]), ("http://a.b/\u2003c", ["http://a.b/ c"]),
    ]
    sets["odd"] = ([c for c, _ in odd], [r for _, r in odd])
    sets["single"] = (["a man on a street"], [["a man in a street", "the man"]])
    return sets


def fnv(lines):
    value = 0xCBF29CE484222325
    for byte in "\n".join(lines).encode():
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def corpora(folder):
    """The captions of the data folder, by name."""
    def read(path):
        opener = gzip.open if path.endswith(".gz") else open
        with opener(os.path.join(folder, path), "rt", encoding="utf8", newline="\n") as file:
            return file.read().rstrip("\n").split("\n")
    return {
        "flickr8k": [line.split("\t", 1)[1] for line in read("flickr8k/Flickr8k.token.txt")],
        "coco_captions": [json.loads(line.split("\t")[1]) for line in read("coco_captions/token_ids.tsv")],
        "coco_val2017": [line.split("\t", 1)[1] for line in read("captions_text/coco_val2017.tsv.gz")],
        "cc3m_validation": read("captions_text/cc3m_validation.txt.gz"),
        "multi30k": [line.split("\t")[2] for line in read("captions_text/multi30k_without_flickr8k_test_dev.tsv.gz")],
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data")
    data = parser.parse_args().data
    hard = hard_lines(11, 2500)
    write("tokens.json", {"captions": hard, "tokens": tokenize(hard)})
    apart = [line for line in hard_lines(12, 400) if line.rstrip()[-1:] in ".\"'!?x"][:80]
    write("isolated.json", {"captions": apart, "tokens": tokenize_apart(apart)})
    write("metrics.json", {"sets": [
        {"name": name, "candidates": c, "references": r, "scores": score(c, r)} for name, (c, r) in caption_sets().items()
    ]})
    if data:
        texts = corpora(data)
        checksums = {name: {"captions": len(lines), "checksum": fnv(tokenize(lines))} for name, lines in texts.items()}
        pictures = {}
        with open(os.path.join(data, "flickr8k/Flickr8k.token.txt"), encoding="utf8", newline="\n") as file:
            for line in file.read().rstrip("\n").split("\n"):
                name, caption = line.split("\t", 1)
                pictures.setdefault(name.split("#")[0], []).append(caption)
        scores = score([c[0] for c in pictures.values()], [c[1:] for c in pictures.values()])
        for value in scores.values():
            value["perItem"] = value["perItem"][::200]
        write("corpora.json", {"tokens": checksums, "flickr8k": scores})


main()
