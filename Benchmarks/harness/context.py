"""Where everything is in one run of the benchmarks."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from harness.task import Task

BENCHMARKS = Path(__file__).resolve().parent.parent
REPOSITORY = BENCHMARKS.parent


@dataclass
class Context:
    """The folders, programs and sizes of a run."""

    work: Path
    data: Path | None
    plumb: Path
    engine: Path
    rounds: int
    threads: int
    quick: bool
    notes: list[str] = field(default_factory=list)

    @property
    def model(self) -> Path:
        """The random ViT-B/32 that every runner loads."""
        return self.work / "vitb32-random"

    @property
    def golden(self) -> Path:
        """Real inputs and what transformers makes of them in f32."""
        return self.model / "golden"

    def size(self, full: int, quick: int) -> int:
        """A workload's size: the published one, or that of a quick look."""
        return quick if self.quick else full

    def dataset(self, *parts: str) -> Path | None:
        """A path in the data folder, or nothing where it is absent."""
        path = self.data.joinpath(*parts) if self.data else None
        return path if path and path.exists() else None

    def task(self, tower: str, precision: str, **changes) -> Task:
        """A task on the common checkpoint and inputs."""
        source = self.golden / ("pixel_values.npy" if tower == "image" else "token_ids.json")
        return Task(
            tower, precision, str(self.model), str(source), str(self.work / "onnx"), threads=self.threads, **changes
        )

    def environment(self) -> dict[str, str]:
        """The environment of every child: the same threads for all, and nothing from the network."""
        threads = {name: str(self.threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
        offline = {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "PYTHONPATH": str(BENCHMARKS)}
        return {**os.environ, **threads, **offline}
