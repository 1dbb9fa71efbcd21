"""Makes the tokenizer's fixtures: a small tokenizer of our own, and what the real peers answer.

Peers: transformers 5.23.0 (tokenizers 0.23.3) and open_clip_torch 3.3.0 (ftfy 6.3.1, regex 2026.11.15) on Python 3.11.

    python make_tokenizer_fixtures.py [bpe_simple_vocab_16e6.txt.gz]

Without OpenAI's file only the fixtures of the small tokenizer are made. It has CLIP's layout (bytes, bytes with `</w>`,
merges, two special tokens) and some 270 merges, trained below on sentences that are written below.
"""

import collections
import gzip
import importlib.metadata
import importlib.util
import json
import os
import platform
import struct
import sys
import tempfile
import zlib

os.environ["HF_HUB_OFFLINE"] = "1"

import unicodedata

import ftfy
from transformers import CLIPTokenizer

import hard_strings

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGES = ["transformers", "tokenizers", "open_clip_torch", "ftfy", "regex"]
PEERS = {name: importlib.metadata.version(name) for name in PACKAGES} | {"python": platform.python_version()}


def open_clip_tokenizer():
    """open_clip's tokenizer module alone: the package needs a torchvision that fits torch, the module does not."""
    place = os.path.join(*importlib.util.find_spec("open_clip").submodule_search_locations, "tokenizer.py")
    spec = importlib.util.spec_from_file_location("open_clip_tokenizer", place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


OPEN_CLIP = open_clip_tokenizer()
SimpleTokenizer, bytes_to_unicode = OPEN_CLIP.SimpleTokenizer, OPEN_CLIP.bytes_to_unicode


def train(count):
    """The merges of a byte-pair encoding over sentences of our own, the most frequent pair first."""
    animals = "cat dog horse zebra giraffe elephant bird sheep cow bear".split()
    places = "street kitchen beach field mountain river table bench train station".split()
    deeds = "sitting standing running sleeping eating playing riding looking holding walking".split()
    hues = "red blue green yellow black white brown orange small large".split()
    text = []
    for i in range(400):
        a, p, d, h = animals[i % 10], places[i // 3 % 10], deeds[i // 7 % 10], hues[i // 11 % 10]
        text.append(f"a photo of a {h} {a} {d} on the {p} , it's the {a}'s {p} !")
        text.append(f"two people are {d} beside a {h} {p} with their {a}s .")
    text += ["café naïve über résumé", "猫 桌子 猫", "ςίσυφος και η γάτα", "фото кошки на столе", "😀 😀 👍"] * 30
    encoder = bytes_to_unicode()
    words = collections.Counter()
    for word in " ".join(text).split():
        symbols = [encoder[b] for b in word.encode("utf-8")]
        words[tuple(symbols[:-1] + [symbols[-1] + "</w>"])] += 1
    merges = []
    while len(merges) < count:
        pairs = collections.Counter()
        for word, n in words.items():
            for pair in zip(word, word[1:]):
                pairs[pair] += n
        if not pairs:
            break
        best = max(sorted(pairs), key=lambda pair: pairs[pair])
        merges.append(best)
        merged = collections.Counter()
        for word, n in words.items():
            out, i = [], 0
            while i < len(word):
                if word[i : i + 2] == best:
                    out.append(word[i] + word[i + 1])
                    i += 2
                else:
                    out.append(word[i])
                    i += 1
            merged[tuple(out)] += n
        words = merged
    return merges


def vocabulary(merges):
    tokens = list(bytes_to_unicode().values())
    tokens += [t + "</w>" for t in tokens] + ["".join(m) for m in merges] + ["<|startoftext|>", "<|endoftext|>"]
    assert len(set(tokens)) == len(tokens)
    return {t: i for i, t in enumerate(tokens)}


def write(path, text):
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)


def write_folder(folder, merges):
    os.makedirs(folder, exist_ok=True)
    write(f"{folder}/vocab.json", json.dumps(vocabulary(merges)))
    write(f"{folder}/merges.txt", "#version: 0.2\n" + "\n".join(" ".join(m) for m in merges) + "\n")


def golden(hugging_face, simple, path):
    """One line a text: {"kind", "text", "hf", "decoded", "openai"}; "openai" is null where it is left out."""
    kept, left_out = [], collections.Counter()
    seen = set()
    for kind, text in hard_strings.strings():
        if text in seen:
            continue
        seen.add(text)
        ids = hugging_face(text)["input_ids"]
        row = {"kind": kind, "text": text, "hf": ids, "decoded": hugging_face.decode(ids, skip_special_tokens=True)}
        row["openai"] = None
        if ftfy.fix_text(text, fix_encoding=False) != ftfy.fix_text(text):
            left_out["ftfy repairs its encoding"] += 1
        elif any(unicodedata.category(c) == "Cn" for c in text):
            left_out["a code point that Python's Unicode does not know"] += 1
        else:
            row["openai"] = [simple.sot_token_id] + simple.encode(text) + [simple.eot_token_id]
        kept.append(row)
    header = {"peers": PEERS, "rows": len(kept), "openai_left_out": left_out}
    text = "\n".join(json.dumps(x, separators=(",", ":")) for x in [header] + kept)
    with open(path, "wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=9, mtime=0, filename="") as file:
        file.write(text.encode("utf-8"))
    print(path, os.path.getsize(path), header)


LACKING = set("zÃ")


def variants():
    """What special tokens in the settings do: the files, and the ids of a few texts."""
    start, end = "<|startoftext|>", "<|endoftext|>"

    def token(content, normalized, **more):
        return dict(content=content, single_word=False, lstrip=False, rstrip=False, normalized=normalized, **more)

    named = {
        "bos_token": token(start, True, __type="AddedToken"), "eos_token": token(end, True, __type="AddedToken"),
        "unk_token": token(end, True, __type="AddedToken"), "pad_token": end, "model_max_length": 77,
    }
    decoder = {str(vocab[start]): token(start, True, special=True), str(vocab[end]): token(end, False, special=True)}
    strings = {"bos_token": start, "eos_token": end, "unk_token": end, "pad_token": "!", "model_max_length": 77}
    cases = {
        "no settings": {},
        "as OpenAI's folders": {"tokenizer_config.json": named},
        "padding with !": {"tokenizer_config.json": dict(named, pad_token="!")},
        "special_tokens_map": {
            "tokenizer_config.json": {"model_max_length": 77},
            "special_tokens_map.json": {k: token(v["content"], True) if isinstance(v, dict) else v
                                        for k, v in named.items() if k.endswith("token")},
        },
        "added_tokens_decoder": {"tokenizer_config.json": dict(strings, added_tokens_decoder=decoder)},
        "extra tokens": {"tokenizer_config.json": dict(strings, pad_token=end, additional_special_tokens=["<cat>", "<cat>s"])},
        "a vocabulary that lacks bytes": {
            "vocab.json": {t: i for t, i in vocab.items() if not LACKING & set(t) or t in (start, end)},
            "merges.txt": "#version: 0.2\n" + "\n".join(" ".join(m) for m in merges if not LACKING & set("".join(m))),
        },
        "no length": {"tokenizer_config.json": dict(strings, pad_token=end, model_max_length=int(1e30))},
    }
    texts = ["a cat", f"{start.upper()} Hi {end.upper()}x! {end}!", "hello!! cat!", f"a{end}b{start}", "a <cat> b <CAT> <cat>s", "!!!", "a bébé zoo buzz"]
    out = []
    for name, files in cases.items():
        with tempfile.TemporaryDirectory() as temporary:
            write_folder(temporary, merges)
            for file, content in files.items():
                write(f"{temporary}/{file}", content if isinstance(content, str) else json.dumps(content))
            peer = CLIPTokenizer.from_pretrained(temporary)
            rows = [{"text": t, "ids": peer(t)["input_ids"]} for t in texts]
            length = peer.model_max_length if peer.model_max_length < 10**6 else None
            out.append({"name": name, "files": {k: v if isinstance(v, str) else json.dumps(v) for k, v in files.items()}, "rows": rows, "length": length})
            if name == "padding with !":
                peer.save_pretrained(f"{temporary}/saved")
                text = open(f"{temporary}/saved/tokenizer.json", encoding="utf-8").read()
                out.append({"name": "tokenizer.json", "files": {"tokenizer.json": text}, "rows": rows, "length": None})
    write(f"{HERE}/variants.json", json.dumps({"peers": PEERS, "variants": out}, separators=(",", ":")))


def code_points(hugging_face, simple, path):
    """Every code point in one text; of each 1,024 the CRC-32 of all ids, each four bytes, the lowest first.

    Planes 4 to 13, 15 and 16, without characters, are sampled: the first of each 1,024.
    """

    def text(c):
        return f"b{chr(c)}a\u0301{chr(c)} {chr(c)}'s"

    def checksum(value, ids):
        return zlib.crc32(struct.pack(f"<{len(ids)}i", *ids), value)

    def is_comparable(c):
        if unicodedata.category(chr(c)) in ("Cn", "Co") or ftfy.is_bad(text(c)):
            return False
        return not ftfy.is_bad(ftfy.fix_text(text(c), fix_encoding=False))

    hashes = {"hf": [], "openai": []}
    compared = []
    for block in range(0, 0x110000, 1024):
        is_whole = block < 0x40000 or 0xE0000 <= block < 0xE1000
        points = [c for c in range(block, block + (1024 if is_whole else 1)) if not 0xD800 <= c < 0xE000]
        values = {"hf": 0, "openai": 0}
        for ids in hugging_face([text(c) for c in points])["input_ids"] if points else []:
            values["hf"] = checksum(values["hf"], ids)
        for c in filter(is_comparable, points):
            values["openai"] = checksum(values["openai"], simple.encode(text(c)))
            if compared and compared[-1][1] == c - 1:
                compared[-1][1] = c
            else:
                compared.append([c, c])
        for peer, value in values.items():
            hashes[peer].append(value)
    write(path, json.dumps({"peers": PEERS, **hashes, "openai_compared": compared}, separators=(",", ":")))
    print(path, os.path.getsize(path), sum(b - a + 1 for a, b in compared), "code points compared with open_clip")


merges = train(600)
vocab = vocabulary(merges)
print(len(merges), "merges")
write_folder(f"{HERE}/small", merges)
listing = "our own merges, in the layout of bpe_simple_vocab_16e6.txt\n" + "\n".join(" ".join(m) for m in merges)
with open(f"{HERE}/small.txt.gz", "wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="") as file:
    file.write(listing.encode("utf-8"))
small = CLIPTokenizer.from_pretrained(f"{HERE}/small")
golden(small, SimpleTokenizer(bpe_path=f"{HERE}/small.txt.gz"), f"{HERE}/golden_small.jsonl.gz")
code_points(small, SimpleTokenizer(bpe_path=f"{HERE}/small.txt.gz"), f"{HERE}/code_points.json")
variants()
with tempfile.TemporaryDirectory() as temporary:
    small.save_pretrained(temporary)
    saved = json.load(open(f"{temporary}/tokenizer.json", encoding="utf-8"))
    write(f"{HERE}/small_pairs_tokenizer.json", json.dumps(saved, indent=1, ensure_ascii=False))
    saved["model"]["merges"] = [" ".join(m) for m in saved["model"]["merges"]]
    write(f"{HERE}/small_strings_tokenizer.json", json.dumps(saved))

if len(sys.argv) > 1:
    hard_strings.RANDOM.seed(7)
    listed = gzip.open(sys.argv[1]).read().decode("utf-8").split("\n")[1 : 49152 - 256 - 2 + 1]
    with tempfile.TemporaryDirectory() as temporary:
        write_folder(temporary, [tuple(line.split()) for line in listed])
        golden(CLIPTokenizer.from_pretrained(temporary), SimpleTokenizer(bpe_path=sys.argv[1]), f"{HERE}/golden_clip.jsonl.gz")
