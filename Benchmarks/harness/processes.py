"""Whole processes, timed from their start to their end."""

import os
import subprocess
import time
from dataclasses import dataclass

from harness.context import Context
from harness.runners import RunnerFailed


@dataclass(frozen=True)
class Finished:
    """What a process took and printed."""

    seconds: float
    peak_megabytes: float
    output: str


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
        said = log.read_text().strip().splitlines()[-1:]
        raise RunnerFailed(f"`{' '.join(str(word) for word in command[:3])} …` failed: {' '.join(said)}")
    return Finished(time.perf_counter() - start, usage.ru_maxrss / 1024, output)
