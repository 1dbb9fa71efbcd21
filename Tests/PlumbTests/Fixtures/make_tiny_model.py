"""Makes tiny-clip/, a CLIP of 60,000 random parameters with a tokenizer of single bytes, and tiny_scores.json: what
transformers gives with it for Examples/cats-and-dogs.

Run with transformers 5 and torch installed (the golden names their versions):  python make_tiny_model.py
"""
import json
import pathlib
import shutil

import torch
import transformers
from PIL import Image
from transformers import CLIPConfig, CLIPModel, CLIPTokenizer
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

here = pathlib.Path(__file__).resolve().parent
example = here.parents[2] / "Examples" / "cats-and-dogs"
folder = here / "tiny-clip"
prefix = "A photo depicts "


def byte_alphabet():
    kept = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in kept]
    return [chr(b) for b in kept] + [chr(256 + n) for n in range(len(others))]


def unit(x):
    x = x.pooler_output if hasattr(x, "pooler_output") else x
    return x / x.norm(dim=-1, keepdim=True)


shutil.rmtree(folder, ignore_errors=True)
folder.mkdir()
letters = byte_alphabet()
words = letters + [l + "</w>" for l in letters] + ["<|startoftext|>", "<|endoftext|>"]
(folder / "vocab.json").write_text(json.dumps({w: i for i, w in enumerate(words)}, ensure_ascii=False))
(folder / "merges.txt").write_text("#version: 0.2\n")
(folder / "tokenizer_config.json").write_text(
    json.dumps({"model_max_length": 77, "bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>",
                "unk_token": "<|endoftext|>", "pad_token": "<|endoftext|>", "tokenizer_class": "CLIPTokenizer"})
)
shape = dict(hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2)
config = CLIPConfig(
    text_config=dict(shape, vocab_size=514, max_position_embeddings=77, bos_token_id=512, eos_token_id=513,
                     pad_token_id=513, projection_dim=24),
    vision_config=dict(shape, image_size=16, patch_size=8, projection_dim=24),
    projection_dim=24,
)

captions = json.loads((example / "candidates.json").read_text())
references = json.loads((example / "references.json").read_text())
pictures = {k: Image.open(example / "images" / f"{k}.jpg").convert("RGB") for k in captions}
processor = CLIPImageProcessorPil(
    size={"shortest_edge": 16}, crop_size={"height": 16, "width": 16}, resample=Image.Resampling.BICUBIC)
processor.save_pretrained(folder)
tokenizer = CLIPTokenizer.from_pretrained(folder)


def embed_texts(model, texts):
    rows = []
    for text in texts:
        ids = tokenizer(text, truncation=True, max_length=77, return_tensors="pt").input_ids
        rows.append(unit(model.get_text_features(input_ids=ids))[0])
    return torch.stack(rows)


# The first seed whose cosines are all well above zero, so that no score is clamped.
for seed in range(10_000):
    torch.manual_seed(seed)
    model = CLIPModel(config).eval()
    with torch.no_grad():
        # Wide enough that texts differ, and not so wide that attention saturates.
        for name, parameter in model.named_parameters():
            if parameter.ndim > 1:
                parameter.mul_(6 if "embedding" in name else 2)
        pixels = processor(list(pictures.values()), return_tensors="pt").pixel_values
        images = unit(model.get_image_features(pixel_values=pixels))
        texts = embed_texts(model, [prefix + c for c in captions.values()])
    cosines = (images * texts).sum(-1)
    if cosines.min() > 0.1 and images[0] @ images[1] < 0.95 and texts[0] @ texts[1] < 0.95:
        break
else:
    raise SystemExit("no seed will do")
model.save_pretrained(folder)
for name in ("generation_config.json",):
    (folder / name).unlink(missing_ok=True)

scores = {}
with torch.no_grad():
    for i, key in enumerate(captions):
        others = embed_texts(model, [prefix + r for r in references[key]])
        score = 2.5 * max(cosines[i].item(), 0)
        best = max((others @ texts[i]).max().item(), 0)
        scores[key] = {"CLIPScore": score, "RefCLIPScore": 2 * score * best / (score + best)}
    plain = embed_texts(model, list(captions.values()))
golden = {
    "peer": f"transformers {transformers.__version__}, torch {torch.__version__}",
    "seed": seed,
    "scores": scores,
    "images": [[round(v, 7) for v in row] for row in images.tolist()],
    "texts": [[round(v, 7) for v in row] for row in plain.tolist()],
}
(here / "tiny_scores.json").write_text(json.dumps(golden, indent=1) + "\n")
