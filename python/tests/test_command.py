from __future__ import annotations

import stat
import subprocess
import sys

import pytest
from conftest import needs_plumb

import plumb
from plumb import command


def program(path, text="#!/bin/sh\nexit 0\n"):
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_the_environment_variable_comes_first(tmp_path, monkeypatch):
    monkeypatch.setenv("PLUMB_COMMAND", program(tmp_path / "mine"))
    assert command.path() == str(tmp_path / "mine")


def test_a_variable_that_names_nothing_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv("PLUMB_COMMAND", str(tmp_path / "none"))
    with pytest.raises(plumb.CommandNotFoundError, match="PLUMB_COMMAND"):
        command.path()


def test_the_program_beside_the_package_comes_before_the_path(tmp_path, monkeypatch):
    monkeypatch.delenv("PLUMB_COMMAND", raising=False)
    scripts, programs = tmp_path / "scripts", tmp_path / "programs"
    scripts.mkdir()
    programs.mkdir()
    monkeypatch.setattr(command, "_script_folders", lambda: iter([scripts]))
    monkeypatch.setenv("PATH", str(programs))
    with pytest.raises(plumb.CommandNotFoundError, match="PLUMB_COMMAND"):
        command.path()
    on_path = program(programs / "plumb")
    assert command.path() == on_path
    beside = program(scripts / "plumb")
    assert command.path() == beside


@needs_plumb
def test_python_m_plumb_is_the_program():
    shown = subprocess.run([sys.executable, "-m", "plumb", "--version"], capture_output=True, text=True, check=True)
    assert shown.stdout.strip()
