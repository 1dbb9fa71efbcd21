"""Makes trained/: a vocabulary learnt by the plainest program there is, and what transformers makes of it.

Peer: transformers 5.23.0 (tokenizers 0.23.3), whose `CLIPTokenizer` normalises and splits the texts, and reads the result.

    python make_trained_golden.py

`texts.txt` is made up here. `vocab.json` and `merges.txt` are what byte-pair training gives by its definition: all pairs
are counted anew for each merge, the most frequent one is merged, and of equals the one whose (left, right) comes first.
`golden.json` holds the ids that `CLIPTokenizer` gives with that folder.
"""

import collections
import importlib.metadata
import json
import os
import random
import tempfile
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

from transformers import CLIPTokenizer

FOLDER = Path(__file__).parent / "trained"
SIZE = 760
SPECIAL = ["<|startoftext|>", "<|endoftext|>"]


def texts():
    """Captions of our own, with what real ones have: capitals, contractions, numbers, accents, other alphabets."""
    rng = random.Random(7)
    things = "cat dogs horse Zebra giraffe children woman man's bicycle skateboard café piñata frisbee surfboard".split()
    places = "street kitchen beach field mountain river 3rd-floor balcony métro station grassland grandstand".split()
    deeds = "sitting standing running sleeping eating playing jumping looking holding walking won't isn't we'll".split()
    extra = ["「猫」が好き。", "naïve CAFÉ déjà-vu!!!", "abcabcabc abcbc bcabc aab aaab aaaab", "12 3456 ½ ²", "don't'll 've",
             "ǅungla İstanbul straße ΣΊΣΥΦΟΣ", "😀😀 🐈‍⬛", "x" * 300, "e\u0301te\u0301 été", "<|endoftext|> </w> a</w>"]
    lines = [f"A {rng.choice(things)} {rng.choice(deeds)} near the {rng.choice(places)} , {rng.choice(things)}!"
             for _ in range(300)]
    return lines + extra * 3


def byte_alphabet():
    printing = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printing]
    return [chr(byte) for byte in printing] + [chr(256 + index) for index in range(len(others))]


def write(folder, merges):
    alphabet = byte_alphabet()
    tokens = alphabet + [token + "</w>" for token in alphabet]
    for left, right in merges:
        if left + right not in tokens:
            tokens.append(left + right)
    tokens += SPECIAL
    folder.mkdir(exist_ok=True)
    (folder / "vocab.json").write_text(
        json.dumps({token: id for id, token in enumerate(tokens)}, ensure_ascii=False), encoding="utf-8")
    (folder / "merges.txt").write_text(
        "#version: 0.2\n" + "".join(f"{left} {right}\n" for left, right in merges), encoding="utf-8")
    return len(tokens)



def peer(merges):
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), merges)
        return CLIPTokenizer.from_pretrained(folder)


def encode(word, ranks):
    """The tokens of a word, by the merges so far: what training goes on with."""
    symbols = list(word[:-1]) + [word[-1] + "</w>"]
    while True:
        pairs = [(ranks[pair], index) for index, pair in enumerate(zip(symbols, symbols[1:])) if pair in ranks]
        if not pairs:
            return symbols
        index = min(pairs)[1]
        symbols[index : index + 2] = [symbols[index] + symbols[index + 1]]


def train(lines):
    backend = peer([]).backend_tokenizer
    words = collections.Counter()
    for line in lines:
        for word, _ in backend.pre_tokenizer.pre_tokenize_str(backend.normalizer.normalize_str(line)):
            if len(word) <= 256:
                words[word] += 1
    merges, ranks, tokens = [], {}, set(byte_alphabet()) | {token + "</w>" for token in byte_alphabet()}
    while len(tokens) + len(SPECIAL) < SIZE:
        counts = collections.Counter()
        for word, count in words.items():
            symbols = encode(word, ranks)
            for pair in zip(symbols, symbols[1:]):
                counts[pair] += count
        best = min(counts, key=lambda pair: (-counts[pair], pair[0].encode(), pair[1].encode()))
        if counts[best] < 2:
            break
        ranks[best] = len(merges)
        merges.append(best)
        tokens.add(best[0] + best[1])
    return merges


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    lines = texts()
    (FOLDER / "texts.txt").write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    merges = train(lines)
    count = write(FOLDER, merges)
    tokenizer = peer(merges)
    samples = lines[::17] + lines[-10:] + ["a zebra crossing the moonlit grandstands", "", "Ünïcödé 猫猫 42"]
    golden = {
        "versions": {name: importlib.metadata.version(name) for name in ("transformers", "tokenizers")},
        "script": Path(__file__).name,
        "size": SIZE,
        "rows": [{"text": text, "ids": tokenizer(text)["input_ids"]} for text in samples],
    }
    (FOLDER / "golden.json").write_text(json.dumps(golden, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
    print(len(merges), "merges,", count, "tokens")
