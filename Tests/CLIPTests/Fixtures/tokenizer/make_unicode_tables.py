"""Writes Sources/CLIP/Tokenizer/UnicodeTables.swift: the character classes that CLIP's reference tokenizer uses.

Peer: tokenizers 0.23.3 (the library behind transformers 5.23.0). Its parts carry different versions of Unicode:
`\\p{L}`, `\\p{N}` and `\\s` come from Oniguruma, lower case from Rust, normalisation from an older crate. So every
code point is asked, and the answers are written down as runs.

Candidates for decompositions and combining classes come from Python's unicodedata; each is checked with the peer and
left out where the peer does not know it.

    python make_unicode_tables.py ../../../../Sources/CLIP/Tokenizer/UnicodeTables.swift
"""

import sys
import unicodedata

import tokenizers
from tokenizers import Regex, normalizers, pre_tokenizers

CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
NFD, NFC, LOWER = normalizers.NFD(), normalizers.NFC(), normalizers.Lowercase()


def members(pattern):
    """The code points that the peer's regular expression engine matches."""
    split, found = pre_tokenizers.Split(Regex(pattern), "removed"), []
    for start in range(0, len(CODE_POINTS), 2048):
        chunk = CODE_POINTS[start : start + 2048]
        kept = set()
        for _, (first, end) in split.pre_tokenize_str("".join(map(chr, chunk))):
            kept.update(range(first, end))
        found += [c for i, c in enumerate(chunk) if i not in kept]
    return found


def runs(points):
    """Maximal [first, last] runs."""
    out = []
    for c in points:
        if out and out[-1][1] == c - 1:
            out[-1][1] = c
        else:
            out.append([c, c])
    return out


def varint(n):
    """Little-endian groups of five bits; 32 says that more follow; the alphabet starts at "0"."""
    text = ""
    while True:
        group, n = n & 31, n >> 5
        text += chr(48 + group + (32 if n else 0))
        if not n:
            return text


def zigzag(n):
    return varint(2 * n if n >= 0 else -2 * n - 1)


def class_table(pattern):
    text, end = "", 0
    for first, last in runs(members(pattern)):
        text += varint(first - end) + varint(last - first)
        end = last + 1
    return text


def lowercase_table():
    """Runs of (gap, count - 1, step - 1, offset): count letters, step apart, each offset from its lower case."""
    found = []
    for c in CODE_POINTS:
        lower = LOWER.normalize_str(chr(c))
        if lower != chr(c):
            if len(lower) != 1:
                assert (c, lower) == (0x130, "i\u0307"), hex(c)
                continue
            found.append((c, ord(lower) - c))
    groups, i = [], 0
    while i < len(found):
        j, step = i, 1
        if i + 1 < len(found) and found[i + 1][0] - found[i][0] in (1, 2):
            step = found[i + 1][0] - found[i][0]
        while j + 1 < len(found) and found[j + 1] == (found[j][0] + step, found[i][1]):
            j += 1
        groups.append((found[i][0], j - i, step if j > i else 1, found[i][1]))
        i = j + 1
    text, end = "", 0
    for first, more, step, offset in groups:
        text += varint(first - end) + varint(more) + varint(step - 1) + zigzag(offset)
        end = first + more * step + 1
    return text


def decomposition_table():
    """(gap, kind, first, second): kind 0 is a pair that composes, 1 a pair that does not, 2 a single."""
    text, previous = "", 0
    known = {}
    for c in CODE_POINTS:
        if 0xAC00 <= c < 0xAC00 + 11172:
            continue
        field = unicodedata.decomposition(chr(c))
        if not field or field[0] == "<" or NFD.normalize_str(chr(c)) == chr(c):
            continue
        parts = [int(part, 16) for part in field.split()]
        kind = 2 if len(parts) == 1 else int(NFC.normalize_str("".join(map(chr, parts))) != chr(c))
        known[c] = parts
        text += varint(c - previous) + varint(kind) + "".join(zigzag(p - c) for p in parts[:1])
        text += "".join(varint(p) for p in parts[1:])
        previous = c

    def full(c):
        if 0xAC00 <= c < 0xAC00 + 11172:
            return unicodedata.normalize("NFD", chr(c))
        return "".join(full(p) for p in known[c]) if c in known else chr(c)

    for c in CODE_POINTS:
        assert full(c) == NFD.normalize_str(chr(c)), hex(c)
    return text


def combining_table():
    """Runs of (gap, length - 1, class)."""
    classes = {}
    for c in CODE_POINTS:
        cls = unicodedata.combining(chr(c))
        if not cls or NFD.normalize_str(chr(c)) != chr(c):
            continue
        # The peer knows the class where it moves the mark before U+0345 (240), or U+0345 before it.
        after, before = "a\u0345" + chr(c), "a" + chr(c) + "\u0345"
        if cls < 240 and NFD.normalize_str(after) != after or cls > 240 and NFD.normalize_str(before) != before:
            classes[c] = cls
        elif cls == 240:
            classes[c] = cls
        else:
            assert unicodedata.name(chr(c)), hex(c)
    # The classes themselves: each mark is held against one mark of every other class.
    samples = {}
    for c, cls in classes.items():
        samples.setdefault(cls, c)
    for c, cls in classes.items():
        for other, sample in samples.items():
            if other != cls:
                pair = chr(sample) + chr(c)
                assert (NFD.normalize_str(pair) != pair) == (cls < other), hex(c)
    # Whatever is not listed must not move.
    for c in CODE_POINTS:
        if c not in classes and len(NFD.normalize_str(chr(c))) == 1 and NFD.normalize_str(chr(c)) == chr(c):
            assert NFD.normalize_str("a\u0345" + chr(c)) == "a\u0345" + chr(c), hex(c)
    text, end = "", 0
    points = sorted(classes)
    i = 0
    while i < len(points):
        j = i
        while j + 1 < len(points) and points[j + 1] == points[j] + 1 and classes[points[j + 1]] == classes[points[i]]:
            j += 1
        text += varint(points[i] - end) + varint(j - i) + varint(classes[points[i]])
        end = points[j] + 1
        i = j + 1
    return text


def literal(name, comment, text):
    lines = [text[i : i + 104] for i in range(0, len(text), 104)]
    body = "\n".join("    " + line for line in lines)
    return f'  /// {comment}\n  static let {name}: StaticString = #"""\n{body}\n    """#\n'


TABLES = [
    ("letters", "`\\p{L}`: runs of (gap, length − 1).", class_table(r"\p{L}")),
    ("numbers", "`\\p{N}`: runs of (gap, length − 1).", class_table(r"\p{N}")),
    ("whitespace", "`\\s`: runs of (gap, length − 1).", class_table(r"\s")),
    ("lowercase", "Lower case but for U+0130: runs of (gap, count − 1, step − 1, signed offset).", lowercase_table()),
    ("combining", "Combining classes: runs of (gap, length − 1, class).", combining_table()),
    (
        "decompositions",
        "Canonical decompositions: (gap, 0 composes | 1 does not | 2 single, signed offset of the first, second).",
        decomposition_table(),
    ),
]

with open(sys.argv[1], "w", encoding="utf-8") as file:
    file.write("// Made by Tests/CLIPTests/Fixtures/tokenizer/make_unicode_tables.py: do not edit.\n")
    file.write(f"// Peer: tokenizers {tokenizers.__version__}.\n\n")
    file.write("/// What the reference tokenizer knows of Unicode, as runs of variable-length numbers.\n///\n")
    file.write("/// A number is groups of five bits, the lowest first, each a character from `0` on; a group with 32 added is\n")
    file.write("/// not the last. A signed number `n` is `2n`, or `−2n − 1` below zero. A gap counts from the end of the last run.\n")
    file.write("enum UnicodeTables {\n")
    file.write("\n".join(literal(*table) for table in TABLES))
    file.write("}\n")
for name, _, text in TABLES:
    print(name, len(text), "bytes")
