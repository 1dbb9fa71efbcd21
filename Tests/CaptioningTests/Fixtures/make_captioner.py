"""Makes the golden of a small captioner: a plain PyTorch decoder, its logits, its loss with gradients, and the captions of a
plain beam search that computes every word anew.

    python Tests/CaptioningTests/Fixtures/make_captioner.py

Written with torch 2.13.0 in double precision, and safetensors 0.7.0.
"""
import json
import math
import pathlib

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent / "captioner"
C, W, LAYERS, SHARING, HEADS, MLP, V, LIMIT = 24, 32, 4, 2, 4, 64, 40, 12
END, BEGIN, UNKNOWN = 0, 1, 2
torch.manual_seed(7)


def parameters():
    p = {}

    def linear(name, outputs, inputs, gain=1.0):
        p[f"{name}.weight"] = torch.randn(outputs, inputs) * gain / math.sqrt(inputs)
        p[f"{name}.bias"] = torch.randn(outputs) * 0.1

    def norm(name):
        p[f"{name}.weight"] = 1 + 0.2 * torch.randn(W)
        p[f"{name}.bias"] = 0.1 * torch.randn(W)

    linear("feature_projection", W, C)
    norm("feature_norm")
    p["token_embedding.weight"] = torch.randn(V, W) * 0.3
    p["position_embedding.weight"] = torch.randn(LIMIT, W)
    for layer in range(LAYERS):
        for name in ("self_attn_norm", "cross_attn_norm", "mlp_norm"):
            norm(f"layers.{layer}.{name}")
        if layer % SHARING == 0:
            for kind in ("self_attn", "cross_attn"):
                for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
                    linear(f"layers.{layer}.{kind}.{name}", W, W, 1.5)
            linear(f"layers.{layer}.mlp.fc1", MLP, W)
            linear(f"layers.{layer}.mlp.fc2", W, MLP)
    norm("final_norm")
    p["output.bias"] = torch.randn(V) * 0.3
    # So that captions end.
    p["output.bias"][END] += 1.5
    return {name: tensor.float().double().requires_grad_() for name, tensor in p.items()}


P = parameters()


def linear(name, x):
    return F.linear(x, P[f"{name}.weight"], P[f"{name}.bias"])


def norm(name, x):
    return F.layer_norm(x, (W,), P[f"{name}.weight"], P[f"{name}.bias"], 1e-5)


def attention(q, k, v, mask=None):
    def split(x):
        return x.view(x.shape[0], HEADS, W // HEADS).transpose(0, 1)

    scores = split(q) @ split(k).transpose(1, 2) / math.sqrt(W // HEADS)
    if mask is not None:
        scores = scores.masked_fill(mask, -math.inf)
    return (scores.softmax(-1) @ split(v)).transpose(0, 1).reshape(q.shape[0], W)


def logits(features, words):
    """(cells, C) and the words from the begin token on, to (words, V)."""
    image = norm("feature_norm", linear("feature_projection", features))
    n = len(words)
    x = P["token_embedding.weight"][words] + P["position_embedding.weight"][:n]
    mask = torch.ones(n, n, dtype=torch.bool).triu(1)
    for layer in range(LAYERS):
        own, block = f"layers.{layer}", f"layers.{layer // SHARING * SHARING}"
        h = norm(f"{own}.self_attn_norm", x)
        a = f"{block}.self_attn"
        seen = attention(linear(f"{a}.q_proj", h), linear(f"{a}.k_proj", h), linear(f"{a}.v_proj", h), mask)
        x = x + linear(f"{a}.out_proj", seen)
        h = norm(f"{own}.cross_attn_norm", x)
        a = f"{block}.cross_attn"
        seen = attention(linear(f"{a}.q_proj", h), linear(f"{a}.k_proj", image), linear(f"{a}.v_proj", image))
        x = x + linear(f"{a}.out_proj", seen)
        h = norm(f"{own}.mlp_norm", x)
        x = x + linear(f"{block}.mlp.fc2", F.gelu(linear(f"{block}.mlp.fc1", h)))
    return F.linear(norm("final_norm", x), P["token_embedding.weight"], P["output.bias"])


def beam_search(features, size, alpha, limit=LIMIT, min_length=1, ngram=None, endings=(), banned=(), prefix=()):
    """The beam search that BeamSearch.swift describes, an image at a time and without a cache."""
    alive, finished = [([], 0.0)], []
    score = lambda words, logp, ended: logp / max(1, len(words) + ended) ** alpha
    done = False
    for _ in range(limit):
        found = []
        for row, (words, total) in enumerate(alive):
            with torch.no_grad():
                logp = logits(features, [BEGIN] + words)[-1].log_softmax(-1)
            if len(words) < len(prefix):
                found.append((total + logp[prefix[len(words)]].item(), row, prefix[len(words)]))
                continue
            out = {BEGIN, UNKNOWN, *banned}
            if len(words) < min_length or (words and words[-1] in endings):
                out.add(END)
            if ngram and len(words) >= ngram:
                tail = words[len(words) - ngram + 1:]
                for i in range(len(words) - ngram + 1):
                    if words[i:i + ngram - 1] == tail:
                        out.add(words[i + ngram - 1])
            for word in range(V):
                if word not in out:
                    found.append((total + logp[word].item(), row, word))
        found.sort(key=lambda c: (-c[0], c[1], c[2]))
        going = []
        for place, (total, row, word) in enumerate(found[:2 * size]):
            if word == END:
                if place < size:
                    finished.append((alive[row][0], total, True))
            elif len(going) < size:
                going.append((alive[row][0] + [word], total))
        alive = going
        if not alive:
            done = True
            break
        if len(finished) >= size:
            worst = sorted((score(*c) for c in finished), reverse=True)[size - 1]
            if worst >= alive[0][1] / limit ** alpha:
                done = True
                break
    finished.sort(key=lambda c: -score(*c))
    cut = [] if done else sorted([(w, t, False) for w, t in alive], key=lambda c: -score(*c))
    return [{"words": w, "log_probability": t, "finished": f} for w, t, f in (finished + cut)[:size]]


IMAGES, CELLS = 3, 9
features = torch.randn(IMAGES, CELLS, C).float().double()
captions = [[[5, 6, 7, 8, 3], [9, 4]], [[10, 11, 12]], [[3, 3, 5, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], [20, 21, 22, 5], [30]]]

# A caption of more words than the limit is cut and has no end.
inputs, targets, outputs = [], [], []
for image, some in enumerate(captions):
    for caption in some:
        words = (caption + [END])[:LIMIT]
        inputs.append([BEGIN] + words[:-1])
        targets += words
        outputs.append(logits(features[image], inputs[-1]))
outputs = torch.cat(outputs)
loss = F.cross_entropy(outputs, torch.tensor(targets), label_smoothing=0.1)
loss.backward()

# Self-critical training: the captions as samples, a reward less its baseline for each.
ADVANTAGES = [0.5, -1.25, 2.0, -0.75, 0.0, 1.5]
gradients = {f"gradient.{name}": tensor.grad.float() for name, tensor in P.items()}
for tensor in P.values():
    tensor.grad = None
logp = torch.cat([logits(features[i], x) for i, x in zip([0, 0, 1, 2, 2, 2], inputs)]).log_softmax(-1)
weights = torch.tensor([a for a, x in zip(ADVANTAGES, inputs) for _ in x], dtype=torch.float64)
self_critical = -(logp[torch.arange(len(targets)), torch.tensor(targets)] * weights).sum() / len(targets)
self_critical.backward()

VARIANTS = {
    "greedy": dict(size=1, alpha=0.7),
    "beam": dict(size=3, alpha=0.7),
    "no penalty": dict(size=4, alpha=0.0),
    "no repeat": dict(size=3, alpha=0.7, ngram=2),
    "rules": dict(size=5, alpha=1.0, min_length=4, endings=(3, 4, 5, 6), banned=(10, 11)),
    "short": dict(size=3, alpha=0.7, limit=4),
    "prefix": dict(size=3, alpha=0.7, prefix=(8, 9)),
}
HERE.mkdir(exist_ok=True)
save_file({name: tensor.detach().float() for name, tensor in P.items()}, HERE / "model.safetensors")
golden = {"features": features.float(), "logits": outputs.detach().float()}
golden |= gradients
golden["self_critical.token_embedding.weight"] = P["token_embedding.weight"].grad.float()
save_file(golden, HERE.parent / "captioner.safetensors")
(HERE / "words.txt").write_text("<end>\n<begin>\n<unknown>\n" + "".join(f"w{i}\n" for i in range(3, V)))
(HERE / "config.json").write_text(
    json.dumps(
        {
            "model_type": "plumb_captioner", "feature_size": C, "hidden_size": W, "num_hidden_layers": LAYERS,
            "sharing": SHARING, "num_attention_heads": HEADS, "intermediate_size": MLP, "vocab_size": V,
            "max_length": LIMIT, "encoder": "none", "encoder_fingerprint": "none",
        }, indent=2) + "\n")
(HERE.parent / "captioner.json").write_text(
    json.dumps(
        {
            "captions": captions, "loss": loss.item(), "advantages": ADVANTAGES, "self_critical": self_critical.item(),
            "generated": {
                name: [beam_search(features[i], **options) for i in range(IMAGES)]
                for name, options in VARIANTS.items()
            },
        }) + "\n")
print(loss.item(), {n: [len(c["words"]) for c in beam_search(features[0], **o)] for n, o in VARIANTS.items()})
