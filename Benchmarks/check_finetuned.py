"""Shows that a model that `plumb finetune` wrote loads in transformers and gives the same text embeddings.

    python check_finetuned.py MODEL TEXTS [--plumb PLUMB]

MODEL is OUTPUT/model of a run on a plain CLIP (a lightweight one is no CLIPModel), TEXTS a file with a caption a line. Prints the
greatest 1 − cos between the rows of `plumb embed texts` and those of transformers' CLIPModel, and fails above 1e-6.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("model", type=pathlib.Path)
parser.add_argument("texts", type=pathlib.Path)
parser.add_argument("--plumb", default=str(pathlib.Path(__file__).parents[1] / ".build/release/plumb"))
arguments = parser.parse_args()


def main():
    import numpy
    import torch
    import torch.nn.functional as F
    from harness import torchvision_shim  # noqa: F401 (before transformers imports torchvision)
    import transformers
    from transformers import CLIPModel, CLIPTokenizer

    model = CLIPModel.from_pretrained(arguments.model).eval()
    tokenizer = CLIPTokenizer.from_pretrained(arguments.model)
    texts = arguments.texts.read_text().splitlines()
    with torch.inference_mode():
        tokens = tokenizer(texts, padding=True, truncation=True, max_length=77, return_tensors="pt")
        theirs = F.normalize(model.text_projection(model.text_model(**tokens).pooler_output), dim=-1).double().numpy()
    with tempfile.TemporaryDirectory() as name:
        rows = pathlib.Path(name) / "rows.npy"
        subprocess.run(
            [arguments.plumb, "embed", "texts", "--model", str(arguments.model), str(arguments.texts), "--output", str(rows)],
            check=True, stdout=subprocess.DEVNULL)
        ours = numpy.load(rows).astype(numpy.float64)
    ours /= numpy.linalg.norm(ours, axis=1, keepdims=True)
    theirs /= numpy.linalg.norm(theirs, axis=1, keepdims=True)
    worst = float((1 - (ours * theirs).sum(1)).max())
    print(f"transformers {transformers.__version__}: {len(texts)} texts, greatest 1 - cos {worst:.2g}")
    sys.exit(0 if worst < 1e-6 else 1)


main()
