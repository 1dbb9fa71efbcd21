"""Words, images, weights, filters, and what the hits say of themselves."""

import re
from urllib.parse import quote_plus

from selenium.webdriver.common.keys import Keys

from .page import TILES, Page


def search(page: Page) -> None:
    page.open()
    page.find("#box").send_keys(page.query)
    page.wait_until_loaded()
    page.expect("a summary such as 'text · 12 ms · 8,000 images'", lambda: "images" in page.find("#summary").text)
    assert len(page.ids()) >= 5, f"expected at least 5 hits, found {len(page.ids())}"


def reload_without_marks(page: Page) -> None:
    page.fill("#filters [name=glob]", "*.*")
    page.fill("#method", "rocchio", "change")
    page.wait_until_settled()
    page.find(TILES).send_keys("m")
    page.expect("the image among the terms", lambda: "image=" in page.driver.current_url)
    # The image itself is a hit whatever the model, whose score is above 0.
    page.fill("#at-least", "40")
    page.wait_until_settled()
    before = page.ids()
    page.driver.refresh()
    page.wait_until_loaded()
    page.expect("the same hits", lambda: page.ids() == before)
    values = [page.find(s).get_property("value") for s in ("#box", "#at-least", "#filters [name=glob]", "#method")]
    assert values == [page.query, "40", "*.*", "rocchio"], f"expected the search as it was, found {values}"
    assert len(page.all(".chip")) == 2, "expected the words and the image as terms"
    page.script("document.getElementById('filters').reset()")
    page.fill("#method", page.script("return document.querySelector('#method option').value"), "change")
    page.all(".chip button")[1].click()
    page.expect("the words alone in the address", lambda: page.driver.current_url.endswith("#q=" + quote_plus(page.query)))
    page.wait_until_settled()


def signs_and_sliders(page: Page) -> None:
    def chips() -> list[tuple[str, str, bool]]:
        values = """const read = (chip, part) => chip.querySelector(part).innerText;
            return [...document.querySelectorAll(".chip")].map(chip =>
                [read(chip, ".text"), read(chip, "output"), chip.classList.contains("unwanted")])"""
        return [(text, weight, unwanted) for text, weight, unwanted in page.script(values)]

    def words() -> str:
        return str(page.find("#box").get_property("value"))

    page.find("#box").clear()
    page.find("#box").send_keys("a dog - people 1.5:t-shirt")
    page.wait_until_settled()
    written = [("a dog", "+1.0", False), ("people", "−1.0", True), ("t-shirt", "+1.5", False)]
    page.expect(f"the terms {written}", lambda: chips() == written)
    before = page.ids()
    slider = page.find(".chip input")
    slider.send_keys(Keys.ARROW_LEFT, Keys.ARROW_LEFT)
    page.expect("the weight in the search box", lambda: words() == "0.8:a dog - people + 1.5:t-shirt")
    assert page.driver.switch_to.active_element == slider, "expected the slider to stay while it moves"
    slider.send_keys(Keys.HOME)
    page.expect("the sign of what is not wanted", lambda: words() == "- 2:a dog - people + 1.5:t-shirt")
    page.expect("the term to look unwanted", lambda: chips()[0] == ("a dog", "−2.0", True))
    page.wait_until_settled()
    page.expect("other hits", lambda: page.ids() != before)
    page.all(".chip button")[1].click()
    page.expect("the term to be gone", lambda: [text for text, _, _ in chips()] == ["a dog", "t-shirt"])


def score_bars(page: Page) -> None:
    read = """return [...document.querySelectorAll("#grid .score")].slice(0, 10).map(score =>
        [score.title, score.firstChild.getBoundingClientRect().width / score.getBoundingClientRect().width])"""
    # The scores of words may all be below 0, as those of the tests' model are.
    page.search()
    shares = [share for _, share in page.script(read)]
    falls = shares[0] == 1 and shares == sorted(shares, reverse=True)
    assert falls, f"expected the best bar to be full and the others no longer, found {shares}"
    # That of an image to itself is 1 whatever the model, so that shares of it can be told.
    page.find(TILES).send_keys("m")
    page.wait_until_settled()
    page.all(".chip button")[0].click()
    page.wait_until_settled()
    page.expect("the bars of the image's hits", lambda: "cosine 1.000" in str(page.find(".score").get_attribute("title")))
    bars = page.script(read)
    shares = [share for _, share in bars]
    cosines = [float(re.search(r"cosine (-?[\d.]+)", title)[1]) for title, _ in bars]  # type: ignore[index]
    assert len(set(shares)) > 3, f"expected bars that differ, found {shares}"
    for share, cosine in zip(shares, cosines):
        expected = max(0, cosine / cosines[0])
        assert abs(share - expected) < 0.015, f"expected a bar of {expected} of the best one, found {share}"


def why_empty(page: Page) -> None:
    page.search()
    count = len(page.ids())
    page.find("#filters-toggle").click()
    page.find("#filters [name=glob]").send_keys("*.nothing")
    page.expect("the reason", lambda: page.find("#empty-text").text == f"None of {count} images passes the filter.")
    assert page.find("#filters-count").text == "1", "expected the number of filters on their button"
    assert not page.find("#feedback").is_displayed(), "expected nothing to mark"
    page.find("#empty-clear").click()
    page.wait_until_settled()
    assert len(page.ids()) == count, "expected all hits without the filter"
    page.find("#filters-toggle").click()
    page.script("location.hash = 'q=-+people'")
    page.expect("what to add", lambda: "Add something that is wanted" in page.find("#empty-text").text)
    assert not page.find("#empty-clear").is_displayed(), "expected no filters to clear"


def send(page: Page, image: str, code: str) -> None:
    """Runs code with a `transfer` of a hit's image as a file from elsewhere: a JPEG, so that its content is not the file's."""
    begin = """const send = async (image) => {
        const blob = await (await fetch(`/api/images/${image}/thumbnail?size=320`)).blob();
        const transfer = new DataTransfer();
        transfer.items.add(new File([blob], "from-elsewhere.jpg", {type: blob.type}));"""
    page.script(begin + code + "}; return send(arguments[0])", image)


DRAG = """const drag = type => document.body.dispatchEvent(new DragEvent(type,
    {dataTransfer: transfer, bubbles: true, cancelable: true, relatedTarget: null}));"""


def drop_an_image(page: Page) -> None:
    page.search()
    image = page.ids()[7]
    send(page, image, DRAG + "drag('dragover')")
    page.expect("where to drop", lambda: page.find("#drop").is_displayed())
    send(page, image, DRAG + "drag('dragleave')")
    page.expect("it to be gone", lambda: not page.find("#drop").is_displayed())
    send(page, image, DRAG + "drag('dragover'); drag('drop')")
    is_term_alone(page, image)
    assert not page.find("#drop").is_displayed(), "expected the place to drop to be gone"


def drop_a_text(page: Page) -> None:
    """What is no image is told, and nothing else happens."""
    chips = len(page.all(".chip"))
    text = """const transfer = new DataTransfer();
        transfer.items.add(new File(["no image"], "notes.txt", {type: "text/plain"}));"""
    console(page)
    page.script(text + DRAG + "drag('drop')")
    page.expect("an error that is read out", lambda: page.find("#toasts .error[role=alert]").text)
    assert len(page.all(".chip")) == chips, "expected no other term"
    errors = page.errors_in_console()
    assert all("/api/uploads" in error for error in errors), f"expected no error but the refused upload, found {errors}"


def paste_an_image(page: Page) -> None:
    page.search()
    image = page.ids()[11]
    paste = """document.getElementById("box").dispatchEvent(new ClipboardEvent("paste",
        {clipboardData: transfer, bubbles: true, cancelable: true}));"""
    send(page, image, paste)
    is_term_alone(page, image)


def is_term_alone(page: Page, image: str) -> None:
    """Removes the words: the image that was sent must find itself."""
    page.expect("the image among the terms", lambda: "image=1%3Au-" in page.driver.current_url)
    page.expect("words and image as terms", lambda: len(page.all(".chip")) == 2 and page.all(".chip img")[1].is_displayed())
    page.wait_until_settled()
    page.all(".chip button")[0].click()
    page.wait_until_settled()
    page.expect("the image itself as first hit", lambda: page.ids()[0] == image)


def console(page: Page) -> None:
    severe = page.errors_in_console()
    assert not severe, f"expected no errors in the console, found {severe}"
