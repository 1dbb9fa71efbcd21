"""Runs the rows and writes the page."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from harness import machine, report, results
from harness.context import BENCHMARKS, REPOSITORY, Context
from harness.rows import ROWS
from harness.runners import RunnerFailed

CAPTIONS = 2000


def main() -> None:
    """Make the checkpoint and inputs if they are not there, measure, print."""
    arguments = parse_arguments()
    context = make_context(arguments)
    head = machine.describe(context.threads)
    ensure_checkpoint(context)
    sections = []
    for name in arguments.only or ROWS:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        try:
            sections.append(ROWS[name](context))
        except RunnerFailed as failure:
            context.notes.append(f"{name}: {failure}")
            continue
        if arguments.output:
            results.keep(BENCHMARKS / "results", head, name, sections[-1])
            arguments.output.write_text(results.page(BENCHMARKS / "results"))
    print(report.document(head, sections, context.notes))


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    build = REPOSITORY / ".build" / "release"
    work = Path(os.environ.get("PLUMB_BENCHMARK_WORK", BENCHMARKS / ".work"))
    data = os.environ.get("PLUMB_TEST_DATA")
    parser = argparse.ArgumentParser(prog="Benchmarks/run", description="Measure Plumb beside its peers.")
    parser.add_argument("--only", action="append", choices=list(ROWS), help="measure this row; may be repeated")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each runner (default 5)")
    parser.add_argument("--quick", action="store_true", help="smaller inputs, for a look")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--output", type=Path, help="keep the rows, and write the page of all machines there: docs/benchmarks.md")
    parser.add_argument("--data", type=Path, default=data and Path(data), help="default: PLUMB_TEST_DATA")
    parser.add_argument("--work", type=Path, default=work, help="checkpoint, exports and logs (about 2 GB)")
    parser.add_argument("--plumb", type=Path, default=build / "plumb")
    parser.add_argument("--engine", type=Path, default=build / "plumb-bench")
    return parser.parse_args()


def make_context(arguments: argparse.Namespace) -> Context:
    """The run's context; what is not built is noted."""
    context = Context(
        work=arguments.work.resolve(),
        data=arguments.data and arguments.data.resolve(),
        plumb=arguments.plumb,
        engine=arguments.engine,
        rounds=arguments.rounds,
        threads=arguments.threads,
        quick=arguments.quick,
    )
    for program in (context.plumb, context.engine):
        if not program.exists():
            context.notes.append(f"what {program.name} measures: it is not built (`swift build -c release`)")
    return context


def ensure_checkpoint(context: Context) -> None:
    """Make the random ViT-B/32 and the golden of real inputs."""
    if (context.golden / "token_ids.json").exists():
        return
    needed = {
        "--merges": context.dataset("clip_tokenizer", "bpe_simple_vocab_16e6.txt.gz"),
        "--photographs": context.dataset("flickr8k_true_aspect"),
        "--captions": context.dataset("coco_captions", "token_ids.tsv"),
    }
    if not all(needed.values()):
        missing = ", ".join(name.strip("-") for name, path in needed.items() if not path)
        sys.exit(f"No {missing} in the data folder. Set PLUMB_TEST_DATA, or give --data.")
    command = [sys.executable, BENCHMARKS / "make_checkpoint.py", "transformers", context.model]
    command += [word for pair in needed.items() for word in pair] + ["--caption-count", CAPTIONS]
    subprocess.run([str(word) for word in command], check=True, env=context.environment())


if __name__ == "__main__":
    main()
