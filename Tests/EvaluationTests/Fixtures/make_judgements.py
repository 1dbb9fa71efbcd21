"""Makes judgement/{composite,pascal,foil,flickr8k}/: small made-up sets of judgements in the layouts that their
authors distribute, and judgement/protocols.json: what SciPy 1.17.1 says of scores of them under the published rules.

    pip install scipy==1.17.1 numpy==2.4.6 && python make_judgements.py

Nothing in them comes from the real sets. `score` stands in for a metric: it counts the letters that a caption shares
with its references, so that it depends on which references the rules leave.
"""
import csv
import json
import pathlib
import random

import numpy
import scipy.io
import scipy.stats

HERE = pathlib.Path(__file__).parent / "judgement"
random = random.Random(5)
WORDS = "dog cat man woman red blue runs sits on grass table with ball boat tree small old near two under".split()
golden = {"scipy": scipy.__version__, "numpy": numpy.__version__}


def sentence(length=None):
    return " ".join(random.choice(WORDS) for _ in range(length or random.randint(4, 9))) + " ."


def folder(name):
    path = HERE / name
    path.mkdir(parents=True, exist_ok=True)
    return path


def score(candidate, references):
    """The largest share of a candidate's words that are in one reference, as BLEU-1 without its penalty."""
    words = candidate.split()
    return max(sum(word in reference.split() for word in words) / len(words) for reference in references)


def correlate(rows):
    x, y = [score(c, r) for c, r, _ in rows], [rating for *_, rating in rows]
    return {
        "rows": len(rows), "tau_b": scipy.stats.kendalltau(x, y)[0],
        "tau_c": scipy.stats.kendalltau(x, y, variant="c")[0], "spearman": scipy.stats.spearmanr(x, y)[0],
        "pearson": scipy.stats.pearsonr(x, y)[0],
    }


# --- Flickr8k: text files, and the JSON files that jmhessel/clipscore makes of them ---------------------------------
out = folder("flickr8k")
images = [f"{1000 + i}_{i:02x}.jpg" for i in range(12)]
captions = {f"{image}#{n}": sentence() for image in images for n in range(5)}
captions[f"{images[3]}#1"] = captions[f"{images[4]}#2"]  # one text, two pictures
references = {image: [captions[f"{image}#{n}"] for n in range(5)] for image in images}
(out / "Flickr8k.token.txt").write_text("".join(f"{i}\t{c}\n" for i, c in captions.items()))
experts, crowd = [], []
for image in images:
    ids = random.sample(sorted(captions), 6) + [f"{image}#2"]
    if image == images[4]:
        ids.append(f"{images[3]}#1")
    for caption in dict.fromkeys(ids):
        experts.append((image, caption, *(random.randint(1, 4) for _ in range(3))))
        yes = random.randint(0, 3)
        crowd.append((image, caption, yes / 3, yes, 3 - yes))
(out / "ExpertAnnotations.txt").write_text("".join("\t".join(map(str, row)) + "\n" for row in experts))
(out / "CrowdFlowerAnnotations.txt").write_text("".join("\t".join(map(str, row)) + "\n" for row in crowd))


def document(rows, remaining):
    """As download.py of jmhessel/clipscore writes it."""
    index = {}
    for image, caption, rating in rows:
        entry = index.setdefault(image.split(".")[0] if remaining is references else image, {
            "human_judgement": [], "image_id": image, "image_path": f"Flicker8k_Dataset/{image}",
            "ground_truth": remaining[image],
        })
        entry["human_judgement"].append({
            "image_id": image, "image_path": f"Flicker8k_Dataset/{image}", "caption": caption, "rating": rating,
        })
    return index


rows = [
    (image, captions[c], float(r)) for image, c, *ratings in experts for r in ratings
    if captions[c] not in references[image]
]
golden["flickr8k-expert"] = correlate([(c, references[i], r) for i, c, r in rows])
expert_document = document(rows, references)
expert_document[images[0].split(".")[0]]["human_judgement"].append(
    {"image_id": images[0], "image_path": "x", "caption": "nobody rated this", "rating": float("nan")})
(out / "json").mkdir(exist_ok=True)
(out / "json" / "flickr8k.json").write_text(json.dumps(expert_document))
left = {image: list(texts) for image, texts in references.items()}
for image, c, *_ in crowd:
    if captions[c] in left[image]:
        left[image].remove(captions[c])
rows = [(image, captions[c], share) for image, c, share, *_ in crowd]
golden["flickr8k-cf"] = correlate([(c, left[i], r) for i, c, r in rows])
(out / "json" / "crowdflower_flickr8k.json").write_text(json.dumps(document(rows, left)))

# --- Composite: tables of Mechanical Turk, semicolons between, 27 columns before the picture ------------------------
out = folder("composite")
pooled = []
for name, count, address in [
    ("8k", 3, "http://pic.example/Flicker8k_Dataset/{}"), ("30k", 4, "http://pic.example/flickr30k-images/{}"),
    ("coco", 4, "http://pic.example/val2014/{}"),
]:
    numbers = [random.randint(10000, 99999) for _ in range(8)]
    file_names = [f"COCO_val2014_{n:012}.jpg" if name == "coco" else f"{n}.jpg" for n in numbers]
    if name == "8k":
        file_names = images[:8]
        own = references
    else:
        own = {file_name: [sentence() for _ in range(5)] for file_name in file_names}
    table = [["HITId"] + [f"column {n}" for n in range(26)] + ["Input.image_url"]
             + [f"Input.text{n}" for n in range(count)] + [f"Answer.choice{n}" for n in range(count)]]
    for file_name in file_names:
        # The first candidate is one of the picture's own captions, perhaps written a little differently.
        reference = random.choice(own[file_name])
        first = random.choice([reference, reference.rstrip(" .").capitalize(), reference.replace("e", "", 1)])
        candidates = [first] + [sentence() for _ in range(count - 1)]
        ratings = [random.randint(1, 5) for _ in range(count)]
        table.append([f"hit, {n}" for n in range(27)] + [address.format(file_name)] + candidates + ratings)
        remaining = [text for text in own[file_name] if text != reference]
        pooled += [(" ".join(c.split()), remaining, r) for c, r in zip(candidates[:3], ratings[:3])]
    table += [[""] * 27, ["total"] + [""] * 26]
    with open(out / f"{name}_correctness.csv", "w", newline="") as file:
        csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL if name == "30k" else csv.QUOTE_MINIMAL).writerows(table)
    if name == "8k":
        (out / "Flickr8k.token.txt").write_text((folder("flickr8k") / "Flickr8k.token.txt").read_text())
    elif name == "30k":
        (out / "results_20130124.token").write_text(
            "".join(f"{f}#{n}\t{c}\n" for f, texts in own.items() for n, c in enumerate(texts)))
    else:
        annotations = [{"id": 10 * n + k, "image_id": numbers[n], "caption": c}
                       for n, f in enumerate(file_names) for k, c in enumerate(own[f])]
        (out / "captions_val2014.json").write_text(json.dumps({
            "images": [{"id": n, "file_name": f} for n, f in zip(numbers, file_names)], "annotations": annotations}))
golden["composite"] = correlate(pooled)

# --- Pascal-50S: MATLAB's version 5, compressed and not, and the JSON that some projects keep ------------------------
out = folder("pascal")
pairs, triplets, systems, categories = [], [], [], []
expected = {}
for number in range(16):
    image = f"2008_{number % 5:06}.jpg"
    first, second = sentence(), sentence()
    pool = [sentence() for _ in range(48)]
    winners = [random.choice([1, -1]) for _ in range(48)]
    if number == 3:
        winners = [1, -1] * 24
    category = number % 4 + 1
    pairs.append((image, " " + first, second + " "))
    categories.append(float(category))
    systems.append([[6, 6], [6, 7], [6, 2], [1, 3]][category - 1])
    triplets += [(reference, first, second, winner) for reference, winner in zip(pool, winners)]
    preferred = winners.count(1) > winners.count(-1)
    # A score that looks at the caption alone, so that it does not depend on the draw of references.
    found = len(first.split()) > len(second.split())
    expected.setdefault(["HC", "HI", "HM", "MM"][category - 1], []).append(found == preferred)
golden["pascal-50s"] = {
    "rows": 16, "categories": {name: sum(right) / len(right) for name, right in expected.items()},
    "accuracy": sum(sum(right) / len(right) for right in expected.values()) / 4,
}


def text(value):
    return numpy.array([value])


def cell(value):
    array = numpy.empty((1, 1), dtype=object)
    array[0, 0] = text(value)
    return array


new_input = numpy.empty((1, len(pairs)), dtype=[(n, object) for n in ("im", "s1", "s2")])
for place, record in enumerate(pairs):
    new_input[0, place] = tuple(text(value) for value in record)
votes = numpy.empty((1, len(triplets)), dtype=[(n, object) for n in ("A", "B", "C", "winner")])
for place, (a, b, c, winner) in enumerate(triplets):
    votes[0, place] = (cell(a), cell(b), cell(c), numpy.array([[float(winner)]]))
for name, compress in [("", True), ("plain", False)]:
    (out / name).mkdir(exist_ok=True)
    scipy.io.savemat(out / name / "pair_pascal.mat", {
        "new_data": numpy.array(systems, dtype=float), "new_input": new_input,
        "category": numpy.array([categories])}, do_compression=compress)
    if compress:
        scipy.io.savemat(out / "consensus_pascal.mat", {"triplets": votes}, do_compression=True)
(out / "json").mkdir(exist_ok=True)
by_category = {}
for number, (image, first, second) in enumerate(pairs):
    own = triplets[48 * number:48 * (number + 1)]
    label = 0 if sum(winner for *_, winner in own) > 0 else 1
    by_category.setdefault(["HC", "HI", "HM", "MM"][number % 4], []).append({
        "image": f"VOC2010/{image}", "captions": [first.strip(), second.strip()], "label": label,
        "references": [a for a, *_ in own[:5]]})
(out / "json" / "pascal_50s.json").write_text(json.dumps(by_category))

# --- FOIL -----------------------------------------------------------------------------------------------------------
out = folder("foil")
annotations, coco, right, one_reference = [], [], [], []
for number in range(10):
    image, own = 300 + number, [sentence() for _ in range(5)]
    coco += [{"id": 10 * number + k, "image_id": image, "caption": c} for k, c in enumerate(own)]
    true = own[number % 5]
    for kind in range(1 + number % 3):
        if kind == 0:
            annotations.append({"id": 7000 + number, "foil_id": 1, "image_id": image, "caption": true,
                                "target_word": "ORIG", "foil_word": "ORIG", "foil": False})
        words = true.split()
        words[random.randrange(len(words) - 1)] = random.choice(["boat", "zebra"])
        foil = " ".join(words)
        annotations.append({"id": 7000 + number, "foil_id": 2 + kind, "image_id": image, "caption": foil,
                            "target_word": "dog", "foil_word": "boat", "foil": True})
        others = [c for c in own if c != true]
        right.append(score(true, others) > score(foil, others))
        one_reference.append(score(true, others[:1]) > score(foil, others[:1]))
random.shuffle(annotations)
(out / "foilv1.0_test_2017.json").write_text(json.dumps({
    "info": {}, "licenses": [], "annotations": annotations,
    "images": [{"id": 300 + n, "file_name": f"COCO_val2014_{300 + n:012}.jpg"} for n in range(10)]}))
(out / "captions_val2014.json").write_text(json.dumps({
    "images": [{"id": 300 + n, "file_name": f"COCO_val2014_{300 + n:012}.jpg"} for n in range(10)],
    "annotations": coco}))
golden["foil"] = {"rows": len(right), "accuracy": sum(right) / len(right)}
golden["foil, one reference"] = {"rows": len(right), "accuracy": sum(one_reference) / len(right)}
(HERE / "protocols.json").write_text(json.dumps(golden, indent=1) + "\n")
