"""Payloads of answers as NumPy arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]
Float32Array = npt.NDArray[np.float32]
Int32Array = npt.NDArray[np.int32]


def payload_array(header: Mapping[str, Any], payload: memoryview) -> npt.NDArray[Any]:
    """The array that a header describes by `shape` and `dtype`, without a copy. Bytes behind it are passed over."""
    shape = tuple(header["shape"])
    dtype = np.dtype(header["dtype"]).newbyteorder("<")
    count = int(np.prod(shape, dtype=np.int64))
    if count == 0:
        return np.empty(shape, dtype)
    return np.frombuffer(payload, dtype, count).reshape(shape)
