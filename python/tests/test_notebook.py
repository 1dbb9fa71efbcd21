from __future__ import annotations

import json
import os

import pytest
from conftest import REPOSITORY, needs_plumb

EXAMPLES = REPOSITORY / "python" / "examples"


def test_no_output_is_stored():
    notebook = json.loads((EXAMPLES / "plumb.ipynb").read_text())
    assert not any(cell.get("outputs") for cell in notebook["cells"])


@needs_plumb
def test_the_notebook_runs(monkeypatch):
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    pytest.importorskip("matplotlib")
    # The kernel finds this checkout, whether or not the package is installed.
    paths = [str(REPOSITORY / "python"), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    notebook = nbformat.read(EXAMPLES / "plumb.ipynb", as_version=4)
    nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(EXAMPLES)}}
    ).execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert any("<table>" in output.get("data", {}).get("text/html", "") for output in shown)
    assert sum("image/png" in output.get("data", {}) for output in shown) == 2
