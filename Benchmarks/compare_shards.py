"""Times `plumb embed --shards` beside `plumb embed images` on the same shards, and beside clip-retrieval's inference with the same network.

    python compare_shards.py --images FOLDER --captions FILE [--count 2000] [--shards 4] [--rounds 3] [--peer-python PYTHON]

The shards are written as img2dataset writes them: image, caption and JSON of each pair. The network is open_clip's ViT-B-32 with random weights,
which cost the same time as trained ones; both read the same file. PYTHON has clip-retrieval (`python -m venv X; X/bin/pip install
clip-retrieval`); without it clip-retrieval is skipped. It runs as its command does, `inference --input_format webdataset`, images and texts, in
batches of --peer-batch with so many workers that prepare images as there are cores. Turns alternate, every run is a new process with all cores, the
least time counts. "after the start" is the rate of the pairs by which the whole run is longer than one of an eighth of them, so that loading drops
out. This script needs what requirements.txt names.
"""

import argparse
import io
import itertools
import json
import math
import os
import pathlib
import resource
import shutil
import subprocess
import tarfile
import tempfile
import time
import warnings

ROOT = pathlib.Path(__file__).parents[1]
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--images", type=pathlib.Path, required=True, help="a folder of JPEG files")
parser.add_argument("--captions", type=pathlib.Path, required=True, help="a text file with a caption a line")
parser.add_argument("--count", type=int, default=2000)
parser.add_argument("--shards", type=int, default=4)
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--models", nargs="+", default=["ViT-B/32", "mini"])
parser.add_argument("--precisions", nargs="+", default=["f32", "bf16", "int8"], help="of Plumb")
parser.add_argument("--peer-python", type=pathlib.Path)
parser.add_argument("--peer-batch", type=int, default=32)
parser.add_argument("--merges", type=pathlib.Path, help="OpenAI's bpe_simple_vocab_16e6.txt.gz (default: open_clip's)")
parser.add_argument("--plumb", default=str(ROOT / ".build/release/plumb"))
parser.add_argument("--work", type=pathlib.Path, help="where everything lies meanwhile")
arguments = parser.parse_args()

NETWORK = "ViT-B-32"
# Its command, with a torchvision that a CPU-only torch can import.
CLIP_RETRIEVAL = "import harness.torchvision_shim; from clip_retrieval.cli import main; main()"


def timed(command, **options):
    """The seconds of a whole process, its CPU seconds, and what it has printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    done = subprocess.run([str(w) for w in command], capture_output=True, text=True, **options)
    seconds = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, f"{command}: {done.stderr[-2000:]}"
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


def make_model(folder):
    """open_clip's checkpoint with random weights, which both programs read."""
    from make_checkpoint import OpenCLIP

    import open_clip  # after make_checkpoint, which prepares torchvision

    warnings.simplefilter("ignore")
    merges = arguments.merges or pathlib.Path(open_clip.__file__).parent / "bpe_simple_vocab_16e6.txt.gz"
    OpenCLIP.NAME = NETWORK
    (folder / "vit").mkdir()
    OpenCLIP(merges).save(folder / "vit")


def write_shards(folder, images, shards):
    """Shards in img2dataset's layout; equal parts of the images."""
    folder.mkdir()
    captions = itertools.cycle(arguments.captions.read_text().splitlines())
    for shard in range(shards):
        with tarfile.open(folder / f"{shard:05}.tar", "w") as archive:
            for number, image in enumerate(images[shard * len(images) // shards : (shard + 1) * len(images) // shards]):
                key, caption = f"{shard:05}{number:04}", next(captions)
                description = {"caption": caption, "key": key, "url": f"file:{image}", "status": "success"}
                members = {".jpg": image.read_bytes(), ".txt": caption.encode(), ".json": json.dumps(description).encode()}
                for suffix, data in members.items():
                    member = tarfile.TarInfo(key + suffix)
                    member.size = len(data)
                    archive.addfile(member, io.BytesIO(data))
    return folder


def archives(folder):
    return sorted(folder.glob("*.tar"))


def embed_images(shards, output, model, precision):
    command = [arguments.plumb, "embed", "images", *archives(shards), "--model", model, "--precision", precision]
    return timed([*command, "--output", output.with_suffix(".npy")])[:2]


def embed_shards(shards, output, model, precision, *more):
    shutil.rmtree(output, ignore_errors=True)
    command = [arguments.plumb, "embed", "--shards", *archives(shards), "--model", model, "--precision", precision, *more]
    seconds, cpu, text = timed([*command, "--output", output, "--json"])
    done = json.loads(text)
    assert done["embedded"] == done["pairs"] and not done["shards"]["finished_before"], text
    return seconds, cpu


def clip_retrieval(shards, output, checkpoint):
    shutil.rmtree(output, ignore_errors=True)
    files = archives(shards)
    command = [arguments.peer_python.absolute(), "-c", CLIP_RETRIEVAL, "inference", "--input_format", "webdataset"]
    command += ["--input_dataset", f"{shards}/{{00000..{len(files) - 1:05}}}.tar", "--output_folder", output]
    command += ["--clip_model", f"open_clip:{NETWORK}/{checkpoint}", "--batch_size", arguments.peer_batch]
    command += ["--num_prepro_workers", os.cpu_count(), "--enable_metadata", "False"]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "WANDB_MODE": "disabled", "PYTHONPATH": str(ROOT / "Benchmarks")}
    return timed(command, env=environment)[:2]


def agreement(folder, shards):
    """The least cosine of clip-retrieval's and Plumb's embeddings of an image, and of a caption: both run the same network on the same input."""
    import numpy

    embed_shards(shards, folder / "own", folder / "vit", "f32")
    cosines = []
    for kind, file in (("img_emb", "images.npy"), ("text_emb", "texts.npy")):
        own = numpy.concatenate([numpy.load(place / file) for place in sorted((folder / "own").glob("0*"))])
        parts = sorted((folder / "peer" / kind).glob("*.npy"), key=lambda file: int(file.stem.split("_")[-1]))
        theirs = numpy.concatenate([numpy.load(part).astype(numpy.float32) for part in parts])
        # Its loader's workers take shards in turn, so that its rows come in another order.
        assert own.shape == theirs.shape, (own.shape, theirs.shape)
        cosines.append(float((own @ theirs.T).max(1).min()))
    return cosines


def main():
    files = sorted(arguments.images.glob("*.jpg"))[: arguments.count]
    assert len(files) >= 8 * arguments.shards, f"{arguments.images}: at least {8 * arguments.shards} files *.jpg are needed"
    with tempfile.TemporaryDirectory(dir=arguments.work) as folder:
        folder = pathlib.Path(folder).resolve()
        if "ViT-B/32" in arguments.models:
            make_model(folder)
        sets = [
            write_shards(folder / "few", files[: len(files) // 8], arguments.shards),
            write_shards(folder / "all", files, arguments.shards),
        ]
        runs = {}
        for name in arguments.models:
            model = folder / "vit" if name == "ViT-B/32" else name
            for precision in arguments.precisions:
                own = {"plumb embed images": lambda s, m=model, p=precision: embed_images(s, folder / "images", m, p)}
                own["plumb embed --shards --only images"] = lambda s, m=model, p=precision: embed_shards(
                    s, folder / "only", m, p, "--only", "images"
                )
                own["plumb embed --shards"] = lambda s, m=model, p=precision: embed_shards(s, folder / "both", m, p)
                runs |= {(title, name, precision): run for title, run in own.items()}
        peer = ("clip-retrieval inference", "ViT-B/32", "f32")
        if arguments.peer_python and "ViT-B/32" in arguments.models:
            checkpoint = folder / "vit" / "open_clip_model.safetensors"
            runs[peer] = lambda s: clip_retrieval(s, folder / "peer", checkpoint)
        best = {key: [(math.inf, math.inf), (math.inf, math.inf)] for key in runs}
        for _ in range(arguments.rounds):
            for key, run in runs.items():
                # The least of each by itself: of a busy machine the CPU seconds still tell something.
                best[key] = [tuple(map(min, least, run(shards))) for least, shards in zip(best[key], sets)]
        count, later = len(files), len(files) - len(files) // 8
        rate = {key: later / max(1e-9, all_[0] - few[0]) for key, (few, all_) in best.items()}
        cpu = {key: 1000 * (all_[1] - few[1]) / later for key, (few, all_) in best.items()}
        print(f"{count} pairs in {arguments.shards} shards, best of {arguments.rounds}; load {os.getloadavg()[0]:.1f}\n")
        print("| what | model | precision | seconds | pairs/s | after the start | CPU ms a pair after the start | of embed images | of clip-retrieval |")
        print("| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
        for key, (few, all_) in best.items():
            title, name, precision = key
            images = best.get(("plumb embed images", name, precision))
            of_images = f"{images[1][0] / all_[0]:.2f}×" if images and "shards" in title else ""
            is_compared = peer in best and name == "ViT-B/32" and title == "plumb embed --shards"
            of_peer = f"{best[peer][1][0] / all_[0]:.2f}×, {rate[key] / rate[peer]:.2f}× after the start" if is_compared else ""
            print(f"| {title} | {name} | {precision} | {all_[0]:.1f} | {count / all_[0]:.1f} | {rate[key]:.1f} ", end="")
            print(f"| {cpu[key]:.1f} | {of_images} | {of_peer} |")
        if peer in best:
            cosines = agreement(folder, sets[1])
            print(f"\nThe least cosine of clip-retrieval's and Plumb's embeddings: images {cosines[0]:.5f}, captions {cosines[1]:.5f}")


main()
