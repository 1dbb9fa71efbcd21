"""OpenVINO on the CPU, with one stream or with several that share the threads."""

import numpy as np
import openvino
import openvino.properties as properties
import openvino.properties.hint as hint

from harness.peers import onnx_export
from harness.task import Task

PRECISIONS = {"f32": openvino.Type.f32, "bf16": openvino.Type.bf16, "int8": openvino.Type.f32}


def load(task: Task, streams: int):
    """A tower in OpenVINO; int8 takes the graph that ONNX Runtime quantised."""
    path = onnx_export.ensure(task, quantized=task.precision == "int8")
    compiled = openvino.Core().compile_model(path, "CPU", settings(task, streams))
    used = compiled.get_property(hint.inference_precision).to_string()
    queue = openvino.AsyncInferQueue(compiled, streams)

    def run(batches: list[np.ndarray]) -> list[np.ndarray]:
        results: list[np.ndarray] = [None] * len(batches)

        def keep(request, index: int) -> None:
            results[index] = request.get_output_tensor(0).data.copy()

        queue.set_callback(keep)
        for index, batch in enumerate(batches):
            queue.start_async({0: batch}, index)
        queue.wait_all()
        return results

    return run, f"openvino {openvino.__version__.split('-')[0]}, computes in {used}"


def settings(task: Task, streams: int) -> dict:
    """Threads, streams and precision."""
    return {
        hint.inference_precision: PRECISIONS[task.precision],
        properties.inference_num_threads: task.threads,
        properties.num_streams: streams,
        hint.performance_mode: hint.PerformanceMode.LATENCY if streams == 1 else hint.PerformanceMode.THROUGHPUT,
    }
