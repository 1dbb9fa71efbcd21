"""Makes Sources/CaptionMetrics/Tokenization/CharacterRanges.swift: asks the tokenizer of pycocoevalcap 1.2 (needs
Java) what it does with each character of Unicode's basic plane, and groups those that it treats alike.

    python make_character_ranges.py > CharacterRanges.swift
"""

import subprocess
import tempfile
from pathlib import Path

import pycocoevalcap.tokenizer.ptbtokenizer as ptb

LINE_ENDS = {0x0A, 0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029}
CODES = [code for code in [*range(0xD800), *range(0xE000, 0x10000)] if code not in LINE_ENDS]
CONTEXTS = [
    "{}", "x{}y", "1{}2", "{}1", "x {} y", "{}.x", "{}/2", "2.{}", "a-{}", "{}'s", "x{}'s", "#a{}b", "y'{}x", "{}n't",
    "1{}/2", "'{}b", '"{}b', "x.{}", "-{}5", "{}{}", "Mr.{}b", "A.B.{}C", "don{}t", "1{}1/2", "555{}123-4567", "c.{}A",
]
GROUPS = [
    ("letters", 0xE9, "Letters outside ASCII."),
    ("marks", 0x300, "Marks and other signs that continue a word, and may begin one, but that no hyphen joins."),
    ("digits", 0x661, "Digits outside ASCII."),
    ("symbols", 0xA9, "Characters that are each a token of their own."),
]


def token_lines(lines):
    jar = Path(ptb.__file__).parent / ptb.STANFORD_CORENLP_3_4_1_JAR
    with tempfile.NamedTemporaryFile() as file:
        # A word between the lines keeps one from being read with the next.
        file.write("".join(line + "\nzqzq\n" for line in lines).encode())
        file.flush()
        command = ["java", "-cp", str(jar), "edu.stanford.nlp.process.PTBTokenizer", "-preserveLines", file.name]
        out = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    found = [part.removeprefix("\n") for part in ("\n" + out).split("\nzqzq")][:-1]
    assert len(found) == len(lines)
    return found


def runs(codes):
    first = last = codes[0]
    for code in codes[1:]:
        if code != last + 1:
            yield first, last
            first = code
        last = code
    yield first, last


def main():
    answers = [token_lines([context.replace("{}", chr(code)) for code in CODES]) for context in CONTEXTS]
    groups = {}
    for i, code in enumerate(CODES):
        if code >= 128:
            groups.setdefault(tuple(lines[i].replace(chr(code), "@") for lines in answers), []).append(code)
    print("// Made by Tests/CaptionMetricsTests/Fixtures/ngram/make_character_ranges.py, which asks the tokenizer of")
    print("// pycocoevalcap 1.2 about every character of the basic plane. First and last of each run of UTF-16 units.")
    print("\n/// Runs of UTF-16 units outside ASCII that the tokenizer treats alike.")
    print("enum CharacterRanges {")
    for i, (name, sample, comment) in enumerate(GROUPS):
        codes = next(group for group in groups.values() if sample in group)
        items = [f"(0x{first:04X}, 0x{last:04X})" for first, last in runs(codes)]
        print(("\n" if i else "") + f"  /// {comment}\n  static let {name}: [(UInt16, UInt16)] = [")
        for start in range(0, len(items), 6):
            print("    " + ", ".join(items[start:start + 6]) + ",")
        print("  ]")
    print("}")


main()
