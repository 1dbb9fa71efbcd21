"""Makes evaluation/: small sets in the layouts of SentEval, the STS Benchmark, SICK, SugarCrepe and ARO, with sentences
and pictures made up here, and what the peers give for them with tiny-clip.

Peers: transformers (CLIPModel, CLIPTokenizer, CLIPImageProcessorPil), Pillow (crop), SciPy (spearmanr), NumPy; their
versions are written into the golden. The procedures are those of SentEval (parts pooled, blank gold skipped), of
sugar-crepe's main_eval.py (strictly greater) and of ARO's evaluate_scores (argmax over [false, true]) with its notebook.

    python make_evaluation_golden.py                  # rewrites evaluation/
    python make_evaluation_golden.py --data FOLDER    # rewrites evaluation/data_golden.json from the folder of real data
"""

import json
import pathlib
import random
import sys

import numpy as np
import PIL
import scipy
import torch
import transformers
from PIL import Image
from scipy.stats import spearmanr
from transformers import CLIPModel, CLIPTokenizer
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

here = pathlib.Path(__file__).resolve().parent
tiny = here / "tiny-clip"
root = here / "evaluation"
rng = random.Random(7)
grain = np.random.default_rng(7)

NOUNS = "dog cat horse train boat child woman kite bird café".split()
VERBS = "watches follows carries pulls meets".split()
ADJECTIVES = "red small wet old bright".split()


def sentence():
    return f"the {rng.choice(ADJECTIVES)} {rng.choice(NOUNS)} {rng.choice(VERBS)} a {rng.choice(NOUNS)} ."


def gold():
    return f"{rng.randint(0, 25) / 5:.2f}"


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")


# Sentence pairs.
sets = {}
pairs = []
for part, count in (("headlines", 25), ("images", 30)):
    lines = [(sentence(), sentence(), "" if i % 4 == 3 else gold()) for i in range(count)]
    write(root / "sts/STS15-en-test" / f"STS.input.{part}.txt", "".join(f"{a}\t{b}\n" for a, b, _ in lines))
    write(root / "sts/STS15-en-test" / f"STS.gs.{part}.txt", "".join(f"{g}\n" for _, _, g in lines))
    pairs += lines
sets["STS15-en-test"] = pairs
lines = [(sentence(), f'"{sentence()}', gold()) for _ in range(40)]
write(
    root / "sts/stsbenchmark/sts-test.csv",
    "".join(
        f"main-news\theadlines\t2016\t{i:04}\t{g}\t{a}\t{b}" + ("\thttp://a\tb" if i % 3 == 0 else "") + "\n"
        for i, (a, b, g) in enumerate(lines)
    ),
)
sets["stsbenchmark"] = lines
lines = [(sentence(), sentence(), gold()) for _ in range(35)]
write(
    root / "sick/SICK_test_annotated.txt",
    "pair_ID\tsentence_A\tsentence_B\trelatedness_score\tentailment_judgment\r\n"
    + "".join(f"{i}\t{a}\t{b}\t{g}\tNEUTRAL\r\n" for i, (a, b, g) in enumerate(lines)),
)
sets["sick"] = lines

# Pictures, and true and false captions.
images = {}
(root / "images").mkdir(parents=True, exist_ok=True)
for number in range(4):
    y, x = np.mgrid[0:30, 0:41].astype(float)
    planes = [127 + 120 * np.sin(x / (3 + number) + y / 5 + p * 2) for p in range(3)]
    pixels = np.clip(np.stack(planes, -1) + grain.normal(0, 20, (30, 41, 3)), 0, 255).astype(np.uint8)
    name = f"00000000010{number}.png"
    Image.fromarray(pixels).save(root / "images" / name, optimize=True)
    images[name] = Image.open(root / "images" / name)
names = list(images)
crepe = {}
for group in ("add_att", "add_obj", "replace_att", "replace_obj", "replace_rel", "swap_att", "swap_obj"):
    crepe[group] = {
        str(i): {"filename": rng.choice(names), "caption": sentence(), "negative_caption": sentence()}
        for i in range(rng.randint(3, 7))
    }
    if group == "add_obj":  # A tie, which is wrong.
        crepe[group]["0"]["negative_caption"] = crepe[group]["0"]["caption"]
    write(root / "sugarcrepe" / f"{group}.json", json.dumps(crepe[group], indent=1, ensure_ascii=False) + "\n")


def case(i):
    box = [rng.randint(0, 20), rng.randint(0, 12), rng.randint(3, 20), rng.randint(3, 17)]
    if i % 9 == 0:  # Over the edge, as some boxes of Visual Genome are.
        box = [rng.randint(-4, 30), rng.randint(-3, 20), 25, 22]
    a, b = sentence(), sentence()
    keys = ("bbox_x", "bbox_y", "bbox_w", "bbox_h")
    return dict(zip(keys, box)) | {"image_path": rng.choice(names), "true_caption": a, "false_caption": b}


relation = [case(i) | {"relation_name": ("riding", "on", "near", "behind")[i % 4]} for i in range(30)]
attribution = [case(i) | {"attributes": ["red", "wet"] if i % 6 else ["old", "small"]} for i in range(33)]
attribution += [case(i) | {"attributes": ["small", "old"]} for i in range(25)]
relation[4]["false_caption"] = relation[4]["true_caption"]
write(root / "aro/visual_genome_relation.json", json.dumps(relation, ensure_ascii=False) + "\n")
write(root / "aro/visual_genome_attribution.json", json.dumps(attribution, ensure_ascii=False) + "\n")

# What the peers make of them.
model = CLIPModel.from_pretrained(tiny).eval()
tokenizer = CLIPTokenizer.from_pretrained(tiny)
processor = CLIPImageProcessorPil.from_pretrained(tiny)


def unit(rows):
    rows = rows if isinstance(rows, torch.Tensor) else rows.pooler_output
    return torch.nn.functional.normalize(rows.double(), dim=-1)


@torch.no_grad()
def text(string):
    ids = tokenizer(string, truncation=True, max_length=77, return_tensors="pt").input_ids
    return unit(model.get_text_features(input_ids=ids))[0]


@torch.no_grad()
def picture(image):
    return unit(model.get_image_features(pixel_values=processor(image, return_tensors="pt").pixel_values))[0]


def margin(image, true, false):
    value = (picture(image) @ text(true) - picture(image) @ text(false)).item()
    assert true == false or abs(value) > 1e-5, "too close to be a test"
    return value


def cropped(item):
    x, y, w, h = (item[key] for key in ("bbox_x", "bbox_y", "bbox_w", "bbox_h"))
    return images[item["image_path"]].convert("RGB").crop((x, y, x + w, y + h))


def correlate(lines):
    kept = [(a, b, float(g)) for a, b, g in lines if g]
    cosines = [(text(a) @ text(b)).item() for a, b, _ in kept]
    return {"spearman": float(spearmanr(cosines, [g for *_, g in kept])[0]) * 100, "pairs": len(kept)}


def real(folder):
    found = {}
    for year in ("STS15-en-test", "STS16-en-test"):
        lines = []
        for part in sorted((folder / "sts" / year).glob("STS.input.*.txt")):
            golds = (part.parent / part.name.replace("input", "gs")).read_text().split("\n")
            for line, value in zip(part.read_text(encoding="utf-8").rstrip("\n").split("\n"), golds):
                lines.append((*line.split("\t")[:2], value.strip()))
        found[year] = correlate(lines)
    rows = [l.split("\t") for l in (folder / "sts/stsbenchmark/sts-test.csv").read_text(encoding="utf-8").splitlines()]
    found["stsbenchmark"] = correlate([(r[5], r[6], r[4]) for r in rows])
    rows = (folder / "sick/SICK_test_annotated.txt").read_text(encoding="utf-8").splitlines()[1:]
    found["sick"] = correlate([(r[1], r[2], r[3]) for r in (l.split("\t") for l in rows)])
    return found


peer = (
    f"transformers {transformers.__version__}, torch {torch.__version__}, Pillow {PIL.__version__}, "
    f"scipy {scipy.__version__}, numpy {np.__version__}"
)
if "--data" in sys.argv:
    golden = {"peer": peer, "sts": real(pathlib.Path(sys.argv[sys.argv.index("--data") + 1]))}
    write(root / "data_golden.json", json.dumps(golden, indent=1) + "\n")
    raise SystemExit
sts = {name: correlate(lines) for name, lines in sets.items()}
sugarcrepe = {
    group: float(np.mean([margin(images[c["filename"]], c["caption"], c["negative_caption"]) > 0 for c in cases.values()]))
    for group, cases in crepe.items()
}


def groups(cases, key):
    found = {}
    for item in cases:
        right = np.argmax([0, margin(cropped(item), item["true_caption"], item["false_caption"])]) == 1
        found.setdefault(key(item), []).append(bool(right))
    return {name: [float(np.mean(values)), len(values)] for name, values in sorted(found.items())}


relations = groups(relation, lambda c: c["relation_name"])
attributes = groups(attribution, lambda c: "_".join(c["attributes"]))
golden = {
    "peer": peer,
    "sts": sts,
    "sugarcrepe": sugarcrepe,
    "crops": [[round(v, 7) for v in picture(cropped(item)).tolist()] for item in relation[:10]],
    "relation": {"groups": relations, "mean": float(np.mean([v[0] for k, v in relations.items() if k != "near"]))},
    "attribution": {"groups": attributes, "mean": float(np.mean([v[0] for v in attributes.values() if v[1] >= 25]))},
}
write(root / "golden.json", json.dumps(golden, indent=1) + "\n")
