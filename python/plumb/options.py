"""Keys that several requests have."""

from __future__ import annotations

import os
from typing import Any, Union

Path = Union[str, "os.PathLike[str]"]


def model_keys(
    model: Path | None = None,
    precision: str = "f32",
    tokenizer: Path | None = None,
    exif: bool = False,
) -> dict[str, Any]:
    """The keys that choose a model.

    - model: a folder or a file of a checkpoint, `owner/name` from the Hugging Face cache, or the name of a model that
      comes with Plumb; where it is None, "mini".
    - precision: "f32", "bf16" or "int8".
    - tokenizer: a folder or file; the model's own where it is None.
    - exif: whether images are turned as their EXIF orientation says.
    """
    name = None if model is None else os.fspath(model)
    # Absolute where it is a path, since the worker keeps the folder that it was started in.
    if name is not None and os.path.exists(os.path.expanduser(name)):
        name = absolute(name)
    return {"model": name, "precision": precision, "tokenizer": absolute(tokenizer), "exif": exif or None}


def absolute(path: Path | None) -> str | None:
    """A path as the worker can use it, in whatever folder it was started."""
    return None if path is None else os.path.abspath(os.path.expanduser(os.fspath(path)))
