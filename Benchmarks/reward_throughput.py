"""Rewarded captions a second through the Python package: `plumb.Reward("2*lclip + 1*cider")` with mini, images and references given before.

    PYTHONPATH=python python reward_throughput.py --captions captions.txt --images photos

Captions are those of a file in the layout of Flickr8k (`name.jpg#0<tab>caption`): each is a sample of its own image, in which a word was
omitted, so that no two are the same. The median of five rounds of 2,500 captions, of which none was seen before. Needs numpy.
"""

import argparse
import pathlib
import statistics
import time

import plumb

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--captions", type=pathlib.Path, required=True)
parser.add_argument("--images", type=pathlib.Path, required=True)
parser.add_argument("--reward", default="2*lclip + 1*cider")
parser.add_argument("--count", type=int, default=2500, help="captions a round")
parser.add_argument("--threads", type=int, default=2)
arguments = parser.parse_args()

references: dict[str, list[str]] = {}
for line in arguments.captions.read_text().splitlines():
    name, caption = line.split("\t")
    references.setdefault(name.rsplit("#", 1)[0], []).append(caption)
ids = [name for name in references if (arguments.images / name).exists()][: arguments.count // 5]

for precision in ("f32", "bf16", "int8"):
    with plumb.Worker(threads=arguments.threads) as worker:
        reward = plumb.Reward(arguments.reward, precision=precision, worker=worker)
        reward.add(ids, images=[arguments.images / name for name in ids], references=[references[name] for name in ids])
        reward(ids[:10], ["a dog"] * 10)
        rates = []
        for left_out in range(5):
            samples = []
            for name in ids:
                for caption in references[name][:5]:
                    words = caption.split()
                    samples.append((name, " ".join(words[:left_out] + words[left_out + 1 :]).lower()))
            began = time.perf_counter()
            reward([name for name, _ in samples], [text for _, text in samples])
            rates.append(len(samples) / (time.perf_counter() - began))
        print(f"{precision}: {statistics.median(rates):,.0f} captions a second")
