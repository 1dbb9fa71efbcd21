"""The wheel that bin/wheel makes, in an environment that has nothing else of Plumb or Swift. PLUMB_WHEEL names it."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys
import tarfile
import urllib.request
import venv
import zipfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "Examples" / "cats-and-dogs"
WHEEL = os.environ.get("PLUMB_WHEEL", "")

pytestmark = pytest.mark.skipif(not WHEEL, reason="PLUMB_WHEEL names no wheel")


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """A clean environment with the wheel in it."""
    folder = tmp_path_factory.mktemp("clean") / "with a space"
    venv.create(folder, with_pip=True)
    subprocess.run([folder / "bin" / "python", "-m", "pip", "install", "--quiet", WHEEL], check=True)
    return folder


def run(prefix, *command, cwd=None):
    """Runs a program with nothing but the environment's own folder and the system's on PATH."""
    environment = {"PATH": f"{prefix}/bin:/usr/bin:/bin", "HOME": str(prefix)}
    return subprocess.run(command, env=environment, cwd=cwd or prefix, capture_output=True, text=True, timeout=120)


def test_the_command_scores_with_the_model_that_comes_with_it(prefix):
    ran = run(
        prefix, "plumb", "score", EXAMPLE / "candidates.json", "--references", EXAMPLE / "references.json",
        "--images", EXAMPLE / "images",
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert "CLIPScore" in ran.stdout and "mini" in ran.stdout


def test_the_command_is_no_python(prefix):
    with open(prefix / "bin" / "plumb", "rb") as program:
        assert program.read(4) == b"\x7fELF"
    assert run(prefix, "plumb", "--version").stdout.strip()


def test_nothing_of_swift_is_needed(prefix):
    needed = run(prefix, "ldd", prefix / "bin" / "plumb").stdout
    assert "not found" not in needed and "swift" not in needed.lower(), needed
    outside = [line for line in needed.splitlines() if "=> /" in line and str(prefix) not in line]
    # The libraries of C and C++ are the system's, as in every manylinux wheel.
    own = ("libc.", "libm.", "libstdc++.", "libgcc_s.", "libdl.", "libpthread.")
    assert all(line.strip().startswith(own) for line in outside), outside
    served = run(prefix, "plumb-server", "--help")
    assert served.returncode == 0 and "plumb serve" in served.stdout, served.stderr


def test_the_package_finds_the_command(prefix):
    ran = run(
        prefix, "python", "-c",
        "import plumb; print(plumb.__version__); print(plumb.score(['a cat'], references=[['a cat sleeps']])['BLEU-1'])",
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split()[0] == run(prefix, "plumb", "--version").stdout.split()[-1]


def test_captions_are_generated(prefix):
    ran = run(prefix, "plumb", "caption", "generate", EXAMPLE / "images" / "image1.jpg")
    assert ran.returncode == 0, ran.stderr
    assert "image1" in ran.stdout


def test_archives_are_read(prefix):
    with tarfile.open(prefix / "photos.tar", "w") as archive:
        archive.add(EXAMPLE / "images" / "image1.jpg", "image1.jpg")
    ran = run(prefix, "plumb", "embed", "images", "photos.tar", "--output", "photos.npy")
    assert ran.returncode == 0, ran.stderr


def test_the_server_answers(prefix):
    indexed = run(prefix, "plumb", "index", EXAMPLE / "images", "--index", prefix / "own.index")
    assert indexed.returncode == 0, indexed.stderr
    environment = {"PATH": f"{prefix}/bin", "HOME": str(prefix)}
    server = subprocess.Popen(
        [prefix / "bin" / "plumb", "serve", "--index", prefix / "own.index", "--port", "0"],
        env=environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        address = next(word for word in server.stdout.readline().split() if word.startswith("http"))
        with urllib.request.urlopen(address + "api/status", timeout=30) as answer:
            assert answer.status == 200
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def test_the_wheel_says_what_it_needs():
    with zipfile.ZipFile(WHEEL) as wheel:
        names = wheel.namelist()
        about = wheel.read(next(name for name in names if name.endswith(".dist-info/WHEEL"))).decode()
    assert "Root-Is-Purelib: false" in about and "manylinux_2_" in about
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not any("METEOR" in name.upper() and name.endswith(".tables") for name in names)
    assert os.path.getsize(WHEEL) < 60e6


def test_removal_leaves_nothing(prefix):
    removed = run(prefix, sys.executable and prefix / "bin" / "python", "-m", "pip", "uninstall", "--yes", "plumb")
    assert removed.returncode == 0, removed.stderr
    assert not (prefix / "bin" / "plumb").exists() and not list(prefix.glob("share/plumb/**/*.so*"))
