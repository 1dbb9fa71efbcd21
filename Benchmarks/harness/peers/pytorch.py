"""PyTorch with transformers or, for a trunk, open_clip and timm: eager, compiled, bf16, and dynamic int8."""

from pathlib import Path

import numpy as np
import torch

from harness import torchvision_shim  # noqa: F401 (before transformers imports torchvision)
from harness.task import Task


class ImageTower(torch.nn.Module):
    """Normalised images to projected embeddings."""

    def __init__(self, model) -> None:
        super().__init__()
        self.model = model

    def forward(self, pixel_values):
        """(B, 3, 224, 224) to (B, 512)."""
        return self.model.get_image_features(pixel_values=pixel_values).pooler_output


class TextTower(torch.nn.Module):
    """Padded token ids to projected embeddings.

    No attention mask is given: padding comes after the end of the text, where causal attention does not look, and
    without a mask the peer takes its faster path.
    """

    def __init__(self, model) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids):
        """(B, T) to (B, 512)."""
        return self.model.get_text_features(input_ids=input_ids).pooler_output


def tower(model_folder: str, name: str, attention: str = "sdpa") -> torch.nn.Module:
    """One tower of a checkpoint, ready for inference, without the other's weights."""
    from transformers import CLIPModel

    model = CLIPModel.from_pretrained(Path(model_folder), dtype=torch.float32, attn_implementation=attention).eval()
    if name == "image":
        del model.text_model
        return ImageTower(model)
    del model.vision_model
    return TextTower(model)


def trunk(model_folder: str) -> torch.nn.Module:
    """The image tower of open_clip's checkpoint, channels last."""
    import json

    from open_clip.model import CLIP
    from safetensors.torch import load_file

    folder = Path(model_folder)
    model = CLIP(**json.loads((folder / "open_clip_config.json").read_text())["model_cfg"])
    model.load_state_dict(load_file(folder / "open_clip_model.safetensors"))
    return model.visual.eval().to(memory_format=torch.channels_last)


def load(task: Task, variant: str):
    """A tower in PyTorch; `variant` is empty for eager, or `compiled`."""
    torch.set_num_threads(task.threads)
    module = trunk(task.model) if task.tower == "trunk" else tower(task.model, task.tower)
    if task.precision == "bf16":
        module = module.to(torch.bfloat16)
    elif task.precision == "int8":
        module = torch.ao.quantization.quantize_dynamic(module, {torch.nn.Linear}, dtype=torch.qint8)
    if variant == "compiled":
        torch._inductor.config.freezing = True
        module = torch.compile(module, dynamic=task.tower == "text")
    return runner(module, task), f"torch {torch.__version__}"


def runner(module: torch.nn.Module, task: Task):
    """What runs batches of numpy arrays through a module."""
    floating = torch.bfloat16 if task.precision == "bf16" else torch.float32

    def run(batches: list[np.ndarray]) -> list[np.ndarray]:
        with torch.inference_mode():
            return [embed(torch.from_numpy(batch)).float().numpy() for batch in batches]

    def embed(batch: torch.Tensor) -> torch.Tensor:
        if task.tower == "trunk":
            batch = batch.contiguous(memory_format=torch.channels_last)
        return module(batch if task.tower == "text" else batch.to(floating))

    return run
