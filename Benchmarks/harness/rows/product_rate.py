"""How fast this machine multiplies f32 matrices of the tower's shapes, by every library at hand."""

import json
import subprocess
import sys

from harness.context import Context
from harness.peers.products import SHAPES
from harness.report import Section


def measure(context: Context) -> Section:
    """GFLOP/s of each library and shape, the best of many."""
    found = rates(context.threads, context)
    names = sorted({name for name, _ in found})
    header = ["library", *("×".join(map(str, shape)) for shape in SHAPES)]
    rows = [[name, *(f"{found[name, index]:.0f}" for index in range(len(SHAPES)))] for name in names]
    return Section("Products of f32 matrices, GFLOP/s", header=header, rows=rows)


def best_rate(context: Context) -> tuple[float, str]:
    """The fastest product of this run and the library that made it."""
    found = rates(context.threads, context)
    name, index = max(found, key=found.get)
    return found[name, index], name


_found: dict[tuple[str, int], float] = {}


def rates(threads: int, context: Context) -> dict[tuple[str, int], float]:
    """Rates by (library, shape's index), measured once a run in a process of their own."""
    if not _found:
        command = [sys.executable, "-m", "harness.peers.products", str(threads)]
        output = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True, env=context.environment())
        _found.update({(name, index): rate for name, index, rate in json.loads(output.stdout.splitlines()[-1])})
    return _found
