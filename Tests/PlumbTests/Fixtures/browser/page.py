"""The page in headless Chromium: what is on it, and how a person acts on it."""

from __future__ import annotations

import pathlib
from typing import Any, Callable
from urllib.parse import quote_plus

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, TimeoutException
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

TILES = "#grid .tile[data-id]"


def open_browser() -> webdriver.Chrome:
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1360,900"):
        options.add_argument(argument)
    # Headless Chromium claims to be a touch screen; a desktop has a mouse.
    options.add_argument("--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))


class Page:
    # What a step leaves for those after it: the first hits, those after Refine, and the marks.
    first: list[str]
    refined: list[str]
    good: set[str]
    bad: set[str]

    def __init__(self, driver: webdriver.Chrome, url: str, folder: pathlib.Path, query: str) -> None:
        self.driver, self.url, self.folder, self.query = driver, url, folder, query

    def open(self, fragment: str = "") -> None:
        """Loads the page anew; a change of the fragment alone would not."""
        self.driver.get("about:blank")
        self.driver.get(f"{self.url}#{fragment}")

    def search(self) -> None:
        """Shows the hits of the query, without marks and filters, as its address does when it is entered."""
        self.script("location.hash = arguments[0]", "q=" + quote_plus(self.query))
        self.wait_until_settled()

    def find(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def script(self, code: str, *arguments: object) -> Any:
        return self.driver.execute_script(code, *arguments)

    def devtools(self, command: str, **parameters: object) -> Any:
        return self.driver.execute_cdp_cmd(command, parameters)

    def fill(self, selector: str, value: str, event: str = "input") -> None:
        """Gives a control a value, as a person would who moves or fills it."""
        code = """const [selector, value, type] = arguments, control = document.querySelector(selector);
            control.value = value; control.dispatchEvent(new Event(type, {bubbles: true}))"""
        self.script(code, selector, value, event)

    def expect(self, expected: str, condition: Callable[[], object]) -> None:
        """Waits until the condition holds."""
        # What has just been found may be drawn anew before it is read.
        wait = WebDriverWait(self.driver, 15, 0.05, ignored_exceptions=[StaleElementReferenceException])
        try:
            wait.until(lambda _: condition())
        except TimeoutException:
            toasts = self.script("return document.getElementById('toasts').innerText")
            raise AssertionError(f"expected {expected}; messages on the page: {toasts!r}") from None

    def wait_until_loaded(self) -> None:
        ready = """return document.querySelector("#results").getAttribute("aria-busy") === "false"
            && !document.querySelector(".skeleton")"""
        self.expect("the hits to be loaded", lambda: self.script(ready) and self.ids())

    def wait_until_settled(self) -> None:
        """The page searches when typing has paused for 120 ms: a timer of the page that is set now ends later than that."""
        self.driver.execute_async_script("setTimeout(arguments[0], 125)")
        self.wait_until_loaded()

    def ids(self, selector: str = TILES) -> list[str]:
        code = "return [...document.querySelectorAll(arguments[0])].map(tile => tile.dataset.id)"
        found: list[str] = self.script(code, selector)
        return found

    def names(self, selector: str = TILES) -> list[str]:
        code = "return [...document.querySelectorAll(arguments[0])].map(tile => tile.title)"
        found: list[str] = self.script(code, selector)
        return found

    def marked(self, value: str) -> set[str]:
        return set(self.ids(f'{TILES}[data-mark="{value}"]'))

    def key(self, *keys: str) -> None:
        self.driver.switch_to.active_element.send_keys(*keys)

    def is_open(self, selector: str) -> bool:
        return bool(self.find(selector).get_property("open"))

    def is_closed(self, selector: str) -> bool:
        return not self.is_open(selector)

    def round(self) -> int:
        """The current round, as the list of rounds says; -1 while there is only one."""
        code = "return [...document.querySelectorAll('#rounds button')].findIndex(button => button.ariaCurrent === 'step')"
        place: int = self.script(code)
        return place

    def errors_in_console(self) -> list[str]:
        """What the console has had since the last call."""
        entries: list[dict[str, Any]] = self.driver.get_log("browser")  # type: ignore[no-untyped-call]
        return [entry["message"] for entry in entries if entry["level"] == "SEVERE"]

    def use_scheme(self, scheme: str) -> None:
        """What the system prefers: light or dark."""
        self.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def use_phone(self, width: int, scale: int = 1) -> None:
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=844, deviceScaleFactor=scale, mobile=True)
        self.devtools("Emulation.setTouchEmulationEnabled", enabled=True)

    def use_desktop(self) -> None:
        self.devtools("Emulation.clearDeviceMetricsOverride")
        self.devtools("Emulation.setTouchEmulationEnabled", enabled=False)

    def screenshot(self, name: str) -> None:
        # What is still moving or loading would make each screenshot different.
        settled = """const isBelow = image => image.getBoundingClientRect().top > innerHeight;
            return document.getAnimations().every(animation => animation.playState !== "running")
                && [...document.images].every(image => image.complete || !image.checkVisibility() || isBelow(image))"""
        self.expect("images to be loaded", lambda: self.script(settled))
        self.driver.save_screenshot(str(self.folder / f"{name}.png"))
