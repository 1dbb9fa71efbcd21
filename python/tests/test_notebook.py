from __future__ import annotations

import json
import os

import pytest
from conftest import REPOSITORY, needs_plumb

EXAMPLES = REPOSITORY / "python" / "examples"


def test_no_output_is_stored():
    notebook = json.loads((EXAMPLES / "plumb.ipynb").read_text())
    assert not any(cell.get("outputs") for cell in notebook["cells"])


TELL = """
values = {name: values.tolist() for name, values in graded.per_caption.items()}
print(json.dumps([ratings, values, {name: values["tau_c"] for name, values in agreement.items()}]))
"""
"""A last cell, which says what the notebook has found."""


@needs_plumb
def test_the_notebook_runs(monkeypatch):
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    pytest.importorskip("matplotlib")
    stats = pytest.importorskip("scipy.stats")
    # The kernel finds this checkout, whether or not the package is installed.
    paths = [str(REPOSITORY / "python"), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    notebook = nbformat.read(EXAMPLES / "plumb.ipynb", as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(TELL))
    nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(EXAMPLES)}}
    ).execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert any("<table>" in output.get("data", {}).get("text/html", "") for output in shown)
    assert sum("image/png" in output.get("data", {}) for output in shown) == 2
    ratings, values, agreement = json.loads(notebook.cells[-1]["outputs"][0]["text"])
    assert set(agreement) == set(values) and len(ratings) == 10
    for name, each in values.items():
        assert agreement[name] == pytest.approx(stats.kendalltau(each, ratings, variant="c").statistic, abs=1e-9), name
    assert agreement["ROUGE-L"] == pytest.approx(0.22 / 0.75, abs=1e-9)
