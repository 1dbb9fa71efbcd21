"""Makes torchvision importable beside a CPU-only torch.

PyPI's torchvision is built for CUDA, and its compiled operators do not load without it. Nothing here uses them,
but importing torchvision describes two of them, which fails when they were never declared.
"""

import torch

_library = torch.library.Library("torchvision", "DEF")
for _name in ("nms", "qnms"):
    _library.define(f"{_name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
