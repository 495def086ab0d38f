"""Plain Celery as its first steps show it: an application, a task, a worker: `… plain BROKER`.

The task notes at the broker when it begins, as ours in `notes.py` does.
"""

import sys
import time
from typing import Any

from celery import Celery
from redis import Redis

BEGUN = "bench.begun"


def client_of(broker: str) -> Redis:
    """A client of a broker that listens on a socket."""
    return Redis(unix_socket_path=broker.split("://")[1].split("?", maxsplit=1)[0])


def plain(broker: str) -> tuple[Celery, Any]:
    """The application and its task; no result is kept."""
    celery = Celery("plain", broker=broker, set_as_current=False)
    celery.conf.task_ignore_result = True
    notes = client_of(broker)

    @celery.task(name="train")
    def train(seed: int) -> None:  # noqa: ARG001 - what a training would need
        """Note the time."""
        notes.rpush(BEGUN, time.time())

    return celery, train


if __name__ == "__main__":
    plain(sys.argv[1])[0].worker_main(["worker", "--concurrency=2", "--loglevel=ERROR"])
