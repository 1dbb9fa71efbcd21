"""The table that a run ends in."""

from dataclasses import dataclass, field

from harness.rounds import Timing
from harness.runners import OURS


@dataclass
class Verdict:
    """One line of the summary: a piece of work, ours, the best peer, the target."""

    work: str
    target: str
    ours: str
    peer: str
    ratio: str
    met: bool | None

    def row(self) -> list[str]:
        """The cells of the summary's line."""
        mark = {True: "yes", False: "**no**", None: "–"}[self.met]
        return [self.work, self.ours, self.peer, self.ratio, self.target, mark]


@dataclass
class Section:
    """What one row of the benchmarks found."""

    title: str
    verdicts: list[Verdict] = field(default_factory=list)
    header: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def document(machine: list[str], sections: list[Section], notes: list[str]) -> str:
    """One run's page: the machine, the summary, then each section."""
    parts = [machine_report(machine, [("", section) for section in sections])]
    if notes:
        parts += ["### Not measured", "\n".join(f"- {note}" for note in notes)]
    return "\n\n".join(parts) + "\n"


def machine_report(machine: list[str], dated: list[tuple[str, Section]]) -> str:
    """A machine's part of a page; each section may have a date."""
    name = machine[0].removeprefix("processor: ")
    header = ["work", "Plumb", "best peer", "ratio", "target", "met"]
    summary = [verdict.row() for _, section in dated for verdict in section.verdicts]
    parts = [f"## {name}", "\n".join(f"- {line}" for line in machine[1:])]
    parts += ["### Summary", table(header, summary)] if summary else []
    for date, section in dated:
        parts += [f"### {section.title}"]
        parts += [table(section.header, section.rows)] if section.rows else []
        parts += section.notes
        parts += [f"Measured on {date}."] if date else []
    return "\n\n".join(parts)


def timing_section(title: str, target: float | None, timings: list[Timing]) -> Section:
    """A section of milliseconds an item, with how much faster ours is than the best peer."""
    ours = next((timing for timing in timings if timing.label == OURS), None)
    rows = [timing_row(timing, ours) for timing in timings]
    header = ["runner", "ms an item, best", "median", "CPU ms an item", "Plumb is faster by", "what ran"]
    return Section(title, [timing_verdict(title, target, timings)], header, rows)


def timing_row(timing: Timing, ours: Timing | None) -> list[str]:
    """One runner's line."""
    cpu = "–" if timing.cpu is None else f"{timing.cpu:.2f}"
    faster = f"{timing.best / ours.best:.2f}×" if ours else "–"
    return [timing.label, f"{timing.best:.2f}", f"{timing.middle:.2f}", cpu, faster, timing.detail]


def timing_verdict(work: str, target: float | None, timings: list[Timing]) -> Verdict:
    """Ours against the fastest peer."""
    ours = next((timing for timing in timings if timing.label == OURS), None)
    peer = min((timing for timing in timings if timing.label != OURS), key=lambda timing: timing.best, default=None)
    ratio = peer.best / ours.best if ours and peer else None
    return Verdict(
        work,
        f"≥ {target}×" if target else "–",
        f"{ours.best:.2f} ms" if ours else "not measured",
        f"{peer.best:.2f} ms ({peer.label})" if peer else "none",
        f"{ratio:.2f}×" if ratio else "–",
        ratio >= target if ratio and target else None,
    )
