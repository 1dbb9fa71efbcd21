"""The libraries that Plumb is measured beside, each behind `run(batches) -> embeddings`."""

from collections.abc import Callable

import numpy as np

from harness.task import Task

Run = Callable[[list[np.ndarray]], list[np.ndarray]]


def load(name: str, task: Task) -> tuple[Run, str]:
    """Load a peer by name. Returns what runs it, and a word on what it really does."""
    library, _, variant = name.partition(":")
    if library == "pytorch":
        from harness.peers import pytorch

        return pytorch.load(task, variant)
    if library == "onnxruntime":
        from harness.peers import onnx_runtime

        return onnx_runtime.load(task)
    if library == "openvino":
        from harness.peers import openvino_peer

        return openvino_peer.load(task, streams=int(variant or 1))
    raise ValueError(f"no peer is called {name}")
