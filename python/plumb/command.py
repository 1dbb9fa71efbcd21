"""Where the program `plumb` is."""

from __future__ import annotations

import contextlib
import os
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from .errors import CommandNotFoundError

VARIABLE = "PLUMB_COMMAND"


def path() -> str:
    """The path of the program: what PLUMB_COMMAND names, else the one that came with this package, else the first on PATH.

    Raises `CommandNotFoundError` where there is none.
    """
    named = os.environ.get(VARIABLE)
    if named:
        if not _is_program(Path(named)):
            raise CommandNotFoundError(f"{VARIABLE} is {named!r}, which is no program.")
        return os.path.abspath(named)
    for scripts in _script_folders():
        if _is_program(scripts / "plumb"):
            return str(scripts / "plumb")
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        candidate = Path(folder or ".") / "plumb"
        if _is_program(candidate):
            return os.path.abspath(candidate)
    raise CommandNotFoundError(
        "The program plumb was not found. Install a wheel of this package that contains it, put plumb on PATH, "
        f"or set {VARIABLE} to its path."
    )


def main() -> NoReturn:
    """Becomes the program, with the arguments of this process."""
    try:
        program = path()
        sys.stdout.flush()
        os.execv(program, [program, *sys.argv[1:]])
    except (CommandNotFoundError, OSError) as error:
        sys.exit(f"plumb: {error}")


def _is_program(file: Path) -> bool:
    return file.is_file() and os.access(file, os.X_OK)


def _script_folders() -> Iterator[Path]:
    """Where installers put a program that comes with this package: an environment's, a user's, or `--target`'s."""
    yield Path(sysconfig.get_path("scripts"))
    with contextlib.suppress(KeyError):
        yield Path(sysconfig.get_path("scripts", f"{os.name}_user"))
    yield Path(__file__).resolve().parents[1] / "bin"
