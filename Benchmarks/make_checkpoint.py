#!/usr/bin/env python3
"""Write a full-size CLIP ViT-B/32 with seeded random weights, and what its own library makes of real inputs.

The same arguments give the same bytes. Two layouts:

    make_checkpoint.py transformers OUT --merges bpe_simple_vocab_16e6.txt.gz
    make_checkpoint.py open_clip    OUT --merges bpe_simple_vocab_16e6.txt.gz

With --photographs and --captions, OUT/golden holds the pixels, token ids and embeddings of the first
64 photographs and --caption-count captions, made by the library that the layout belongs to.
"""

import argparse
import gzip
import json
from pathlib import Path

import numpy as np
import torch

from harness import torchvision_shim  # noqa: F401 (before any library that imports torchvision)

SEED = 20210226
PHOTOGRAPHS = 64
BATCH = 32


def main() -> None:
    """Write the checkpoint and, if inputs are named, its golden."""
    arguments = parse_arguments()
    arguments.output.mkdir(parents=True, exist_ok=True)
    library = {"transformers": Transformers, "open_clip": OpenCLIP}[arguments.layout](arguments.merges)
    library.save(arguments.output)
    if arguments.photographs and arguments.captions:
        captions = read_captions(arguments.captions)[: arguments.caption_count]
        write_golden(library, arguments.photographs, captions, arguments.output / "golden")


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("layout", choices=["transformers", "open_clip"])
    parser.add_argument("output", type=Path)
    parser.add_argument("--merges", type=Path, required=True, help="OpenAI's bpe_simple_vocab_16e6.txt.gz")
    parser.add_argument("--photographs", type=Path, help="a folder of JPEG files")
    parser.add_argument("--captions", type=Path, help="a text file with a caption a line, or token_ids.tsv")
    parser.add_argument("--caption-count", type=int, default=500)
    return parser.parse_args()


class Transformers:
    """Hugging Face's CLIPModel with OpenAI's activation (QuickGELU) and end-of-text id 49407."""

    def __init__(self, merges: Path) -> None:
        from transformers import CLIPConfig, CLIPImageProcessorPil, CLIPModel

        torch.manual_seed(SEED)
        self.model = enliven(CLIPModel(CLIPConfig()).eval())
        self.processor = CLIPImageProcessorPil()
        self.vocabulary, self.merges = read_openai_merges(merges)

    @property
    def version(self) -> str:
        """The library and its version."""
        import transformers

        return f"transformers {transformers.__version__}"

    def save(self, folder: Path) -> None:
        """Write config.json, model.safetensors, the tokenizer's files and preprocessor_config.json."""
        self.model.save_pretrained(folder)
        (folder / "vocab.json").write_text(json.dumps(self.vocabulary, ensure_ascii=False))
        lines = ["#version: 0.2", *self.merges]
        (folder / "merges.txt").write_text("\n".join(lines) + "\n")
        self.tokenizer.save_pretrained(folder)
        self.processor.save_pretrained(folder)
        mark_as_clip_processor(folder / "preprocessor_config.json")

    @property
    def tokenizer(self):
        """The tokenizer made of OpenAI's merges."""
        from transformers import CLIPTokenizer

        merges = [tuple(line.split()) for line in self.merges]
        return CLIPTokenizer(vocab=self.vocabulary, merges=merges, model_max_length=77)

    def pixels(self, photograph) -> np.ndarray:
        """The cropped image, uint8 (height, width, 3)."""
        plain = self.processor(photograph, do_rescale=False, do_normalize=False, return_tensors="np")
        return plain["pixel_values"][0].transpose(1, 2, 0).astype(np.uint8)

    def tensor(self, photograph) -> torch.Tensor:
        """The normalised image, (1, 3, 224, 224)."""
        return self.processor(photograph, return_tensors="pt")["pixel_values"]

    def token_ids(self, captions: list[str]) -> list[list[int]]:
        """The ids of each caption with its two markers, without padding."""
        return self.tokenizer(captions, truncation=True)["input_ids"]

    def embed_images(self, tensor: torch.Tensor) -> torch.Tensor:
        """Projected embeddings, not normalised."""
        return self.model.get_image_features(pixel_values=tensor).pooler_output

    def embed_texts(self, ids: list[list[int]]) -> torch.Tensor:
        """Projected embeddings, not normalised."""
        batch = self.tokenizer.pad({"input_ids": ids}, return_tensors="pt")
        return self.model.get_text_features(**batch).pooler_output


class OpenCLIP:
    """open_clip's ViT-B-32 (exact GELU), in the layout of its Hugging Face repositories."""

    NAME = "ViT-B-32"

    def __init__(self, merges: Path) -> None:
        import open_clip

        torch.manual_seed(SEED + 1)
        self.model = enliven(open_clip.create_model(self.NAME).eval())
        self.transform = open_clip.image_transform(self.model.visual.image_size, is_train=False)
        self.tokenizer = open_clip.SimpleTokenizer(bpe_path=str(merges))
        self.merges_file = merges

    @property
    def version(self) -> str:
        """The library and its version."""
        import open_clip

        return f"open_clip {open_clip.__version__}"

    def save(self, folder: Path) -> None:
        """Write open_clip_config.json, open_clip_model.safetensors and the merges that texts are cut with."""
        import open_clip
        from safetensors.torch import save_file

        state = {name: tensor.contiguous() for name, tensor in self.model.state_dict().items()}
        save_file(state, folder / "open_clip_model.safetensors", metadata={"format": "pt"})
        configuration = {
            "model_cfg": open_clip.get_model_config(self.NAME),
            "preprocess_cfg": self.model.visual.preprocess_cfg,
        }
        (folder / "open_clip_config.json").write_text(json.dumps(configuration, indent=4))
        (folder / self.merges_file.name).write_bytes(self.merges_file.read_bytes())

    def pixels(self, photograph) -> np.ndarray:
        """The cropped image, uint8 (height, width, 3)."""
        for step in self.transform.transforms:
            if type(step).__name__ == "MaybeToTensor":
                break
            photograph = step(photograph)
        return np.asarray(photograph)

    def tensor(self, photograph) -> torch.Tensor:
        """The normalised image, (1, 3, 224, 224)."""
        return self.transform(photograph).unsqueeze(0)

    def token_ids(self, captions: list[str]) -> list[list[int]]:
        """The ids of each caption with its two markers, without padding."""
        rows = self.tokenizer(captions).tolist()
        end = self.tokenizer.eot_token_id
        return [row[: row.index(end) + 1] for row in rows]

    def embed_images(self, tensor: torch.Tensor) -> torch.Tensor:
        """Projected embeddings, not normalised."""
        return self.model.encode_image(tensor)

    def embed_texts(self, ids: list[list[int]]) -> torch.Tensor:
        """Projected embeddings, not normalised."""
        rows = torch.zeros(len(ids), 77, dtype=torch.long)
        for row, caption in zip(rows, ids):
            row[: len(caption)] = torch.tensor(caption)
        return self.model.encode_text(rows)


def enliven(model: torch.nn.Module) -> torch.nn.Module:
    """Give every parameter a say.

    A fresh model has biases of zero, layer norms of one and attention that is all but uniform, so that a
    mistake in any of them would not show in an embedding.
    """
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("bias"):
                parameter.normal_(0, 0.05)
            elif is_layer_norm(name):
                parameter.normal_(1, 0.1)
            elif "q_proj" in name or "k_proj" in name:
                parameter.mul_(4)
            elif "in_proj_weight" in name:
                parameter[: 2 * parameter.shape[1]].mul_(4)
    return model


def is_layer_norm(name: str) -> bool:
    """Whether a parameter is the gain of a layer norm, by either library's name."""
    module = name.removesuffix(".weight").rsplit(".", 1)[-1]
    return "norm" in module or "layrnorm" in module or module.startswith("ln_")


def mark_as_clip_processor(path: Path) -> None:
    """Name the processor as published checkpoints do, so that either backend of transformers loads it."""
    configuration = json.loads(path.read_text())
    configuration["image_processor_type"] = "CLIPImageProcessor"
    path.write_text(json.dumps(configuration, indent=2) + "\n")


def read_openai_merges(path: Path) -> tuple[dict[str, int], list[str]]:
    """OpenAI's vocabulary: 256 bytes, 256 bytes that end a word, one entry a merge, two markers."""
    lines = gzip.decompress(path.read_bytes()).decode().split("\n")
    merges = lines[1 : 49152 - 256 - 2 + 1]
    alphabet = byte_characters()
    entries = alphabet + [character + "</w>" for character in alphabet]
    entries += ["".join(line.split()) for line in merges]
    entries += ["<|startoftext|>", "<|endoftext|>"]
    return {entry: index for index, entry in enumerate(entries)}, merges


def byte_characters() -> list[str]:
    """The printable character that stands for each byte, in the vocabulary's order."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    return [chr(byte) for byte in printable] + [chr(256 + index) for index in range(256 - len(printable))]


def read_captions(path: Path) -> list[str]:
    """Captions of a text file (one a line) or of a TSV whose second column is a JSON string."""
    lines = path.read_text().splitlines()
    if path.suffix == ".tsv":
        return [json.loads(line.split("\t")[1]) for line in lines]
    return lines


def write_golden(library, photographs: Path, captions: list[str], folder: Path) -> None:
    """Write pixels, ids and embeddings of real inputs."""
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    files = sorted(photographs.glob("*.jpg"))[:PHOTOGRAPHS]
    images = [Image.open(file).convert("RGB") for file in files]
    ids = library.token_ids(captions)
    with torch.inference_mode():
        tensors = torch.cat([library.tensor(image) for image in images])
        image_embeddings = in_batches(library.embed_images, tensors)
        texts = in_batches(library.embed_texts, ids)
    np.save(folder / "pixels.npy", np.stack([library.pixels(image) for image in images]))
    np.save(folder / "pixel_values.npy", tensors.numpy())
    save_embeddings(folder / "images", image_embeddings)
    save_embeddings(folder / "texts", texts)
    record = {
        "peer": library.version,
        "torch": torch.__version__,
        "photographs": [file.name for file in files],
        "captions": captions,
        "token_ids": ids,
    }
    (folder / "golden.json").write_text(json.dumps(record, ensure_ascii=False))
    (folder / "captions.txt").write_text("\n".join(captions) + "\n")
    (folder / "token_ids.json").write_text(json.dumps(ids))


def in_batches(embed, items) -> np.ndarray:
    """Embed items BATCH at a time."""
    parts = [embed(items[start : start + BATCH]) for start in range(0, len(items), BATCH)]
    return torch.cat(parts).numpy()


def save_embeddings(stem: Path, rows: np.ndarray) -> None:
    """Write rows as they are and with unit length."""
    np.save(stem.with_name(stem.name + "_raw.npy"), rows)
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    np.save(stem.with_name(stem.name + "_unit.npy"), unit)


if __name__ == "__main__":
    main()
