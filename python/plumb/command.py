"""Where the program `plumb` is."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

from .errors import CommandNotFoundError

VARIABLE = "PLUMB_COMMAND"


def path() -> str:
    """The path of the program: what PLUMB_COMMAND names, else the one in this package, else the first on PATH.

    Raises `CommandNotFoundError` where there is none.
    """
    named = os.environ.get(VARIABLE)
    if named:
        if not _is_program(Path(named)):
            raise CommandNotFoundError(f"{VARIABLE} is {named!r}, which is no program.")
        return os.path.abspath(named)
    packaged = Path(__file__).with_name("bin") / "plumb"
    if _is_program(packaged):
        return str(packaged)
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        candidate = Path(folder or ".") / "plumb"
        if _is_program(candidate) and not _starts_this_package(candidate):
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


def _starts_this_package(file: Path) -> bool:
    """Whether the file is the script that pip makes of `main`, which would start itself without end."""
    with open(file, "rb") as opened:
        start = opened.read(1024)
    return start.startswith(b"#!") and b"plumb.command" in start
