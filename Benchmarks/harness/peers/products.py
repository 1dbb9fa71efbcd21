"""Times f32 matrix products by every library at hand, in a process of its own."""

import ctypes
import json
import sys
import time
from ctypes.util import find_library
from functools import cache

import numpy as np

SHAPES = [(1600, 768, 3072), (1600, 3072, 768), (1600, 768, 768)]
REPEATS = 20


def main() -> None:
    """Print [library, shape, GFLOP/s] triples as JSON."""
    products = {"numpy (OpenBLAS)": numpy_product, "PyTorch": torch_product(int(sys.argv[1]))}
    if find_library("dnnl"):
        products["oneDNN of the system"] = onednn_product
    triples = []
    for name, product in products.items():
        for index, shape in enumerate(SHAPES):
            triples.append([name, index, rate(product, shape)])
    print(json.dumps(triples))


def rate(product, shape: tuple[int, int, int]) -> float:
    """GFLOP/s of the best of REPEATS products."""
    rows, inner, columns = shape
    generator = np.random.default_rng(1)
    left = generator.standard_normal((rows, inner), dtype=np.float32)
    right = generator.standard_normal((inner, columns), dtype=np.float32)
    best = min(seconds(product, left, right) for _ in range(REPEATS))
    return 2 * rows * inner * columns / best * 1e-9


def seconds(product, left: np.ndarray, right: np.ndarray) -> float:
    """The time of one product."""
    start = time.perf_counter()
    product(left, right)
    return time.perf_counter() - start


def numpy_product(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """numpy's own BLAS."""
    return left @ right


def torch_product(threads: int):
    """PyTorch's matrix product."""
    import torch

    torch.set_num_threads(threads)
    return lambda left, right: torch.mm(torch.from_numpy(left), torch.from_numpy(right))


@cache
def onednn():
    """The system's oneDNN."""
    return ctypes.CDLL(find_library("dnnl"))


def onednn_product(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """oneDNN's `dnnl_sgemm`, which takes rows of matrices as C does."""
    (rows, inner), columns = left.shape, right.shape[1]
    result = np.empty((rows, columns), np.float32)
    size, scale, pointer = ctypes.c_int64, ctypes.c_float, lambda array: ctypes.c_void_p(array.ctypes.data)
    onednn().dnnl_sgemm(
        ctypes.c_char(b"N"), ctypes.c_char(b"N"), size(rows), size(columns), size(inner), scale(1),
        pointer(left), size(inner), pointer(right), size(columns), scale(0), pointer(result), size(columns),
    )  # fmt: skip
    return result


if __name__ == "__main__":
    main()
