"""Uses the page of `plumb serve` as a person would, in headless Chromium.

    python browser_test.py http://127.0.0.1:8080 screenshots [--query "a dog"]

Needs selenium and Debian's chromium and chromium-driver. Prints a line a step; stops with exit status 1 at the first
step that fails, and says what was expected.
"""

import argparse
import pathlib
import sys
import time

from selenium import webdriver
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

TILES = "#grid .tile[data-id]"


def open_browser():
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1360,900"):
        options.add_argument(argument)
    # Headless Chromium claims to be a touch screen; a desktop has a mouse.
    options.add_argument("--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))


class Page:
    def __init__(self, driver, url, folder, query):
        self.driver, self.url, self.folder, self.query = driver, url, folder, query

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def script(self, code, *arguments):
        return self.driver.execute_script(code, *arguments)

    def expect(self, expected, condition):
        """Waits until the condition holds."""
        try:
            WebDriverWait(self.driver, 15, 0.1).until(lambda _: condition())
        except TimeoutException:
            toasts = self.script("return document.getElementById('toasts').innerText")
            raise AssertionError(f"expected {expected}; messages on the page: {toasts!r}") from None

    def wait_until_loaded(self):
        ready = "return document.querySelector('#results').getAttribute('aria-busy') === 'false' && !document.querySelector('.skeleton')"
        self.expect("the hits to be loaded", lambda: self.script(ready) and self.ids())

    def wait_until_settled(self):
        """The page searches when typing has paused for 120 ms."""
        time.sleep(0.4)
        self.wait_until_loaded()

    def ids(self, selector=TILES):
        return self.script("return [...document.querySelectorAll(arguments[0])].map(tile => tile.dataset.id)", selector)

    def marked(self, value):
        return set(self.ids(f'{TILES}[data-mark="{value}"]'))

    def key(self, *keys):
        self.driver.switch_to.active_element.send_keys(*keys)

    def round(self):
        """The current round, as the list of rounds says; 0 while there is only one."""
        return self.script("return [...document.querySelectorAll('#rounds button')].findIndex(b => b.ariaCurrent === 'step')")

    def screenshot(self, name):
        # What is still moving or loading would make each screenshot different.
        settled = """return document.getAnimations().every(a => a.playState !== 'running')
            && [...document.images].every(i => i.complete || !i.checkVisibility() || i.getBoundingClientRect().top > innerHeight)"""
        self.expect("images to be loaded", lambda: self.script(settled))
        self.driver.save_screenshot(str(self.folder / f"{name}.png"))

    def use(self, scheme):
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})

    # The steps, in their order

    def search(self):
        self.driver.get(self.url)
        self.find("#box").send_keys(self.query)
        self.wait_until_loaded()
        self.expect("a summary such as 'text · 12 ms · 8,000 images'", lambda: "images" in self.find("#summary").text)
        assert len(self.ids()) >= 5, f"expected at least 5 hits, found {len(self.ids())}"

    def reload_without_marks(self):
        set_to = """const [id, value, type] = arguments, control = document.getElementById(id) ?? document.querySelector(id);
            control.value = value; control.dispatchEvent(new Event(type, {bubbles: true}))"""
        self.script(set_to, "#filters [name=glob]", "*.*", "input")
        self.script(set_to, "method", "rocchio", "change")
        self.wait_until_settled()
        self.find(TILES).send_keys("m")
        self.expect("the image among the terms", lambda: "image=" in self.driver.current_url)
        # The image itself is a hit whatever the model, whose score is above 0.
        self.script(set_to, "at-least", "40", "input")
        self.wait_until_settled()
        before = self.ids()
        self.driver.refresh()
        self.wait_until_loaded()
        self.expect("the same hits", lambda: self.ids() == before)
        values = [self.find(s).get_property("value") for s in ("#box", "#at-least", "#filters [name=glob]", "#method")]
        assert values == [self.query, "40", "*.*", "rocchio"], f"expected the search as it was, found {values}"
        assert len(self.script("return document.querySelectorAll('.chip')")) == 2, "expected the words and the image as terms"
        self.script("document.getElementById('filters').reset()")
        self.script(set_to, "method", self.script("return document.querySelector('#method option').value"), "change")
        self.script("document.querySelectorAll('.chip button')[1].click()")
        self.expect("the words alone in the address", lambda: self.driver.current_url.endswith("#q=" + self.query.replace(" ", "+")))
        self.wait_until_settled()

    def mark_by_keyboard(self):
        self.first = self.ids()
        self.find("#box").send_keys(Keys.ENTER)
        self.key("g")
        self.key(Keys.ARROW_RIGHT)
        self.key("g")
        self.key(Keys.ARROW_RIGHT)
        self.key(Keys.ARROW_RIGHT)
        self.key("b")
        self.good, self.bad = {self.first[0], self.first[1]}, {self.first[3]}
        self.expect("two images marked good", lambda: self.marked("good") == self.good)
        self.expect("one image marked bad", lambda: self.marked("bad") == self.bad)
        self.expect("the session in the address", lambda: "#s=" in self.driver.current_url)

    def refine(self):
        self.key("r")
        self.expect("round 1 to be current", lambda: self.round() == 1)
        self.wait_until_loaded()
        self.expect("other hits than before", lambda: self.ids() != self.first)
        assert self.marked("good") == self.good, "expected the good marks to go on into round 1"
        self.refined = self.ids()[:20]

    def undo(self):
        self.key("z")
        self.expect("round 0 to be current", lambda: self.round() == 0)
        self.expect("the first hits again", lambda: self.ids()[:20] == self.first[:20])

    def redo(self):
        self.key("y")
        self.expect("round 1 to be current", lambda: self.round() == 1)
        self.expect("the refined hits again", lambda: self.ids()[:20] == self.refined)

    def save(self):
        self.find("#save").click()
        name = self.find("#ask-input")
        name.clear()
        name.send_keys("Browser test", Keys.ENTER)
        self.expect("a notice that it is saved", lambda: "Saved as" in self.find("#toasts").text)
        self.find("#saved-open").click()
        self.expect("it in the list of saved searches", lambda: "Browser test" in self.find("#saved-list").text)
        self.key(Keys.ESCAPE)

    def reload(self):
        self.driver.refresh()
        self.wait_until_loaded()
        self.expect("round 1 to be current", lambda: self.round() == 1)
        self.expect("the refined hits again", lambda: self.ids()[:20] == self.refined)
        assert self.marked("good") == self.good, "expected the good marks to be kept"
        assert self.find("#box").get_property("value") == self.query, "expected the words in the search box"

    def export(self):
        paths = self.driver.execute_async_script(
            """const id = new URLSearchParams(location.hash.slice(1)).get("s");
            fetch(`/api/sessions/${id}/export?what=good&format=paths`).then(a => a.text()).then(arguments[0])"""
        )
        assert len(paths.split("\n")[:-1]) == 2, f"expected two lines, each with a path, found {paths!r}"

    def large_view(self):
        self.find(TILES).send_keys(Keys.ENTER)
        self.expect("the large view", lambda: self.find("#viewer").get_property("open"))
        name = self.find("#viewer-name").text
        self.key(Keys.ARROW_RIGHT)
        self.expect("the next image", lambda: self.find("#viewer-name").text != name)
        self.screenshot("large-view")
        self.key(Keys.ESCAPE)
        self.expect("the grid again", lambda: not self.find("#viewer").get_property("open"))

    def before_and_after(self):
        self.find("#compare").click()
        self.expect("the round before", lambda: self.ids("#before .tile")[:20] == self.first[:20])
        self.expect("the current round", lambda: self.ids("#after .tile")[:20] == self.refined)
        self.screenshot("before-after")
        self.find("#compare").click()

    def screenshots(self):
        for scheme in ("light", "dark"):
            self.use(scheme)
            self.screenshot(scheme)
        phone = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
        self.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True})
        for scheme in ("light", "dark"):
            self.use(scheme)
            self.screenshot(f"phone-{scheme}")
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone | {"width": 320})
        wide = """return [...document.querySelectorAll("body *")].filter(e => e.checkVisibility() && !e.closest("#rounds, #chips"))
            .map(e => [e, Math.round(e.getBoundingClientRect().right)]).filter(([_, right]) => right > 320)
            .map(([e, right]) => `${right} ${e.outerHTML.slice(0, 80)}`)"""
        width = self.script("return document.documentElement.scrollWidth")
        assert width <= 320, f"expected no sideways scrolling at 320 pixels, found a width of {width}: {self.script(wide)}"

    def console(self):
        severe = [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]
        assert not severe, f"expected no errors in the console, found {severe}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("url")
    parser.add_argument("folder", type=pathlib.Path, help="where screenshots go")
    parser.add_argument("--query", default="a dog")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    driver = open_browser()
    page = Page(driver, arguments.url, arguments.folder, arguments.query)
    steps = (
        page.search, page.reload_without_marks, page.mark_by_keyboard, page.refine, page.undo, page.redo, page.save, page.reload, page.export,
        page.large_view, page.before_and_after, page.screenshots, page.console,
    )  # fmt: skip
    try:
        for step in steps:
            name = step.__name__.replace("_", " ")
            try:
                step()
            except Exception as error:
                page.driver.save_screenshot(str(arguments.folder / "failure.png"))
                print(f"FAILED {name}: {getattr(error, 'msg', error)}")
                return 1
            print(f"ok {name}")
        return 0
    finally:
        driver.quit()


if __name__ == "__main__":
    sys.exit(main())
