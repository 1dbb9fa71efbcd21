"""The large view, light and dark, and a phone."""

from selenium.webdriver.common.keys import Keys

from .page import TILES, Page


def large_view(page: Page) -> None:
    page.find(TILES).send_keys(Keys.ENTER)
    page.expect("the large view", lambda: page.is_open("#viewer"))
    name = page.find("#viewer-name").text
    page.key(Keys.ARROW_RIGHT)
    page.expect("the next image", lambda: page.find("#viewer-name").text != name)
    page.screenshot("large-view")
    page.key(Keys.ESCAPE)
    page.expect("the grid again", lambda: not page.is_open("#viewer"))


def theme(page: Page) -> None:
    """The button goes through automatic, light and dark; what is chosen is kept."""

    def looks() -> str:
        red = int(page.script("return getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]"))
        return "light" if red > 200 else "dark" if red < 50 else f"neither: {red}"

    for scheme in ("light", "dark"):
        page.use_scheme(scheme)
        assert looks() == scheme, f"expected the theme of a {scheme} system, found {looks()}"
    for name, system in (("light", "dark"), ("dark", "light")):
        page.use_scheme(system)
        page.find("#theme").click()
        assert looks() == name, f"expected a {name} page on a {system} system, found {looks()}"
        page.driver.refresh()
        assert looks() == name, f"expected a {name} page after a reload, found {looks()}"
        label = page.find("#theme").get_attribute("aria-label")
        assert label == f"Theme: {name}", f"expected the button to name the theme {name}, found {label!r}"
    page.wait_until_loaded()
    page.find("#theme").click()
    assert looks() == "light", "expected the theme to follow the system again"


def screenshots(page: Page) -> None:
    for scheme in ("light", "dark"):
        page.use_scheme(scheme)
        page.screenshot(scheme)
    page.use_phone(390, scale=2)
    for scheme in ("light", "dark"):
        page.use_scheme(scheme)
        page.screenshot(f"phone-{scheme}")
    page.use_desktop()


def phone(page: Page) -> None:
    # As it is loaded on a phone.
    page.use_phone(390)
    page.open()
    page.expect("the start", lambda: page.find("#start").is_displayed())
    fits(page, "the start")
    page.search()
    fits(page, "the hits")
    # A finger opens what it touches; a mark has its button.
    page.find(TILES).click()
    page.expect("the large view", lambda: page.is_open("#viewer"))
    fits(page, "the large view")
    page.find("#viewer [data-close]").click()
    page.find(f"{TILES} [data-do=good]").click()
    page.expect("the mark", lambda: len(page.marked("good")) == 1)
    page.find("#refine").click()
    page.expect("round 1 to be current", lambda: page.round() == 1)
    page.find("#compare").click()
    page.expect("both rounds", lambda: page.ids("#after .tile"))
    fits(page, "before and after")
    page.find("#compare").click()
    page.find("#filters-toggle").click()
    page.find("#export summary").click()
    fits(page, "filters and export")
    page.find("#saved-open").click()
    page.expect("the saved searches", lambda: page.is_open("#saved"))
    fits(page, "saved searches")
    page.find("#saved [data-close]").click()
    page.use_desktop()


def fits(page: Page, what: str) -> None:
    """Nothing is wider than the screen, but for the lists that scroll sideways by themselves."""
    wide = """return [...document.querySelectorAll("body *")]
        .filter(e => e.checkVisibility({visibilityProperty: true}) && !e.closest("#rounds, #chips, .sprite"))
        .map(e => [e, e.getBoundingClientRect()]).filter(([_, {left, right}]) => right > innerWidth + .5 || left < -.5)
        .map(([e, {left, right}]) => `${Math.round(left)} to ${Math.round(right)}: ${e.outerHTML.slice(0, 80)}`).slice(0, 3)"""
    for width in (320, 390):
        page.use_phone(width)
        assert page.script("return innerWidth") == width, f"expected {what} to be laid out for {width} pixels"
        scrolls = "return Math.max(...['html', 'main'].map(part => document.querySelector(part).scrollWidth))"
        scrolled, found = page.script(scrolls), page.script(wide)
        assert scrolled <= width and not found, f"expected {what} within {width} pixels, found a width of {scrolled}: {found}"
