"""`plumb rank` as one writes it with transformers: load, preprocess, embed, sort."""

import sys

from harness import torchvision_shim  # noqa: F401 (before transformers imports torchvision)


def main() -> None:
    """Arguments: the model's folder, an image, captions."""
    import torch
    from PIL import Image
    from transformers import CLIPModel, CLIPProcessor

    folder, image, *captions = sys.argv[1:]
    model = CLIPModel.from_pretrained(folder).eval()
    processor = CLIPProcessor.from_pretrained(folder)
    inputs = processor(text=captions, images=Image.open(image), return_tensors="pt", padding=True)
    with torch.inference_mode():
        logits = model(**inputs).logits_per_image[0].tolist()
    for score, caption in sorted(zip(logits, captions), reverse=True):
        print(f"{score:.4f}\t{caption}")


if __name__ == "__main__":
    main()
