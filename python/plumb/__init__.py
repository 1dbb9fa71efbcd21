"""Plumb: caption metrics, CLIP embeddings and rewards for self-critical training.

The work is done by the program `plumb`, which this package starts as `plumb worker` and which it contains where it was
installed from a wheel.
"""

from importlib import metadata as _metadata

from . import coco, images, worker
from .embedder import Embedder, Ranking
from .errors import CommandNotFoundError, Failure, ItemError, PlumbError, WorkerDiedError
from .metrics import BLEU, METEOR, ROUGE, CIDEr, CLIPScore, RefCLIPScore
from .reward import Reward, Rewards
from .scores import Scores
from .scoring import score
from .tokenizer import Tokenizer, split_words
from .worker import Worker, set_threads

try:
    __version__ = _metadata.version("plumb")
except _metadata.PackageNotFoundError:  # Not installed, but found on PYTHONPATH.
    __version__ = "0+unknown"

__all__ = [
    "BLEU",
    "METEOR",
    "ROUGE",
    "CIDEr",
    "CLIPScore",
    "CommandNotFoundError",
    "Embedder",
    "Failure",
    "ItemError",
    "PlumbError",
    "Ranking",
    "RefCLIPScore",
    "Reward",
    "Rewards",
    "Scores",
    "Tokenizer",
    "Worker",
    "WorkerDiedError",
    "__version__",
    "coco",
    "images",
    "score",
    "set_threads",
    "split_words",
    "worker",
]
