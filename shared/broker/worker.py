"""Starts one Celery worker: `python -m shared.broker.worker collect|train|deploy`."""

import ctypes
import importlib
import os
import signal
import sys
import warnings
from dataclasses import dataclass
from typing import Any

# Before Celery is imported: SIGTERM begins the soft shutdown, and pool processes do not die of it.
os.environ["REMAP_SIGTERM"] = "SIGQUIT"

from celery import signals
from celery.apps.worker import Worker as CeleryWorker
from celery.exceptions import SecurityWarning
from celery.worker.state import maybe_shutdown

from shared.broker import farewell
from shared.broker.app import app
from shared.broker.doorman import Refusal, doorman
from shared.broker.heartbeat import Heartbeat
from shared.broker.names import Queue
from shared.broker.sampler import Sampler
from shared.config import load_settings
from shared.errors import Error
from shared.logs import log, set_up_logs
from shared.registry.parts import Identity
from shared.registry.schema import check_schema

# A process whose tasks are short is exchanged when it has grown so far, not after so many tasks: Celery may
# hand one to a process that is about to leave, and that task then waits four seconds for another.
KIBIBYTES_PER_PROCESS = 2 << 20
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Kind:
    """What one kind of worker listens to; its tasks are loaded by name, for shared knows no service."""

    name: str
    queues: tuple[Queue, ...]
    tasks: str
    processes: int
    long_tasks: bool = False  # watched by their lease instead of a time limit


KINDS = {
    "collect": Kind("worker-collect", (Queue.COLLECT,), "worker_collection.tasks", 2, long_tasks=True),
    "train": Kind(
        "worker-train",
        (Queue.TRAIN_TEXT, Queue.TRAIN_IMAGE),
        "worker_training.tasks",
        processes=1,
        long_tasks=True,
    ),
    "deploy": Kind("worker-deploy", (Queue.DEPLOY, Queue.NOTIFY), "deployer_service.tasks", 2),
}


class PatientWorker(CeleryWorker):
    """A worker whose soft shutdown lasts as long as its tasks need and no longer.

    Celery's own sleeps through the whole time-out also when nothing runs, and tells no task.
    """

    def wait_for_soft_shutdown(self) -> bool:
        """Ask the pool to come to an end and wait; whether it did within the soft time-out."""
        farewell.ask()
        rested = farewell.wait_until_idle(self.app.conf.worker_soft_shutdown_timeout)
        if not rested:
            log.warning("tasks did not end in time and are stopped")
        return rested

    def on_consumer_ready(self, consumer: Any) -> None:  # noqa: ANN401 - as Celery has it
        """Say that it is ready, unless it was asked to stop while it started.

        Celery has stopped the pool by then, and its loop would ask that pool whether it runs.
        """
        maybe_shutdown()
        super().on_consumer_ready(consumer)
        maybe_shutdown()


def run(kind: Kind) -> int:
    """Work until SIGTERM; the exit status of the process."""
    settings = load_settings()
    check_schema(settings)
    importlib.import_module(kind.tasks)
    identity = Identity(kind.name)
    listens = {"queues": [queue.value for queue in kind.queues]}
    sampler = Sampler(settings.root, with_gpus=kind is KINDS["train"])
    heartbeat = Heartbeat(settings, identity, lambda: listens | sampler.state())
    # Once the pool is forked, so that no child inherits a connection.
    signals.worker_ready.connect(lambda **_: heartbeat.start(), weak=False)
    signals.worker_process_init.connect(_enter_pool, weak=False)
    signals.task_unknown.connect(_refuse_unreadable, weak=False)
    signals.task_rejected.connect(_refuse_unreadable, weak=False)
    signals.task_revoked.connect(_refuse_expired, weak=False)
    if kind.long_tasks:
        app.conf.task_soft_time_limit = app.conf.task_time_limit = None
    worker: Any = PatientWorker(
        app=app,
        hostname=f"{kind.name}@{identity.host}-{identity.pid}",
        queues=[queue.value for queue in kind.queues],
        concurrency=kind.processes,
        max_memory_per_child=None if kind.long_tasks else KIBIBYTES_PER_PROCESS,
        loglevel=settings.log_level,
        without_mingle=True,
        without_gossip=True,
        quiet=True,
    )
    worker.start()
    heartbeat.stop()
    return int(worker.exitcode or 0)


def _enter_pool(**_: object) -> None:
    """A pool process does not outlive its worker, shares no connection with it, and stands ready for work."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    doorman.cache_clear()
    doorman()  # made now, and not while the first message waits
    farewell.rest()


def _refuse_unreadable(**_: object) -> None:
    doorman().refuse(Refusal.UNREADABLE)


def _refuse_expired(*, expired: bool = False, **_: object) -> None:
    if expired:
        doorman().refuse(Refusal.EXPIRED)


def main(argv: list[str]) -> int:
    """Start the worker of the kind that the one argument names."""
    kind = KINDS.get(argv[0]) if len(argv) == 1 else None
    if kind is None:
        sys.stderr.write(f"say which worker: python -m shared.broker.worker {'|'.join(KINDS)}\n")
        return 2
    # Celery says it of each worker, in five lines; `rounds up` says it once.
    warnings.simplefilter("ignore", SecurityWarning)
    try:
        set_up_logs(kind.name, level=load_settings().log_level)
        return run(kind)
    except Error as error:
        sys.stderr.write(f"{error}; {error.fix}\n" if error.fix else f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
