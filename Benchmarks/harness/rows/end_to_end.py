"""From JPEG files to scores, beside the towers alone."""

import json
from pathlib import Path

from harness import flickr
from harness.context import Context
from harness.processes import finish
from harness.report import Section, Verdict
from harness.rounds import interleave
from harness.runners import runners

LIMIT = 1.15


def measure(context: Context) -> Section:
    """Milliseconds an image, taken as the difference of a long and a short run, so that loading drops out.

    One caption stands for all images, which is embedded once: what is left is reading, decoding, resizing, the
    image tower and the score. A second line scores each image with a caption of its own.
    """
    sizes = (context.size(200, 32), context.size(1000, 160))
    section = Section(f"From JPEG files to scores, f32, {sizes[1]:,} images")
    names = flickr.images(context, sizes[1])
    if not names or not context.plumb.exists() or not context.engine.exists():
        section.notes.append("Skipped: needs `plumb`, `plumb-bench`, and flickr8k in the data folder.")
        return section
    tower = interleave(runners({}, context.task("image", "f32", count=64), context), context)[0].best
    one = per_image(names, sizes, same_caption, context)
    own = per_image(names, sizes, flickr.write_first_captions, context)
    section.header = ["work", "ms an image", "of the image tower"]
    lines = {
        "image tower alone": tower,
        "files to scores, one caption for all": one,
        "files to scores, a caption each": own,
    }
    section.rows = [[name, f"{value:.2f}", f"{value / tower:.0%}"] for name, value in lines.items()]
    words = (f"{one:.2f} ms", f"{tower:.2f} ms (our image tower alone)", f"{one / tower:.2f}×", one / tower <= LIMIT)
    section.verdicts.append(Verdict("Images to scores, from JPEG files", f"≤ {LIMIT}×", *words))
    return section


def per_image(names: list[str], sizes: tuple[int, int], write, context: Context) -> float:
    """Milliseconds of each further image, from the best of the rounds."""
    best = [float("inf"), float("inf")]
    for _ in range(min(context.rounds, 3)):
        for index, size in enumerate(sizes):
            best[index] = min(best[index], score_seconds(write(names[:size], context), context))
    return (best[1] - best[0]) / (sizes[1] - sizes[0]) * 1e3


def score_seconds(candidates, context: Context) -> float:
    """One whole run of `plumb score`."""
    command = [context.plumb, "score", candidates, "--images", context.dataset("flickr8k", "images")]
    return finish([*command, "--model", context.model, "--metrics", "clipscore", "--json"], context).seconds


def same_caption(names: list[str], context: Context) -> Path:
    """A candidates file in which all images have one caption."""
    path = context.work / f"one-caption-{len(names)}.json"
    path.write_text(json.dumps({name: "A dog runs across the grass." for name in names}))
    return path
