"""A process that holds one peer and answers on its standard output, a JSON object a line.

It says `ready` when loaded and warm; then `{"turn": 1}` runs the task's inputs once and answers with the seconds,
and `{"embed": path}` writes the embeddings of every input.
"""

import json
import os
import resource
import sys
import time

import numpy as np

from harness import peers
from harness.task import Task


def main() -> None:
    """Load, warm up, obey."""
    answer = take_standard_output()
    task = Task.decode(sys.argv[2])
    run, detail = peers.load(sys.argv[1], task)
    batches = task.batches()
    run(batches)
    answer({"ready": detail})
    for line in sys.stdin:
        order = json.loads(line)
        if "turn" in order:
            answer(timed(run, batches))
        else:
            np.save(order["embed"], np.concatenate(run(task.all_batches())))
            answer({"saved": order["embed"]})


def take_standard_output():
    """Keep standard output for answers; what libraries print goes to standard error."""
    channel = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(message: dict) -> None:
        print(json.dumps(message), file=channel, flush=True)

    return answer


def timed(run, batches) -> dict:
    """Wall and CPU seconds of one pass over the batches, and the most memory held so far."""
    wall, processor = time.perf_counter(), time.process_time()
    run(batches)
    return {
        "seconds": time.perf_counter() - wall,
        "cpu_seconds": time.process_time() - processor,
        "items": sum(len(batch) for batch in batches),
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


if __name__ == "__main__":
    main()
