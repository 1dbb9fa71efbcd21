"""The most memory that scoring holds, with few images and with many."""

from harness import flickr
from harness.context import Context
from harness.processes import finish
from harness.report import Section, Verdict

BYTES = {"f32": 4, "bf16": 2, "int8": 1}
PARAMETERS = 151_277_313
FLATNESS = 1.05
"""Peak memory may differ by this factor between the two numbers of images: allocators are not exact."""


def measure(context: Context) -> Section:
    """Peak resident memory of `plumb score --metrics clipscore`, as the kernel counts it."""
    sizes = (context.size(1000, 100), context.size(8000, 400))
    section = Section(f"Peak memory, scoring {sizes[0]:,} and {sizes[1]:,} images")
    names = flickr.images(context, sizes[1])
    if not names or not context.plumb.exists():
        section.notes.append("Skipped: needs `plumb`, and flickr8k in the data folder.")
        return section
    section.header = ["precision", *(f"{size:,} images" for size in sizes), "limit"]
    for precision in ("f32", "bf16", "int8"):
        peaks = [peak(names[:size], precision, context) for size in sizes]
        limit = 1.3 * PARAMETERS * BYTES[precision] / 1e6 + 250
        section.rows.append([precision, *(f"{value:.0f} MB" for value in peaks), f"{limit:.0f} MB"])
        section.verdicts.append(verdict(precision, peaks, limit))
    return section


def peak(names: list[str], precision: str, context: Context) -> float:
    """Megabytes (10⁶ bytes)."""
    command = [context.plumb, "score", flickr.write_first_captions(names, context)]
    command += ["--images", context.dataset("flickr8k", "images"), "--model", context.model]
    command += ["--metrics", "clipscore", "--precision", precision, "--json"]
    return finish(command, context).peak_megabytes * 1.048576


def verdict(precision: str, peaks: list[float], limit: float) -> Verdict:
    """Within the limit and flat."""
    met = max(peaks) <= limit and max(peaks) <= FLATNESS * min(peaks)
    words = " / ".join(f"{value:.0f} MB" for value in peaks)
    growth = f"{peaks[1] / peaks[0]:.2f}×"
    return Verdict(f"Peak memory, scoring, {precision}", f"≤ {limit:.0f} MB, flat", words, "–", growth, met)
