"""What was measured, kept by machine and row, and the page that shows it.

A row that is measured again on the same kind of machine takes the place of the older one, so that the page has one
table a machine and not one a run.
"""

import datetime
import json
import re
from dataclasses import asdict
from pathlib import Path

from harness.report import Section, Verdict, machine_report
from harness.rows import ROWS


def keep(folder: Path, machine: list[str], row: str, section: Section) -> None:
    """Put a row's section into the machine's file."""
    path = folder / f"{slug(machine[0])}.json"
    kept = json.loads(path.read_text()) if path.exists() else {"sections": {}}
    kept["machine"] = machine
    kept["sections"][row] = {"date": datetime.date.today().isoformat(), **asdict(section)}
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")


def slug(processor: str) -> str:
    """A file name for "processor: AMD EPYC (family 25, model 17), 2 cores seen, …"."""
    name = processor.removeprefix("processor: ").partition("), ")[0]
    return "-".join(re.findall("[a-z0-9]+", name.lower()))


def page(folder: Path) -> str:
    """The page of all machines, the one with the newest figures first."""
    machines = [json.loads(path.read_text()) for path in folder.glob("*.json")]
    machines.sort(key=newest, reverse=True)
    parts = [
        "# Benchmarks",
        "Made by `Benchmarks/run --output docs/benchmarks.md` from what it measured, `Benchmarks/results/`; not to be "
        "edited. A table a machine; a row is the newest of its kind there, with its date.",
    ]
    return "\n\n".join(parts + [machine_report(kept["machine"], sections(kept)) for kept in machines]) + "\n"


def newest(kept: dict) -> str:
    """The date of a machine's newest row."""
    return max(section["date"] for section in kept["sections"].values())


def sections(kept: dict) -> list[tuple[str, Section]]:
    """The sections with their dates, in the order of the rows; those of other scripts last."""
    order = {name: index for index, name in enumerate(ROWS)}
    found = []
    for _, fields in sorted(kept["sections"].items(), key=lambda item: order.get(item[0], len(order))):
        values = dict(fields)
        date = values.pop("date")
        values["verdicts"] = [Verdict(**verdict) for verdict in values["verdicts"]]
        found.append((date, Section(**values)))
    return found
