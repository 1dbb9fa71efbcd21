"""Times a step of self-critical training by `plumb caption tune` beside the same step written plainly in PyTorch with pycocoevalcap's CIDEr,
the captions that rewards take a second, and the images a second of `plumb caption generate`.

    PLUMB_TEST_DATA=DATA python compare_captioning.py CAPTIONER [--images 20] [--samples 5] [--steps 20] [--rounds 2] [--threads 2]

CAPTIONER is a folder that `plumb caption train` has written. Both steps have the same weights and features, which are computed before,
draw the same number of captions, reward them by CIDEr-D with the end of a caption as a word, and make an AdamW step, in float32 and in
mixed precision (bfloat16 products, by autocast). The plain way keeps keys and values while it samples, repeats an image's features for each
of its samples, and makes a second pass with gradients.
"""

import argparse
import collections
import json
import math
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("captioner", type=pathlib.Path)
parser.add_argument("--images", type=int, default=20)
parser.add_argument("--samples", type=int, default=5)
parser.add_argument("--steps", type=int, default=20)
parser.add_argument("--rounds", type=int, default=2)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--no-mixed", action="store_true", help="leave out mixed precision, which is slow without bf16 instructions")
parser.add_argument("--plumb", default=str(pathlib.Path(__file__).parents[1] / ".build/release/plumb"))
parser.add_argument("--data", type=pathlib.Path, default=os.environ.get("PLUMB_TEST_DATA"))
arguments = parser.parse_args()
FLICKR = arguments.data / "flickr8k"
END = "endofcaption"
MIXED = (False,) if arguments.no_mixed else (False, True)


def references(names):
    """The words of each image's captions, by pycocoevalcap's tokens without its Java: lower case, no punctuation."""
    captions = {}
    for line in (FLICKR / "Flickr8k.token.txt").read_text().splitlines():
        name, caption = line.split("\t", 1)
        words = [w for w in caption.lower().split() if w.strip(".,!?;:'\"()-")]
        captions.setdefault(name.split("#")[0], []).append(" ".join([*words, END]))
    return [captions[name] for name in names]


class Plain:
    """The captioner, its sampling and a self-critical step, as one writes them first."""

    def __init__(self, names, grids):
        import torch
        import torch.nn.functional as F
        from pycocoevalcap.cider.cider_scorer import CiderScorer, cook_refs
        from safetensors.torch import load_file

        self.torch, self.F = torch, F
        torch.set_num_threads(arguments.threads)
        self.shape = json.loads((arguments.captioner / "config.json").read_text())
        self.words = (arguments.captioner / "words.txt").read_text().split("\n")[:-1]
        stored = load_file(arguments.captioner / "model.safetensors")
        self.p = {name: tensor.float().requires_grad_() for name, tensor in stored.items()}
        self.optimizer = torch.optim.AdamW(self.p.values(), lr=1e-5, betas=(0.9, 0.98), weight_decay=0)
        self.grids = grids
        self.references = references(names)
        frequency = collections.defaultdict(float)
        cooked = [cook_refs(r) for r in self.references]
        for refs in cooked:
            for gram in {g for ref in refs for g in ref}:
                frequency[gram] += 1
        self.scorer, self.frequency = CiderScorer, frequency

    def linear(self, name, x):
        return self.F.linear(x, self.p[f"{name}.weight"], self.p[f"{name}.bias"])

    def norm(self, name, x):
        return self.F.layer_norm(x, x.shape[-1:], self.p[f"{name}.weight"], self.p[f"{name}.bias"], 1e-5)

    def heads(self, x):
        return x.view(*x.shape[:2], self.shape["num_attention_heads"], -1).transpose(1, 2)

    def encode(self, features):
        image = self.norm("feature_norm", self.linear("feature_projection", features))
        shape, result = self.shape, []
        for layer in range(0, shape["num_hidden_layers"], shape["sharing"]):
            a = f"layers.{layer}.cross_attn"
            result.append([self.heads(self.linear(f"{a}.{n}", image)) for n in ("k_proj", "v_proj")])
        return result

    def decode(self, words, start, image, cache):
        """Logits of (rows, new words); `cache` has the keys and values before, and takes the new ones."""
        F, torch, shape = self.F, self.torch, self.shape
        n = words.shape[1]
        x = self.p["token_embedding.weight"][words] + self.p["position_embedding.weight"][start : start + n]
        for layer in range(shape["num_hidden_layers"]):
            own, block = f"layers.{layer}", f"layers.{layer // shape['sharing'] * shape['sharing']}"
            h = self.norm(f"{own}.self_attn_norm", x)
            a = f"{block}.self_attn"
            q, k, v = (self.heads(self.linear(f"{a}.{m}", h)) for m in ("q_proj", "k_proj", "v_proj"))
            if cache[layer] is not None:
                k, v = torch.cat([cache[layer][0], k], 2), torch.cat([cache[layer][1], v], 2)
            cache[layer] = (k, v)
            seen = F.scaled_dot_product_attention(q, k, v, is_causal=n > 1)
            x = x + self.linear(f"{a}.out_proj", seen.transpose(1, 2).flatten(2))
            a = f"{block}.cross_attn"
            q = self.heads(self.linear(f"{a}.q_proj", self.norm(f"{own}.cross_attn_norm", x)))
            seen = F.scaled_dot_product_attention(q, *image[layer // shape["sharing"]])
            x = x + self.linear(f"{a}.out_proj", seen.transpose(1, 2).flatten(2))
            h = F.gelu(self.linear(f"{block}.mlp.fc1", self.norm(f"{own}.mlp_norm", x)))
            x = x + self.linear(f"{block}.mlp.fc2", h)
        return F.linear(self.norm("final_norm", x), self.p["token_embedding.weight"], self.p["output.bias"])

    def rewards(self, items, captions):
        scorer = self.scorer(n=4, sigma=6.0)
        for item, caption in zip(items, captions):
            scorer += (caption, self.references[item])
        scorer.document_frequency = self.frequency
        scorer.ref_len = math.log(float(len(self.references)))
        return self.torch.tensor(scorer.compute_cider())

    def step(self, items, mixed):
        with self.torch.autocast("cpu", self.torch.bfloat16, enabled=mixed):
            loss = self.loss(items)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()

    def loss(self, items):
        torch, k = self.torch, arguments.samples
        rows = [i for i in items for _ in range(k)]
        features = torch.from_numpy(self.grids[rows]).float()
        layers, limit = self.shape["num_hidden_layers"], self.shape["max_length"]
        with torch.no_grad():
            image, cache = self.encode(features), [None] * layers
            words = torch.full((len(rows), 1), 1)
            ended = torch.zeros(len(rows), dtype=torch.bool)
            drawn = []
            for place in range(limit):
                p = self.decode(words, place, image, cache)[:, -1].float().softmax(-1)
                words = torch.multinomial(p, 1)
                words[ended] = 0
                drawn.append(words)
                ended |= words[:, 0] == 0
                if ended.all():
                    break
        drawn = torch.cat(drawn, 1)
        lengths = (drawn == 0).float().cumsum(1)
        mask = lengths - (drawn == 0).float() == 0
        captions = [
            " ".join(self.words[w] if w else END for w, m in zip(row.tolist(), keep.tolist()) if m)
            for row, keep in zip(drawn, mask)
        ]
        rewards = self.rewards(rows, captions).view(-1, k)
        advantages = (rewards - (rewards.sum(1, keepdim=True) - rewards) / (k - 1)).view(-1, 1)
        inputs = torch.cat([torch.full((len(rows), 1), 1), drawn[:, :-1]], 1)
        logp = self.decode(inputs, 0, self.encode(features), [None] * layers).float().log_softmax(-1)
        logp = logp.gather(2, drawn[:, :, None])[:, :, 0]
        return -(advantages * logp * mask).sum() / mask.sum()


def recipe(folder, name, reward, mixed):
    names = folder / "names.txt"
    return f"""
output: {folder}/{name}
threads: {arguments.threads}
mixed_precision: {str(mixed).lower()}
captioner: {arguments.captioner.resolve()}
data: {{captions: {FLICKR}/Flickr8k.token.txt, images: {FLICKR}/images, split: {names}}}
validation: {{captions: {FLICKR}/Flickr8k.token.txt, images: {FLICKR}/images, split: {folder}/few.txt}}
cache: {folder}/cache
reward: {reward}
samples: {arguments.samples}
train: {{epochs: 1, batch_size: {arguments.images}, learning_rate: 1e-5, schedule: constant, weight_decay: 0}}
"""


def tune(folder, name, reward, mixed):
    """The steps of a short run, as its log has them."""
    (folder / "recipe.yaml").write_text(recipe(folder, name, reward, mixed))
    subprocess.run(
        [arguments.plumb, "caption", "tune", folder / "recipe.yaml"], check=True, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    log = [json.loads(line) for line in (folder / name / "log.jsonl").read_text().splitlines()]
    return [line for line in log if "seconds" in line]


def note_reward(rewards, name, log):
    """The most captions a second that a reward took; captions that were seen before cost nothing, as in every training."""
    taken = sum(line["reward_seconds"] for line in log[1:]) / (len(log) - 1)
    rewards[name] = max(rewards[name], arguments.images * arguments.samples / taken)


def main():
    import numpy

    steps, size = arguments.steps, arguments.images
    names = (FLICKR / "Flickr_8k.trainImages.txt").read_text().split()[: size * (steps + 2)]
    best = {(who, mixed): math.inf for mixed in MIXED for who in ("Plumb", "PyTorch")}
    rewards = {"cider": 0, "lclip": 0}
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "names.txt").write_text("\n".join(names))
        (folder / "few.txt").write_text("\n".join(names[:2]))
        images = [str(FLICKR / "images" / name) for name in names]
        encoder = json.loads((arguments.captioner / "config.json").read_text())["encoder"]
        subprocess.run(
            [arguments.plumb, "features", "images", *images, "--model", encoder, "--output", folder / "grids.npy"],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        plain = Plain(names, numpy.load(folder / "grids.npy", mmap_mode="r"))
        for turn in range(arguments.rounds):
            for mixed in MIXED:
                log = tune(folder, f"cider-{turn}-{mixed}", "cider", mixed)
                note_reward(rewards, "cider", log)
                # The median: the first steps compile products of new sizes, in both.
                taken = statistics.median(after["seconds"] - before["seconds"] for before, after in zip(log, log[1:]))
                best["Plumb", mixed] = min(best["Plumb", mixed], taken)
                times = [time.perf_counter()]
                for step in range(steps):
                    plain.step(range(step * size, (step + 1) * size), mixed)
                    times.append(time.perf_counter())
                taken = statistics.median(after - before for before, after in zip(times, times[1:]))
                best["PyTorch", mixed] = min(best["PyTorch", mixed], taken)
            note_reward(rewards, "lclip", tune(folder, f"lclip-{turn}", "lclip", False))
        print(f"a step of {size} images, {arguments.samples} samples each, CIDEr-D reward")
        for (name, mixed), seconds in best.items():
            kind = "mixed precision" if mixed else "float32"
            print(f"  {name:8} {kind:16} {seconds * 1000:8.0f} ms, {size / seconds:7.1f} images/s")
        for theirs in MIXED:
            for ours in MIXED:
                ratio = best["PyTorch", theirs] / best["Plumb", ours]
                kinds = ["mixed precision" if mixed else "float32" for mixed in (ours, theirs)]
                print(f"  ratio of Plumb in {kinds[0]} to PyTorch in {kinds[1]}: {ratio:.2f}")
        for reward, rate in rewards.items():
            print(f"reward {reward}: {rate:.0f} captions/s")
        for precision in ("f32", "bf16", "int8"):
            command = [
                arguments.plumb, "caption", "generate", *images, "--model", str(arguments.captioner), "--precision",
                precision, "--threads", str(arguments.threads), "--output", folder / "captions.json",
            ]
            rate = 0
            for _ in range(arguments.rounds):
                began = time.perf_counter()
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                rate = max(rate, len(images) / (time.perf_counter() - began))
            print(f"plumb caption generate, beam 3, {precision}, from JPEG files: {rate:.0f} images/s")


main()
