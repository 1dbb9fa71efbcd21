"""The machine and the versions that a table was measured with."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

LIBRARIES = ["torch", "transformers", "open_clip_torch", "onnxruntime", "openvino", "pycocoevalcap", "pillow", "numpy"]
ISA_FLAGS = ["avx2", "fma", "f16c", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_bf16", "amx_int8"]


def describe(threads: int) -> list[str]:
    """Lines for the head of the page."""
    has = [flag for flag in ISA_FLAGS if has_instructions(flag)]
    lacks = [flag for flag in ISA_FLAGS if not has_instructions(flag)]
    return [
        f"processor: {processor_field('model name')} (family {processor_field('cpu family')}, "
        f"model {processor_field('model')}), {os.cpu_count()} cores seen, {threads} threads used",
        f"instructions: {', '.join(has)}" + (f"; without {', '.join(lacks)}" if lacks else ""),
        f"memory: {memory_gibibytes():.0f} GiB",
        f"system: {platform.platform()}, Python {platform.python_version()}",
        "peers: " + ", ".join(f"{name} {version(name)}" for name in LIBRARIES),
    ]


def has_instructions(*flags: str) -> bool:
    """Whether the processor has any of these extensions, by the kernel's names."""
    return any(flag in processor_field("flags").split() for flag in flags)


def by_machine(wide: float, other: float) -> float:
    """A target: `wide` on a processor with AVX-512, `other` elsewhere."""
    return wide if has_instructions("avx512f") else other


def processor_field(name: str) -> str:
    """The first value of a field of /proc/cpuinfo."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return "unknown"


def memory_gibibytes() -> float:
    """Physical memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
