"""A convolutional image tower alone: EfficientNet-Lite0 at 224 pixels, in batches and one image at a time."""

import subprocess
import sys
from functools import partial

from harness.context import BENCHMARKS, Context
from harness.report import Section, timing_section
from harness.rounds import interleave
from harness.runners import RunnerFailed, runners
from harness.task import Task

PEERS = {
    "f32": {
        "PyTorch": "pytorch",
        "PyTorch, compiled": "pytorch:compiled",
        "ONNX Runtime": "onnxruntime",
        "OpenVINO": "openvino:1",
        "OpenVINO, two streams": "openvino:2",
    },
    "bf16": {"PyTorch, compiled": "pytorch:compiled", "OpenVINO": "openvino:1", "OpenVINO, two streams": "openvino:2"},
    "int8": {
        "ONNX Runtime, static": "onnxruntime",
        "OpenVINO, the same graph": "openvino:1",
        "OpenVINO, the same graph, two streams": "openvino:2",
    },
}
TARGETS = {"f32": 1.0, "bf16": 1.0, "int8": 1.3}


def rows() -> dict:
    """Every row of the trunk by its name."""
    batches = {f"trunk-{p}": partial(image_batches, precision=p) for p in ("f32", "bf16", "int8")}
    return {**batches, **{f"trunk-latency-{p}": partial(one_image, precision=p) for p in ("f32", "int8")}}


def image_batches(context: Context, precision: str) -> Section:
    """Batches of 32 real photographs."""
    timings = interleave(runners(PEERS[precision], task(context, precision, 32, 64), context), context)
    return timing_section(f"EfficientNet-Lite0, {precision}, batches of 32", TARGETS[precision], timings)


def one_image(context: Context, precision: str) -> Section:
    """Latency: one photograph at a time."""
    peers = {label: name for label, name in PEERS[precision].items() if not label.endswith("two streams")}
    timings = interleave(runners(peers, task(context, precision, 1, context.size(32, 8)), context), context)
    return timing_section(f"EfficientNet-Lite0, {precision}, one image at a time", 1.0, timings)


def task(context: Context, precision: str, batch: int, count: int) -> Task:
    """A task on a random checkpoint, which is made if it is not there."""
    folder = context.work / "lite0-random"
    source = folder / "golden" / "pixel_values.npy"
    if not source.exists():
        command = [sys.executable, BENCHMARKS / "make_trunk.py", folder, "--pixels", context.golden / "pixels.npy"]
        if subprocess.run([str(word) for word in command], env=context.environment()).returncode:
            raise RunnerFailed("the random checkpoint of EfficientNet-Lite0 could not be made")
    return Task(
        "trunk", precision, str(folder), str(source), str(context.work / "onnx"), batch, count, context.threads
    )
