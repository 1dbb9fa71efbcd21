"""Writes Sources/CLIP/Tokenizer/CleaningTables.swift: HTML's entities and the replacements of ftfy that CLIP copies.

Peers: Python's html.entities (the HTML 5 list) and ftfy 6.3.1.

    python make_cleaning_tables.py ../../../../Sources/CLIP/Tokenizer/CleaningTables.swift
"""

import html.entities
import sys

import ftfy
from ftfy.chardata import LIGATURES, WIDTH_MAP

names = html.entities.html5
lines, line = [], ""
entries = []
for name in sorted({n.rstrip(";") for n in names}):
    value = names.get(name + ";") or names[name]
    assert name not in names or name + ";" in names and names[name] == value
    entries.append(name + ("!" if name in names else " ") + "+".join(f"{ord(c):X}" for c in value))
ligatures = [f"{k:X} " + "+".join(f"{ord(c):X}" for c in v) for k, v in sorted(LIGATURES.items())]
# Full-width ASCII is an offset; what is left is listed.
widths = []
for k, v in sorted(WIDTH_MAP.items()):
    if 0xFF01 <= k <= 0xFF5E:
        assert v == chr(k - 0xFEE0)
    else:
        widths.append(f"{k:X} " + "+".join(f"{ord(c):X}" for c in v))
c1 = []
for k in range(0x80, 0xA0):
    v = bytes([k]).decode("sloppy-windows-1252")
    if ord(v) != k:
        c1.append(f"{k:X} {ord(v):X}")


def literal(name, comment, entries):
    rows, row = [], ""
    for entry in entries:
        if len(row) + len(entry) + 1 > 104:
            rows.append(row)
            row = ""
        row += ("," if row else "") + entry
    rows.append(row)
    body = "\n".join("    " + row for row in rows)
    return f'  /// {comment}\n  static let {name}: StaticString = """\n{body}\n    """\n'


with open(sys.argv[1], "w", encoding="utf-8") as file:
    file.write("// Made by Tests/CLIPTests/Fixtures/tokenizer/make_cleaning_tables.py: do not edit.\n")
    file.write(f"// Peers: html.entities of Python {sys.version.split()[0]}, ftfy {ftfy.__version__}.\n\n")
    file.write("/// Replacements that open_clip's cleaning makes: `what` and the code points it becomes, in hexadecimal.\n")
    file.write("enum CleaningTables {\n")
    file.write(
        "\n".join(
            [
                literal("entities", "HTML's named characters; `!` marks those that need no semicolon.", entries),
                literal("ligatures", "Latin ligatures and digraphs.", ligatures),
                literal("widths", "Half-width and full-width forms outside U+FF01…U+FF5E.", widths),
                literal("c1Controls", "C1 controls, read as Windows-1252.", c1),
            ]
        )
    )
    file.write("}\n")
print(len(entries), len(ligatures), len(widths), len(c1))
