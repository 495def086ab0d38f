"""A training worker of the site: `python -m bench.chaos_world.worker`."""

import sys
from dataclasses import replace

from shared.broker import worker

if __name__ == "__main__":
    sys.exit(worker.run(replace(worker.KINDS["train"], tasks="bench.chaos_world.tasks")))
