"""What a screen reader is told, and where the keyboard goes."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from selenium.webdriver.common.keys import Keys

from .page import TILES, Page


def tree(page: Page) -> list[dict[str, Any]]:
    """The nodes that a screen reader is given, each with its role, name and properties."""
    nodes = [node for node in page.devtools("Accessibility.getFullAXTree")["nodes"] if not node["ignored"]]
    return [
        {
            "role": node["role"]["value"],
            "name": node.get("name", {}).get("value", "").strip(),
            **{entry["name"]: entry["value"].get("value") for entry in node.get("properties", [])},
        }
        for node in nodes
    ]


def names(page: Page) -> None:
    """All that can have the focus has a name, in every state of the page and in every dialog."""

    def are_named(what: str, *roles: str) -> list[dict[str, Any]]:
        nodes = [node for node in tree(page) if node.get("focusable") and node["role"] != "RootWebArea"]
        nameless = [node for node in nodes if not node["name"]]
        assert not nameless, f"expected a name for all controls of {what}, found {nameless}"
        missing = set(roles) - {node["role"] for node in nodes}
        assert not missing, f"expected controls of the roles {missing} in {what}"
        return nodes

    page.open()
    page.expect("the start", lambda: page.find("#start").is_displayed())
    are_named("the start", "button", "link", "searchbox")
    page.search()
    page.find("#filters-toggle").click()
    page.find("#export summary").click()
    nodes = are_named("the hits", "gridcell", "slider", "Date", "radio", "combobox")
    tiles = [node["name"] for node in nodes if node["role"] == "gridcell"]
    expected = page.names()
    assert len(tiles) == len(expected), f"expected {len(expected)} images, found {len(tiles)}"
    for name, tile in zip(expected, tiles):
        is_told = re.match(re.escape(name) + r", ([0-9]+ % of the best score|cosine -?[0-9.]+)", tile)
        assert is_told, f"expected name and score of {name}, found {tile!r}"
    page.find(TILES).send_keys("g")
    page.expect("a mark", lambda: page.marked("good"))
    page.key("r")
    page.expect("round 1 to be current", lambda: page.round() == 1)
    page.find("#compare").click()
    page.expect("both rounds", lambda: page.ids("#after .tile"))
    compared = [node["name"] for node in are_named("before and after", "gridcell") if node["role"] == "gridcell"]
    assert any(", marked good" in name for name in compared), f"expected the mark to be told, found {compared}"
    move = re.compile(", ((up|down) (1 place|[0-9]+ places)|same place|not in the first 200 before)$")
    moves = [name for name in compared if move.search(name)]
    assert len(moves) == len(page.ids("#after .tile")), f"expected how far each image has moved, found {compared}"
    page.find("#compare").click()
    buttons = {"#keys": "#keys-open", "#saved": "#saved-open", "#ask": "#save", "#viewer": f"{TILES} [data-do=open]"}
    for dialog, button in buttons.items():
        page.script("document.querySelector(arguments[0]).click()", button)
        page.expect(f"{dialog} to be open", partial(page.is_open, dialog))
        are_named(dialog, "dialog", "button")
        page.key(Keys.ESCAPE)
        page.expect(f"{dialog} to be closed", partial(page.is_closed, dialog))
    page.find("#filters-toggle").click()


def focus(page: Page) -> None:
    """Tab goes through all that there is, the hits as one stop; where it is can be seen."""
    page.search()
    page.find(TILES).send_keys("g")
    page.expect("a mark", lambda: page.marked("good"))
    place = """const e = document.activeElement, seen = e.id === "box" ? e.closest("form") : e, style = getComputedStyle(seen);
        const {top, bottom, left, right} = e.getBoundingClientRect();
        return [e.id || (e.closest("[id]")?.id + " " + e.tagName.toLowerCase()),
            (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== "none",
            top < innerHeight && bottom > 0 && left < innerWidth && right > 0, e === document.body]"""
    page.script("document.activeElement.blur(); document.querySelector('.brand').focus()")
    order: list[str] = []
    for _ in range(40):
        name, has_ring, is_in_view, is_body = page.script(place)
        if is_body or (order and name == order[0]):
            break
        order.append(name)
        assert has_ring, f"expected a visible focus on {name}"
        assert is_in_view, f"expected {name} to be in view when it has the focus"
        page.key(Keys.TAB)
    needed = (
        "box", "add-image", "filters-toggle", "saved-open", "theme", "keys-open", "chips input", "chips button", "save",
        "export summary", "grid div", "method", "refine", "update",
    )  # fmt: skip
    places = [order.index(name) if name in order else -1 for name in needed]
    assert -1 not in places and places == sorted(places), f"expected Tab to go through {needed}, found {order}"
    assert order.count("grid div") == 1, f"expected the hits to be one stop, found {order}"
    page.find("#method").send_keys(Keys.SHIFT, Keys.TAB)
    name = page.script(place)[0]
    assert name == "grid div", f"expected Shift and Tab to go back to the hits, found {name}"


def announcements(page: Page) -> None:
    """The live region is there before there is something to tell: of one that appears with its text nothing is read out."""

    def told() -> str:
        text: str = page.script("return document.querySelector('#announcement[role=status]').textContent")
        return text

    page.open()
    page.expect("the start", lambda: page.find("#start").is_displayed())
    regions = [node for node in tree(page) if node["role"] == "status" and node.get("live") == "polite"]
    assert regions, "expected a live region from the start"
    assert told() == "", f"expected silence at the start, found {told()!r}"
    page.find("#box").send_keys(page.query)
    page.wait_until_loaded()
    count = len(page.ids())
    page.expect(f"{count} hits to be told", lambda: told() == f"{count} hits")
    first = page.names()[0]
    page.fill("#filters [name=glob]", first)
    page.expect("one hit to be told", lambda: told() == "1 hit")
    page.expect("its share of the images", lambda: page.find("#summary").text.endswith(f"1 of {count} images"))
    page.fill("#filters [name=glob]", "*.nothing")
    page.expect("the reason to be told", lambda: told() == f"Nothing found. None of {count} images passes the filter.")
    page.script("location.hash = 'q=-+people'")
    page.expect("what to add to be told", lambda: told().startswith("Nothing found. Add something that is wanted"))
