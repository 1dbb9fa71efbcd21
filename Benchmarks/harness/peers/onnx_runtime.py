"""ONNX Runtime on the CPU: f32 and dynamic int8."""

import numpy as np
import onnxruntime

from harness.peers import onnx_export
from harness.task import Task


def load(task: Task):
    """A tower in ONNX Runtime, with every graph optimisation on."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = task.threads
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    path = onnx_export.ensure(task, quantized=task.precision == "int8")
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def run(batches: list[np.ndarray]) -> list[np.ndarray]:
        return [session.run(None, {name: batch})[0] for batch in batches]

    return run, f"onnxruntime {onnxruntime.__version__}"
