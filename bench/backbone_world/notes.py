"""Our worker with a task that notes when it begins, as that of `plain.py` does: `python -m … notes`."""

import sys
import time

from bench.backbone_world.plain import BEGUN, client_of
from shared.broker import worker
from shared.broker.answer import task
from shared.broker.names import Queue, TaskName
from shared.config import load_settings

_NOTES = client_of(load_settings().broker)


@task(TaskName.SEAL_FOR_JOB)
def note(_job_id: str) -> None:
    """Note the time."""
    _NOTES.rpush(BEGUN, time.time())


if __name__ == "__main__":
    sys.exit(worker.run(worker.Kind("worker-collect", (Queue.COLLECT,), "bench.backbone_world.notes", 2)))
