"""Marks by keyboard, click and buttons; rounds."""

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from .page import TILES, Page


def focused(page: Page) -> int:
    """The place of the image with the focus; -1 if none has it."""
    place: int = page.script(f"return [...document.querySelectorAll('{TILES}')].indexOf(document.activeElement)")
    return place


def arrows(page: Page) -> None:
    page.search()
    columns = page.script("return getComputedStyle(document.getElementById('grid')).gridTemplateColumns.split(' ').length")
    assert 1 < columns < len(page.ids()) / 2, f"expected several columns and rows, found {columns}"
    page.find("#box").send_keys(Keys.ARROW_DOWN)
    assert focused(page) == 0, "expected the arrow down to go from the search box to the first image"
    steps = (
        (Keys.ARROW_RIGHT, 1), (Keys.ARROW_DOWN, 1 + columns), (Keys.ARROW_LEFT, columns), (Keys.ARROW_UP, 0), (Keys.ARROW_UP, 0),
        (Keys.ARROW_LEFT, 0), (Keys.END, len(page.ids()) - 1), (Keys.ARROW_RIGHT, len(page.ids()) - 1), (Keys.HOME, 0),
    )  # fmt: skip
    for count, (key, place) in enumerate(steps):
        page.key(key)
        assert focused(page) == place, f"expected image {place} to have the focus after step {count}, not {focused(page)}"


def slash_and_question_mark(page: Page) -> None:
    page.key("/")
    page.expect("the search box to have the focus", lambda: page.driver.switch_to.active_element == page.find("#box"))
    selected = page.script("return getSelection().toString()")
    assert selected == page.query, f"expected its words to be selected, so that typing replaces them, found {selected!r}"
    page.key(Keys.END, "/?")
    typed = page.find("#box").get_property("value")
    assert typed == page.query + "/?" and not page.is_open("#keys"), f"expected to type what is a key elsewhere, found {typed!r}"
    page.key(Keys.BACKSPACE, Keys.BACKSPACE)
    page.wait_until_settled()
    page.find("#box").send_keys(Keys.ENTER)
    page.key("?")
    page.expect("the list of keys", lambda: page.is_open("#keys"))
    page.key("g")
    page.key(Keys.ESCAPE)
    page.expect("the list of keys to be closed", lambda: not page.is_open("#keys"))
    assert focused(page) == 0, "expected the focus to go back to where it was"
    assert not page.marked("good"), "expected no mark behind the list of keys"


def mark_by_click(page: Page) -> None:
    page.search()
    tiles = page.all(TILES)[:3]
    ids = page.ids()[:3]
    tiles[0].click()
    page.expect("a click to mark good", lambda: page.marked("good") == {ids[0]})
    tiles[0].click()
    page.expect("a second click to unmark", lambda: not page.marked("good"))

    def press(tile: int, what: str) -> None:
        button = tiles[tile].find_element("css selector", f"[data-do={what}]")
        ActionChains(page.driver, duration=0).move_to_element(tiles[tile]).move_to_element(button).click().perform()

    press(1, "bad")
    page.expect("the button to mark bad", lambda: page.marked("bad") == {ids[1]})
    press(1, "good")
    page.expect("the other button to change the mark", lambda: page.marked("good") == {ids[1]} and not page.marked("bad"))
    pressed = [button.get_attribute("aria-pressed") for button in tiles[1].find_elements("css selector", "[aria-pressed]")]
    assert pressed == ["true", "false"], f"expected the button of the mark to be pressed, found {pressed}"
    press(1, "good")
    page.expect("the same button to unmark", lambda: page.marked("none") == set(page.ids()))
    press(2, "open")
    page.expect("the large view", lambda: page.is_open("#viewer") and page.find("#viewer-name").text == page.names()[2])
    page.find("#viewer [data-do=bad]").click()
    page.key(Keys.ESCAPE)
    page.expect("the mark of the large view", lambda: page.marked("bad") == {ids[2]})
    page.key("u")
    page.expect("U to unmark", lambda: page.marked("none") == set(page.ids()))
    press(2, "more")
    page.expect("the image among the terms", lambda: len(page.all(".chip")) == 2)


def mark_by_keyboard(page: Page) -> None:
    page.search()
    page.first = page.ids()
    page.find("#box").send_keys(Keys.ENTER)
    page.key("g")
    page.key(Keys.ARROW_RIGHT)
    page.key("g")
    page.key(Keys.ARROW_RIGHT)
    page.key("b")
    page.key("u")
    page.key(Keys.ARROW_RIGHT)
    page.key("b")
    page.good, page.bad = {page.first[0], page.first[1]}, {page.first[3]}
    page.expect("two images marked good", lambda: page.marked("good") == page.good)
    page.expect("one image marked bad", lambda: page.marked("bad") == page.bad)
    page.expect("the session in the address", lambda: "#s=" in page.driver.current_url)
    page.expect("the counts", lambda: page.find("#hint").text == "2 good, 1 bad")


def refine(page: Page) -> None:
    page.key("r")
    page.expect("round 1 to be current", lambda: page.round() == 1)
    page.wait_until_loaded()
    page.expect("other hits than before", lambda: page.ids() != page.first)
    assert page.marked("good") == page.good, "expected the good marks to go on into round 1"
    page.refined = page.ids()[:20]


def undo(page: Page) -> None:
    page.key("z")
    page.expect("round 0 to be current", lambda: page.round() == 0)
    page.expect("the first hits again", lambda: page.ids()[:20] == page.first[:20])


def redo(page: Page) -> None:
    page.key("y")
    page.expect("round 1 to be current", lambda: page.round() == 1)
    page.expect("the refined hits again", lambda: page.ids()[:20] == page.refined)


def before_and_after(page: Page) -> None:
    page.find("#compare").click()
    page.expect("the round before", lambda: page.ids("#before .tile")[:20] == page.first[:20])
    page.expect("the current round", lambda: page.ids("#after .tile")[:20] == page.refined)
    page.screenshot("before-after")
    page.find("#compare").click()
