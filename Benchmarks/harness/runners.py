"""Runners: a peer in a process of its own, or Plumb's engine, both asked for one turn at a time."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from harness.context import Context
from harness.peers import onnx_export
from harness.task import Task

OURS = "Plumb"


class RunnerFailed(Exception):
    """A runner ended without an answer."""


@dataclass(frozen=True)
class Turn:
    """What one pass over the inputs took."""

    seconds: float
    items: int
    cpu_seconds: float | None

    @property
    def milliseconds(self) -> float:
        """Wall milliseconds an item."""
        return self.seconds / self.items * 1e3

    @property
    def cpu_milliseconds(self) -> float | None:
        """CPU milliseconds an item, over all threads."""
        return None if self.cpu_seconds is None else self.cpu_seconds / self.items * 1e3


class PeerRunner:
    """A peer that stays loaded between its turns."""

    def __init__(self, label: str, peer: str, task: Task, context: Context) -> None:
        self.label, self.detail = label, ""
        self._peer, self._task, self._context = peer, task, context
        self._process: subprocess.Popen | None = None
        self._log = context.work / "logs" / f"{peer.replace(':', '-')}-{task.tower}-{task.precision}.log"

    def start(self) -> None:
        """Load and warm up; exports the ONNX file first where the peer needs one."""
        self._log.parent.mkdir(parents=True, exist_ok=True)
        if not self._peer.startswith("pytorch"):
            self._export()
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "harness.worker", self._peer, self._task.encoded()],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=self._context.environment(),
            )
        self.detail = self._answer()["ready"]

    def turn(self) -> Turn:
        """One pass over the inputs."""
        answer = self._ask({"turn": 1})
        return Turn(answer["seconds"], answer["items"], answer["cpu_seconds"])

    def embed(self, path: Path) -> None:
        """Write the embeddings of every input."""
        self._ask({"embed": str(path)})

    def close(self) -> None:
        """End the process and give its memory back."""
        if self._process:
            self._process.stdin.close()
            self._process.wait()
            self._process.stdout.close()

    def _export(self) -> None:
        command = [sys.executable, "-m", onnx_export.__name__, self._task.encoded()]
        command += ["--quantized"] if self._task.precision == "int8" else []
        with self._log.open("w") as log:
            done = subprocess.run(command, stdout=log, stderr=log, env=self._context.environment())
        if done.returncode:
            raise RunnerFailed(f"{self.label} could not be exported; see {self._log}")

    def _ask(self, order: dict) -> dict:
        print(json.dumps(order), file=self._process.stdin, flush=True)
        return self._answer()

    def _answer(self) -> dict:
        line = self._process.stdout.readline()
        if not line:
            raise RunnerFailed(f"{self.label} stopped; see {self._log}")
        return json.loads(line)


class EngineRunner:
    """Plumb's engine alone, by its `plumb-bench`, which warms up before it times."""

    def __init__(self, task: Task, context: Context) -> None:
        self.label, self.detail = OURS, ""
        self._task, self._context = task, context

    def start(self) -> None:
        """Run once, so that the checkpoint is in the page cache."""
        self._run(self._task.batch)

    def turn(self) -> Turn:
        """One process: load, one batch to warm up, one timed pass over the inputs."""
        answer = self._run(self._task.count)
        self.detail = f"{answer['instruction_set']}, {answer['precision']}"
        return Turn(answer["best_seconds"], answer["items"], answer.get("cpu_seconds"))

    def embed(self, path: Path) -> None:
        """Write the embeddings of every input."""
        self._run(count_inputs(self._task), "--output", str(path))

    def close(self) -> None:
        """Nothing is kept between turns."""

    def _run(self, count: int, *more: str) -> dict:
        task = self._task
        kind = "text" if task.tower == "text" else "image"
        source = Path(task.model) / "golden" / ("pixels.npy" if kind == "image" else "token_ids.json")
        command = [self._context.engine, kind, "--model", task.model, "--precision", task.precision]
        command += ["--batch", task.batch, "--count", count, "--threads", task.threads, "--rounds", 1]
        command += ["--input", source]
        done = subprocess.run(
            [str(word) for word in command] + list(more),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self._context.environment(),
        )
        if done.returncode:
            raise RunnerFailed(f"plumb-bench failed: {done.stderr.strip()}")
        return json.loads(done.stdout)


def count_inputs(task: Task) -> int:
    """How many inputs a task's source holds."""
    return sum(len(batch) for batch in task.all_batches())


def runners(peers: dict[str, str], task: Task, context: Context) -> list:
    """Our engine, if it is built, and the named peers (label to name)."""
    ours = [EngineRunner(task, context)] if context.engine.exists() else []
    return ours + [PeerRunner(label, name, task, context) for label, name in peers.items()]
