"""Whole processes, timed from their start to their end."""

import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass

from harness.context import Context
from harness.runners import RunnerFailed


@dataclass(frozen=True)
class Finished:
    """What a process took and printed."""

    seconds: float
    peak_megabytes: float
    output: str
    processor_seconds: float
    """Of all its threads, and of the processes that it started."""


def finish(command: list, context: Context) -> Finished:
    """Run a command to its end; a failure carries what it said."""
    log = context.work / "logs" / "process.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    with log.open("w") as errors:
        process = subprocess.Popen(
            [str(word) for word in command], stdout=subprocess.PIPE, stderr=errors, text=True, env=context.environment()
        )
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    if process.returncode:
        raise RunnerFailed(f"`{' '.join(str(word) for word in command[:3])} …` failed: {complaint(log.read_text())}")
    seconds = time.perf_counter() - start
    return Finished(seconds, usage.ru_maxrss / 1024, output, usage.ru_utime + usage.ru_stime)


def complaint(said: str) -> str:
    """The line that tells what went wrong: Plumb's `Error:` line, or the last of a Python traceback."""
    lines = said.strip().splitlines() or ["it said nothing"]
    return next((line for line in lines if line.startswith("Error:")), lines[-1])


def those_that_run(turns: dict[str, Callable[[], object]], context: Context) -> dict[str, Callable[[], object]]:
    """Take each turn once to warm the page cache; those that fail are left out, with a note."""
    return {name: turn for name, turn in turns.items() if runs(turn, context)}


def runs(turn: Callable[[], object], context: Context) -> bool:
    """Whether a turn ends well."""
    try:
        turn()
        return True
    except RunnerFailed as failure:
        context.notes.append(str(failure))
        return False
