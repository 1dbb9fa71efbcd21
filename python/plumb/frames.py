"""The frames of `plumb worker`: a line of JSON, and the bytes that follow it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Union

BytesLike = Union[bytes, bytearray, memoryview]
Payload = Union[BytesLike, Sequence[BytesLike]]

MAX_HEADER = 64 << 20
"""The most bytes that a header may have."""
MAX_PAYLOAD = 1 << 30
"""The most bytes that a payload of a request or of an answer may have."""


def encode_request(do: str, payload: Payload = b"", keys: Mapping[str, Any] | None = None) -> tuple[bytes, list[memoryview]]:
    """A request as its line, and as views of the parts of its payload, of which nothing is copied.

    Keys that are None are not sent. Raises what `encode_header` raises.
    """
    parts = _parts_of(payload)
    header = {"do": do, **{key: value for key, value in (keys or {}).items() if value is not None}}
    size = sum(part.nbytes for part in parts)
    if size:
        header["bytes"] = size
    return encode_header(header), parts


def _parts_of(payload: Payload) -> list[memoryview]:
    parts = [payload] if isinstance(payload, (bytes, bytearray, memoryview)) else payload
    views = (memoryview(part) for part in parts)
    return [view.cast("B") for view in views if view.nbytes]


def encode_header(header: Mapping[str, Any]) -> bytes:
    """A header as a line of UTF-8.

    Raises `ValueError` for a text with a lone surrogate, which no UTF-8 can hold, with the name of the item; for a
    number that is not finite; and for a header or payload over the limits of a frame.
    """
    size = header.get("bytes", 0)
    if size > MAX_PAYLOAD:
        raise ValueError(f"The payload has {size:,} bytes; a request may have {MAX_PAYLOAD:,}.")
    text = json.dumps(header, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    try:
        line = text.encode() + b"\n"
    except UnicodeEncodeError:
        raise ValueError(_surrogate_message(header)) from None
    if len(line) > MAX_HEADER:
        raise ValueError(
            f"The request {header.get('do')!r} has {len(line):,} bytes of texts; a request may have {MAX_HEADER:,}. "
            "Send fewer items at once."
        )
    return line


def _surrogate_message(header: Mapping[str, Any]) -> str:
    for key, value in header.items():
        found = _find_surrogate(value, key)
        if found:
            place, text = found
            return f"{place} has a lone surrogate, which is no character: {text[:80]!r}"
    return "A key of the request has a lone surrogate, which is no character."


def _find_surrogate(value: Any, place: str) -> tuple[str, str] | None:
    if isinstance(value, str):
        return (place, value) if any("\ud800" <= c <= "\udfff" for c in value) else None
    if isinstance(value, (list, tuple)):
        found = (_find_surrogate(element, f"{place}[{i}]") for i, element in enumerate(value))
        return next((each for each in found if each), None)
    return None
