"""Images in all forms that Python has them in, as the worker takes them: a path, or the bytes of an image file."""

from __future__ import annotations

import contextlib
import os
import struct
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Union

import numpy as np
import numpy.typing as npt

from .frames import BytesLike

Image = Any
"""A path, the bytes of an image file, a NumPy array, a torch tensor, a PIL image, or None for one that is missing."""

Item = Union[None, str, BytesLike]


def item(image: Image) -> Item:
    """An image as a path (absolute), or as the bytes of an image file; None stays None.

    - a path (`str` or `os.PathLike`) is read by the worker, in any format that Plumb reads;
    - `bytes`, `bytearray` and `memoryview` are an image file that lies in memory;
    - a NumPy array has the shape (H, W), (H, W, C) or (C, H, W) with 1 to 4 channels: grey, grey and alpha, RGB, RGBA.
      Where both the first and the last axis could be channels, the last one is;
    - a torch tensor has the shape (H, W) or (C, H, W), as in torchvision, and may be on any device;
    - a PIL image, with the orientation that it has from its file, for `exif`.

    Values of arrays and tensors are integers from 0 to 255. They are sent as PNG, so that no value changes.

    Raises `TypeError` for anything else, and `ValueError` for other shapes and values.
    """
    if image is None:
        return None
    if isinstance(image, (str, os.PathLike)):
        return _path_item(os.fspath(image))
    if isinstance(image, (bytes, bytearray, memoryview)):
        if not memoryview(image).nbytes:
            raise ValueError("An image of no bytes was given.")
        return image if memoryview(image).c_contiguous else bytes(image)
    if _is_instance(image, "torch", "Tensor"):
        array = image.detach().cpu().numpy()
        return png(_height_width_channels(array, channels_first=True))
    if _is_instance(image, "PIL.Image", "Image"):
        # The pixels first: Pillow turns a TIFF itself as it reads it.
        try:
            pixels = _pil_array(image)
        except OSError as error:
            raise ValueError(f"The PIL image cannot be read: {error}.") from None
        return png(pixels, _orientation(image))
    if isinstance(image, np.ndarray):
        return png(_height_width_channels(image, channels_first=False))
    raise TypeError(f"An image is a path, bytes, a NumPy array, a torch tensor or a PIL image; {type(image).__name__} was given.")


def items(images: Iterable[Image]) -> list[Item]:
    """Several images as items. Raises what `item` raises, with the index of the image."""
    return list(each_item(images))


def each_item(images: Iterable[Image]) -> Iterator[Item]:
    """`items`, one after the other. Raises what `require_several` raises, too."""
    require_several(images)
    for index, image in enumerate(images):
        try:
            found = item(image)
        except (TypeError, ValueError) as error:
            raise type(error)(f"image {index}: {error}") from None
        yield found


def require_several(images: Any) -> None:
    """Raises `TypeError` or `ValueError` where one image was given in place of several.

    An array or tensor of three axes that could be one image is refused: its lines would each be taken for an image.
    """
    if isinstance(images, (str, bytes, os.PathLike, Mapping)) or _is_instance(images, "PIL.Image", "Image"):
        raise TypeError(f"A list of images is needed; {type(images).__name__} was given.")
    shape = tuple(getattr(images, "shape", ()))
    if len(shape) == 3 and {shape[0], shape[2]} & {1, 2, 3, 4}:
        raise ValueError(f"A list of images is needed; one of the shape {shape} was given. Put it into a list.")


def pack(items: Sequence[Item]) -> tuple[list[str | int | None], list[BytesLike]]:
    """Items as the key `images` of a request and as its payload."""
    payload = [each for each in items if each is not None and not isinstance(each, str)]
    return [each if each is None or isinstance(each, str) else size(each) for each in items], payload


def size(item: Item) -> int:
    """The bytes that an item takes in a payload."""
    return 0 if item is None or isinstance(item, str) else memoryview(item).nbytes


def png(pixels: npt.NDArray[np.uint8], orientation: int = 1) -> bytes:
    """The PNG file of an array of shape (H, W, C) with 1 to 4 channels, without compression.

    - orientation: how the image is to be turned where EXIF counts, 1 to 8; 1 is as it is.

    The file goes to a process on the same machine, where compressing would take longer than writing.
    """
    height, width, channels = pixels.shape
    colour_type = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    # Each line begins with the number of its filter; 0 is none.
    lines = np.zeros((height, 1 + width * channels), np.uint8)
    lines[:, 1:] = pixels.reshape(height, width * channels)
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)),
            *([] if orientation == 1 else [_chunk(b"eXIf", _exif_block(orientation))]),
            _chunk(b"IDAT", zlib.compress(lines.data, 0)),
            _chunk(b"IEND", b""),
        ]
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))


def _exif_block(orientation: int) -> bytes:
    """A TIFF header, and a directory with one tag: the orientation, a SHORT."""
    return struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, _ORIENTATION, 3, 1, orientation, 0, 0)


_ORIENTATION = 0x0112


def _path_item(path: str | bytes) -> Item:
    # Absolute, since the worker keeps the folder that it was started in.
    absolute = os.path.abspath(os.fsdecode(path))
    try:
        absolute.encode()
        return absolute
    except UnicodeEncodeError:
        # A name that is not UTF-8 cannot stand in a header.
        with contextlib.suppress(OSError), open(absolute, "rb") as file:
            return file.read()
        # The worker does not find it either, and says so of this item alone.
        return os.fsencode(absolute).decode(errors="replace")


def _height_width_channels(array: npt.NDArray[Any], channels_first: bool) -> npt.NDArray[np.uint8]:
    if array.ndim == 2:
        array = array[:, :, np.newaxis]
    elif array.ndim == 3:
        last = not channels_first and array.shape[2] in (1, 2, 3, 4)
        if not last and array.shape[0] in (1, 2, 3, 4):
            array = array.transpose(1, 2, 0)
        elif not last:
            expected = "(C, H, W)" if channels_first else "(H, W, C) or (C, H, W)"
            raise ValueError(f"The image has the shape {array.shape}; {expected} with 1 to 4 channels is needed.")
    else:
        raise ValueError(f"The image has {array.ndim} axes; 2 or 3 are needed.")
    if 0 in array.shape:
        raise ValueError(f"The image has no pixels: its shape is {array.shape}.")
    return _bytes_of(array)


def _bytes_of(array: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    if array.dtype == np.uint8:
        return array
    if array.dtype.kind not in "iu":
        raise ValueError(f"The image has values of type {array.dtype}; integers from 0 to 255 are needed (uint8).")
    if array.min() < 0 or array.max() > 255:
        raise ValueError(f"The image has values from {array.min()} to {array.max()}; 0 to 255 are needed.")
    return array.astype(np.uint8)


def _pil_array(image: Any) -> npt.NDArray[np.uint8]:
    if image.mode not in ("L", "LA", "RGB", "RGBA"):
        image = image.convert("RGBA" if "transparency" in image.info or image.mode in ("PA", "RGBa", "La") else "RGB")
    return _height_width_channels(np.asarray(image), channels_first=False)


def _orientation(image: Any) -> int:
    """The EXIF orientation of a PIL image, 1 to 8; 1 where it has none or its EXIF block is damaged."""
    # Pillow raises all kinds of errors.
    with contextlib.suppress(Exception):
        value = image.getexif().get(_ORIENTATION)
        return int(value) if value in range(1, 9) else 1
    return 1


def _is_instance(value: Any, module: str, name: str) -> bool:
    """Whether the value is of a class of a library, without importing that library."""
    kind: type | None = getattr(sys.modules.get(module), name, None)
    return kind is not None and isinstance(value, kind)
