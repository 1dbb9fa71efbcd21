"""CI skips nothing silently: PLUMB_TEST_STRICT=1."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from conftest import TESTS

SKIPS = {
    "mark": "@pytest.mark.skipif(True, reason='no Java')\ndef test_it(): pass",
    "call": "def test_it(): pytest.skip('no Java')",
    "fixture": "@pytest.fixture\ndef java(): pytest.skip('no Java')\ndef test_it(java): pass",
    "module": "pytest.importorskip('no_such_package')\ndef test_it(): pass",
}
PRIVATE = "def test_it(): pytest.skip('PLUMB_TEST_DATA does not name the folder of real data')"


def status(folder, text, strict):
    (folder / "test_skips.py").write_text(f"import pytest\n\n{text}\n\ndef test_other(): pass\n")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)]), "PLUMB_COMMAND": "/none"}
    environment["PLUMB_TEST_STRICT"] = strict
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "conftest", "test_skips.py"]
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    return ran.returncode, ran.stdout


@pytest.mark.parametrize("kind", SKIPS)
def test_a_skipped_test_fails_the_run(tmp_path, kind):
    code, text = status(tmp_path, SKIPS[kind], "1")
    assert code in (1, 2) and ("no Java" in text or "no_such_package" in text), text


def test_what_needs_private_data_and_all_else_outside_of_ci_may_be_skipped(tmp_path):
    assert status(tmp_path, PRIVATE, "1")[0] == 0
    for text in SKIPS.values():
        code, printed = status(tmp_path, text, "")
        # 5: nothing else was collected.
        assert code in (0, 5) and "1 skipped" in printed, printed
