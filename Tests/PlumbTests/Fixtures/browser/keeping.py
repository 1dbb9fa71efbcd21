"""Saved searches, reloads, exports."""

import json
import pathlib
import zipfile

from selenium.webdriver.common.keys import Keys

from .page import Page


def save(page: Page) -> None:
    page.find("#save").click()
    answer(page, "Browser test")
    page.expect("a notice that it is saved", lambda: "Saved as" in page.find("#toasts").text)
    page.find("#saved-open").click()
    page.expect("it in the list of saved searches", lambda: "Browser test" in page.find("#saved-list").text)
    line = page.find("#saved-list small").text
    assert page.query in line and "2 good, 1 bad" in line and "1 round" in line, f"expected what it holds, found {line!r}"
    page.key(Keys.ESCAPE)


def answer(page: Page, text: str) -> None:
    """Answers the dialog that asks for a name."""
    page.expect("the question for a name", lambda: page.is_open("#ask"))
    name = page.find("#ask-input")
    name.clear()
    name.send_keys(text, Keys.ENTER)


def reload(page: Page) -> None:
    page.driver.refresh()
    is_as_it_was(page)


def is_as_it_was(page: Page) -> None:
    page.wait_until_loaded()
    page.expect("round 1 to be current", lambda: page.round() == 1)
    page.expect("the refined hits again", lambda: page.ids()[:20] == page.refined)
    assert page.marked("good") == page.good, "expected the good marks to be kept"
    assert page.find("#box").get_property("value") == page.query, "expected the words in the search box"


def open_a_saved_search(page: Page) -> None:
    page.script("location.hash = 'q=something+else'")
    page.wait_until_settled()
    assert not page.marked("good"), "expected another search to be without marks"
    page.find("#saved-open").click()
    page.expect("the list of saved searches", lambda: page.is_open("#saved"))
    page.find("#saved-list a").click()
    page.expect("the list to be closed", lambda: not page.is_open("#saved"))
    is_as_it_was(page)


def export(page: Page) -> None:
    downloads = page.folder / "downloads"
    page.devtools("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(downloads.resolve()))
    good = set(page.names('#grid .tile[data-mark="good"]'))
    shown = page.names()

    def exported(what: str, how: str, name: str) -> pathlib.Path:
        file = downloads / name
        file.unlink(missing_ok=True)
        choose(page, what, how)
        page.expect(f"{name} to be downloaded", file.exists)
        return file

    assert page.find("#export-good").get_property("value") == "2", "expected the number of good marks"
    assert page.find("#export-hits").get_property("value") == str(len(shown)), "expected the number of hits"
    paths = exported("good", "paths", "plumb.txt").read_text().splitlines()
    assert len(paths) == 2 and all(path.startswith("/") for path in paths), f"expected two paths, found {paths}"
    assert {pathlib.Path(path).name for path in paths} == good, f"expected the good images, found {paths}"
    hits = exported("hits", "paths", "plumb.txt").read_text().splitlines()
    assert [pathlib.Path(path).name for path in hits] == shown, "expected the hits in their order"
    requests = page.script("return performance.getEntriesByType('resource').map(entry => entry.name)")
    limits = f"what=hits&format=paths&count={len(shown)}&at_least=0"
    assert any(request.endswith(limits) for request in requests), f"expected a request for {limits}, found {requests[-3:]}"
    document = json.loads(exported("hits", "json", "plumb.json").read_text())
    listed = [image["name"] for image in document["images"]]
    assert listed == shown, f"expected the hits as JSON, found {listed}"
    with zipfile.ZipFile(exported("good", "zip", "plumb.zip")) as archive:
        assert archive.testzip() is None, "expected a sound archive"
        copies = {pathlib.Path(member).name: archive.read(member) for member in archive.namelist()}
    originals = {path.name: path.read_bytes() for path in map(pathlib.Path, paths)}
    assert copies == originals, f"expected copies of the files, found {sorted(copies)}"
    page.devtools("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
    choose(page, "good", "copy")
    page.expect("a notice", lambda: "2 paths copied." in page.find("#toasts").text)
    pasted = page.script("return navigator.clipboard.readText()")
    assert pasted.splitlines() == paths, f"expected the paths in the clipboard, found {pasted!r}"


def choose(page: Page, what: str, how: str) -> None:
    """Opens the menu of exports and takes one."""
    page.find("#export summary").click()
    page.find(f"#export [value={what}]").click()
    page.find(f"#export button[value={how}]").click()
    page.expect("the menu to close", lambda: not page.is_open("#export"))


def rename_and_delete(page: Page) -> None:
    page.find("#saved-open").click()
    page.expect("the list of saved searches", lambda: page.is_open("#saved"))
    count = len(page.all("#saved-list li"))
    page.find("#saved-list [data-do=rename]").click()
    answer(page, "Another name")
    page.expect("the other name", lambda: page.find("#saved-list strong").text == "Another name")
    page.find("#saved-list [data-do=delete]").click()
    page.expect("a question", lambda: page.is_open("#ask") and "Another name" in page.find("#ask-title").text)
    page.key(Keys.ESCAPE)
    page.expect("the question to be closed", lambda: not page.is_open("#ask"))
    assert len(page.all("#saved-list li")) == count, "expected nothing to be deleted without consent"
    page.find("#saved-list [data-do=delete]").click()
    page.find("#ask-button").click()
    page.expect("it to be gone", lambda: len(page.all("#saved-list li")) == count - 1)
    page.key(Keys.ESCAPE)
    page.expect("its words without marks", lambda: "#q=" in page.driver.current_url and not page.marked("good"))
