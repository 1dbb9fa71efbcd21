from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import plumb
from plumb import command

TESTS = Path(__file__).parent
REPOSITORY = TESTS.parents[1]
EXAMPLE = REPOSITORY / "Examples" / "cats-and-dogs"
TINY_CLIP = REPOSITORY / "Tests" / "PlumbTests" / "Fixtures" / "tiny-clip"


def _has_worker() -> bool:
    try:
        return subprocess.run([command.path(), "worker", "--help"], capture_output=True, check=False).returncode == 0
    except plumb.CommandNotFoundError:
        return False


HAS_WORKER = _has_worker()
needs_plumb = pytest.mark.skipif(not HAS_WORKER, reason="no program plumb; set PLUMB_COMMAND")


IS_STRICT = bool(os.environ.get("PLUMB_TEST_STRICT"))
"""Whether a test that is skipped fails, unless what it lacks is private data."""


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item, call):
    return _failed_if_skipped((yield))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report(collector):
    return _failed_if_skipped((yield))


def _failed_if_skipped(report):
    if IS_STRICT and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if "PLUMB_TEST_DATA" not in reason:
            report.outcome = "failed"
            report.longrepr = f"{reason}. With PLUMB_TEST_STRICT nothing is skipped but for want of PLUMB_TEST_DATA."
    return report


@pytest.fixture
def fake():
    """A worker that is tests/fake_worker.py."""
    with plumb.Worker(command=[sys.executable, str(TESTS / "fake_worker.py")]) as worker:
        yield worker


@pytest.fixture(scope="session")
def candidates() -> dict[str, str]:
    return json.loads((EXAMPLE / "candidates.json").read_text())


@pytest.fixture(scope="session")
def references() -> dict[str, list[str]]:
    return json.loads((EXAMPLE / "references.json").read_text())


@pytest.fixture(scope="session")
def image_paths(candidates) -> dict[str, str]:
    return {id: str(EXAMPLE / "images" / f"{id}.jpg") for id in candidates}


@pytest.fixture(scope="session")
def has_meteor() -> bool:
    if not HAS_WORKER:
        return False
    shown = subprocess.run([command.path(), "meteor", "show"], capture_output=True, check=False, env=os.environ)
    return shown.returncode == 0
