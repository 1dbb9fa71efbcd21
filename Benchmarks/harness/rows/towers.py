"""The towers alone: images in batches, one image, captions."""

from functools import partial

from harness.context import Context
from harness.machine import by_machine, has_instructions
from harness.report import Section, Verdict, timing_section
from harness.rounds import Timing, interleave
from harness.rows.product_rate import best_rate
from harness.runners import OURS, runners

IMAGE_GFLOP = 8.818
"""Products of ViT-B/32's image tower: patches .231, twelve blocks of .715, projection .001."""

STREAMS = {"OpenVINO, two streams": "openvino:2"}
PEERS = {
    "f32": {
        "PyTorch": "pytorch",
        "PyTorch, compiled": "pytorch:compiled",
        "ONNX Runtime": "onnxruntime",
        "OpenVINO": "openvino:1",
    },
    "bf16": {"PyTorch": "pytorch", "OpenVINO": "openvino:1"},
    "int8": {"ONNX Runtime, dynamic": "onnxruntime", "OpenVINO, the same graph": "openvino:1"},
}


def peers_of_texts(precision: str, context: Context) -> dict[str, str]:
    """The peers that embed 2,000 captions in reasonable time.

    PyTorch computes bf16 by scalar code on a processor without AVX-512: many times slower than its own f32, and
    hours for this row.
    """
    if precision != "bf16" or has_instructions("avx512f"):
        return PEERS[precision]
    context.notes.append("captions in bf16 by PyTorch: this processor has no AVX-512, and it would take hours")
    return {label: name for label, name in PEERS[precision].items() if label != "PyTorch"}


def rows() -> dict:
    """Every row of the towers by its name."""
    batches = {f"image-{p}": partial(image_batches, precision=p) for p in ("f32", "bf16", "int8")}
    latency = {f"latency-{p}": partial(one_image, precision=p) for p in ("f32", "bf16")}
    texts = {f"text-{p}": partial(captions, precision=p, padding="longest") for p in ("f32", "bf16", "int8")}
    full = {"text-f32-padded-77": partial(captions, precision="f32", padding="full")}
    return {**batches, **latency, **texts, **full}


def image_batches(context: Context, precision: str) -> Section:
    """Batches of 32 real photographs."""
    task = context.task("image", precision, batch=32, count=64)
    timings = interleave(runners(PEERS[precision] | STREAMS, task, context), context)
    target = by_machine(1.7, 1.5) if precision == "int8" else by_machine(1.1, 1.2)
    section = timing_section(f"Image tower, {precision}, batches of 32", target, timings)
    if precision == "f32":
        section.verdicts += against_pytorch(timings) + [share_of_products(timings, context)]
    if precision == "int8":
        section.verdicts += [against_our_bf16(timings, context)]
    return section


def one_image(context: Context, precision: str) -> Section:
    """Latency: one photograph at a time."""
    task = context.task("image", precision, batch=1, count=context.size(32, 8))
    timings = interleave(runners(PEERS[precision], task, context), context)
    return timing_section(f"One image at a time, {precision}", by_machine(1.1, 1.5), timings)


def captions(context: Context, precision: str, padding: str) -> Section:
    """2,000 real captions in batches of 32, in the order of the file."""
    task = context.task("text", precision, batch=32, count=context.size(2000, 128), padding=padding)
    contestants = runners(peers_of_texts(precision, context), task, context)
    timings = interleave(contestants, context, rounds=min(context.rounds, 3))
    target = 4 if padding == "full" else by_machine(1.5, 4)
    words = {"longest": "padded to the longest of the batch", "full": "padded to 77"}[padding]
    section = timing_section(f"{task.count:,} captions, {precision}, peers {words}", target, timings)
    section.notes.append(
        "From token ids to embeddings: no one's tokenizer is timed. transformers' processor pads to the longest text "
        "of a batch (`padding=True`); open_clip and OpenAI's own tokenizer always pad to 77."
    )
    return section


def against_pytorch(timings: list[Timing]) -> list[Verdict]:
    """How much faster ours is than plain PyTorch."""
    by_label = {timing.label: timing for timing in timings}
    ours, peer = by_label.get(OURS), by_label.get("PyTorch")
    if not ours or not peer:
        return []
    ratio = peer.best / ours.best
    words = [f"{ours.best:.2f} ms", f"{peer.best:.2f} ms (PyTorch)", f"{ratio:.2f}×"]
    return [Verdict("Image tower, f32, against plain PyTorch", "≥ 2×", *words, ratio >= 2)]


def share_of_products(timings: list[Timing], context: Context) -> Verdict:
    """The image tower's rate as a share of the fastest matrix product found on this machine."""
    ours = next((timing for timing in timings if timing.label == OURS), None)
    rate, name = best_rate(context)
    work, target, limit = "Image tower, f32, share of the product rate", "≥ 90 %", f"{rate:.0f} GFLOP/s ({name})"
    if not ours:
        return Verdict(work, target, "not measured", limit, "–", None)
    reached = IMAGE_GFLOP / ours.best * 1e3
    return Verdict(work, target, f"{reached:.0f} GFLOP/s", limit, f"{reached / rate:.0%}", reached / rate >= 0.9)


def against_our_bf16(timings: list[Timing], context: Context) -> Verdict:
    """Our int8 against our bf16, timed in turns."""
    least = by_machine(1.7, 1.5)
    work, target = "Image tower, our int8 against our bf16", f"≥ {least}×"
    if not any(timing.label == OURS for timing in timings):
        return Verdict(work, target, "not measured", "–", "–", None)
    tasks = [context.task("image", p, batch=32, count=64) for p in ("int8", "bf16")]
    pair = [runners({}, task, context)[0] for task in tasks]
    for runner, task in zip(pair, tasks):
        runner.label = f"{OURS} {task.precision}"
    best = [timing.best for timing in interleave(pair, context)]
    if len(best) < 2:
        return Verdict(work, target, "not measured", "–", "–", None)
    ratio = best[1] / best[0]
    return Verdict(work, target, f"{best[0]:.2f} ms", f"{best[1]:.2f} ms (our bf16)", f"{ratio:.2f}×", ratio >= least)
