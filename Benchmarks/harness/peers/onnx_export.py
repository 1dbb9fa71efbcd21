"""Exports a tower to ONNX, once; also its int8 form as ONNX Runtime makes it: dynamic, or static for a trunk."""

import argparse
from pathlib import Path

from harness.task import Task


def ensure(task: Task, quantized: bool) -> Path:
    """The path of a tower's ONNX file, which is made if it is not there."""
    plain = Path(task.work) / f"{task.tower}.onnx"
    if not plain.exists():
        export(task.model, task.tower, plain)
    if not quantized:
        return plain
    smaller = Path(task.work) / f"{task.tower}.int8.onnx"
    if not smaller.exists():
        quantize_trunk(plain, smaller, task) if task.tower == "trunk" else quantize(plain, smaller)
    return smaller


def export(model: str, tower_name: str, path: Path) -> None:
    """Write one tower with a dynamic batch (and a dynamic length, for texts)."""
    import torch

    from harness.peers import pytorch

    module = pytorch.trunk(model) if tower_name == "trunk" else pytorch.tower(model, tower_name)
    if tower_name != "text":
        example, axes = torch.zeros(2, 3, 224, 224), {0: torch.export.Dim("batch")}
    else:
        example = torch.full((2, 16), 49407)
        axes = {0: torch.export.Dim("batch"), 1: torch.export.Dim("length", max=77)}
    program = torch.onnx.export(
        module, (example,), dynamo=True, dynamic_shapes=(axes,), input_names=["input"], output_names=["features"]
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    program.save(path)


def quantize(source: Path, target: Path) -> None:
    """ONNX Runtime's dynamic quantisation with its default settings.

    The exporter's shapes of intermediate values go first: the quantiser turns matrices round and then trips over them.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    model = onnx.load(source)
    del model.graph.value_info[:]
    quantize_dynamic(model, target, weight_type=QuantType.QInt8)


def quantize_trunk(source: Path, target: Path, task: Task) -> None:
    """ONNX Runtime's static quantisation, a scale for each channel of a weight, calibrated on the first inputs.

    Dynamic quantisation has no depthwise convolution that is fast.
    """
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Inputs(CalibrationDataReader):
        def __init__(self) -> None:
            self._batches = iter(task.all_batches()[0][index : index + 1] for index in range(16))

        def get_next(self) -> dict | None:
            batch = next(self._batches, None)
            return None if batch is None else {"input": batch}

    prepared = target.with_suffix(".prepared.onnx")
    quant_pre_process(source, prepared, skip_symbolic_shape=True)
    quantize_static(
        prepared, target, Inputs(), quant_format=QuantFormat.QDQ, per_channel=True,
        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
    )


def main() -> None:
    """Export in a process of its own, so that a timed one never holds PyTorch."""
    parser = argparse.ArgumentParser()
    parser.add_argument("task")
    parser.add_argument("--quantized", action="store_true")
    arguments = parser.parse_args()
    ensure(Task.decode(arguments.task), arguments.quantized)


if __name__ == "__main__":
    main()
