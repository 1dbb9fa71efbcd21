"""Uses the page of `plumb serve` as a person would, in headless Chromium.

    python browser_test.py http://127.0.0.1:8080 screenshots [--query "a dog"]

Needs selenium, Debian's chromium and chromium-driver, and from 13 to 60 images. Prints a line a step; stops with exit
status 1 at the first step that fails, and says what was expected.
"""

import argparse
import pathlib
import sys
import time

from browser import accessibility, keeping, looking, marking, searching
from browser.page import Page, open_browser

# In their order: from marks by keyboard to the screenshots, each goes on from what the one before has left.
STEPS = (
    searching.search, searching.reload_without_marks, searching.signs_and_sliders, searching.score_bars, searching.why_empty,
    searching.drop_an_image, searching.drop_a_text, searching.paste_an_image,
    marking.arrows, marking.slash_and_question_mark, marking.mark_by_click,
    marking.mark_by_keyboard, marking.refine, marking.undo, marking.redo,
    keeping.save, keeping.reload, keeping.open_a_saved_search, keeping.export,
    looking.large_view, marking.before_and_after, looking.theme, looking.screenshots,
    keeping.rename_and_delete,
    accessibility.names, accessibility.focus, accessibility.announcements,
    looking.phone, searching.console,
)  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("url")
    parser.add_argument("folder", type=pathlib.Path, help="where screenshots and downloads go")
    parser.add_argument("--query", default="a dog")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    driver = open_browser()
    page = Page(driver, arguments.url, arguments.folder, arguments.query)
    try:
        for step in STEPS:
            name = step.__name__.replace("_", " ")
            start = time.monotonic()
            try:
                step(page)
            except Exception as error:
                driver.save_screenshot(str(arguments.folder / "failure.png"))
                print(f"FAILED {name}: {getattr(error, 'msg', error)}")
                return 1
            print(f"ok {name} ({time.monotonic() - start:.1f} s)")
        return 0
    finally:
        driver.quit()


if __name__ == "__main__":
    sys.exit(main())
