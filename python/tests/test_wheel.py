"""The wheel that bin/wheel makes, in an environment that has nothing else of Plumb or Swift. PLUMB_WHEEL names it."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
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


def pythons() -> dict[int, str]:
    """An interpreter of each CPython 3.9 to 3.13 that is here, by its minor version; the one that runs this at least."""
    found = {sys.version_info.minor: sys.executable}
    root = pathlib.Path(os.environ.get("PYENV_ROOT", pathlib.Path.home() / ".pyenv"))
    for minor in range(9, 14):
        own = sorted(root.glob(f"versions/3.{minor}.*/bin/python"))
        path = str(own[-1]) if own else shutil.which(f"python3.{minor}", path="/usr/local/bin:/usr/bin")
        if path:
            found.setdefault(minor, path)
    return found


PYTHONS = pythons()


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """The wheel alone, once for all interpreters: it holds no code of one version."""
    folder = tmp_path_factory.mktemp("unpacked")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", folder]
    subprocess.run([*pip, WHEEL], check=True)
    return folder


@pytest.mark.parametrize("minor", PYTHONS)
def test_every_python_scores(minor, unpacked, tmp_path):
    # The oldest NumPy that pyproject.toml allows has wheels for the oldest Python; the others get their newest.
    numpy = "numpy==1.21.0" if minor == 9 else "numpy"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:", "--target", tmp_path]
    subprocess.run([*pip, "--python-version", f"3.{minor}", numpy], check=True)
    code = (
        "import sys, numpy, plumb; "
        "scores = plumb.score(['two cats'], [['two cats asleep']], [sys.argv[1]], metrics=['rouge', 'clipscore']); "
        "print(sys.version_info.minor, numpy.__version__, len(scores.per_caption['CLIPScore']), scores['ROUGE-L'] > 0.5)"
    )
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONPATH": f"{unpacked}:{tmp_path}"}
    ran = subprocess.run(
        [PYTHONS[minor], "-c", code, EXAMPLE / "images" / "image1.jpg"],
        env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    own, version, *rest = ran.stdout.split()
    assert own == str(minor) and rest == ["1", "True"] and (minor != 9 or version == "1.21.0")


TYPED = """
from __future__ import annotations

import plumb
from plumb.coco import Bleu

scores = plumb.score(["a cat"], references=[["a cat sleeps"]])
value: float = scores["BLEU-1"]
rewards: plumb.Rewards = plumb.Reward("cider").score(["a"], ["a cat"], [True])
method: str = Bleu(4).method()
"""


def test_a_typed_program_is_checked_against_the_package(prefix, tmp_path):
    def checked(text):
        (tmp_path / "program.py").write_text(text)
        command = [sys.executable, "-m", "mypy", "--strict", "--python-executable", prefix / "bin" / "python"]
        environment = {**os.environ, "PYTHONPATH": "", "MYPYPATH": ""}
        options = ["--cache-dir", tmp_path / "cache", "--follow-imports", "silent", "program.py"]
        return subprocess.run([*command, *options], env=environment, cwd=tmp_path, capture_output=True, text=True)

    with zipfile.ZipFile(WHEEL) as wheel:
        assert "plumb/py.typed" in wheel.namelist()
    right = checked(TYPED)
    assert right.returncode == 0, right.stdout + right.stderr
    wrong = checked(f"{TYPED}plumb.score(['a cat'], precision=8)\nwords: int = plumb.Reward('cider').expression\n")
    assert wrong.returncode == 1 and wrong.stdout.count("error: ") == 2, wrong.stdout
    assert '"precision"' in wrong.stdout and "Incompatible types in assignment" in wrong.stdout


def test_the_platform_tag_is_auditwheels():
    shown = subprocess.run([sys.executable, "-m", "auditwheel", "show", WHEEL], check=True, capture_output=True, text=True)
    text = " ".join(shown.stdout.split())
    # Its "consistent with" says linux_x86_64, see make_wheel.py: it does not find the wheel's own libraries. The versions of
    # symbols, of glibc and of libstdc++, are what the tag is about.
    tag = re.search(r'constrains the platform tag to "(\w+)"', text)
    assert tag and WHEEL.endswith(f"-py3-none-{tag[1]}.whl"), text
    with zipfile.ZipFile(WHEEL) as wheel:
        own = {name.rsplit("/", 1)[-1] for name in wheel.namelist()}
    needed = set(re.findall(r"\blib[\w+-]+\.so[.\d]*", text)) - own
    # What every manylinux system has.
    assert needed <= {"libc.so.6", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1", "libdl.so.2", "libpthread.so.0"}, needed


def test_removal_leaves_nothing(prefix):
    removed = run(prefix, sys.executable and prefix / "bin" / "python", "-m", "pip", "uninstall", "--yes", "plumb")
    assert removed.returncode == 0, removed.stderr
    assert not (prefix / "bin" / "plumb").exists() and not list(prefix.glob("share/plumb/**/*.so*"))
