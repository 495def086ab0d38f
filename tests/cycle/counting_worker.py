"""A training worker that trains with the counting family: `python -m tests.cycle.counting_worker`."""

import sys
from dataclasses import replace

from shared.broker import worker

if __name__ == "__main__":
    sys.exit(worker.run(replace(worker.KINDS["train"], tasks="tests.cycle.counting_tasks")))
