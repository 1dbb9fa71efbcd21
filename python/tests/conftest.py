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
