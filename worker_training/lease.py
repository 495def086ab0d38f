"""Keeps a lease alive from a thread of the worker, never of the trainer, which it ends in time."""

import threading
import time

from sqlalchemy.exc import SQLAlchemyError

from shared.broker import farewell
from shared.logs import log
from shared.registry import leases
from shared.registry.leases import Lease
from worker_training.deps import Deps
from worker_training.trainer import Trainer

LAST_WORDS_SECONDS = 20.0
_TICK_SECONDS = 0.1


class Keeper:
    """Beats every quarter of a lease while the block runs.

    Attributes:
        lost: the row is another's or was cancelled; nothing may be written any more.
        stopping: the worker is asked to stop; the trainer was asked to save what it has.
    """

    def __init__(self, lease: Lease, deps: Deps) -> None:
        self._lease, self._sessions = lease, deps.sessions
        self._every = deps.settings.lease_seconds / 4
        self._trainer: Trainer | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lease", daemon=True)
        self.lost = self.stopping = False

    def __enter__(self) -> "Keeper":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def watch(self, trainer: Trainer) -> None:
        """From now on this trainer ends with the lease."""
        self._trainer = trainer
        if self.lost:
            trainer.kill()

    def _run(self) -> None:
        beat_at = stop_at = 0.0
        while not self._over.wait(_TICK_SECONDS):
            now = time.monotonic()
            if farewell.asked() and not self.stopping and self._trainer is not None:
                self.stopping, stop_at = True, now + LAST_WORDS_SECONDS
                self._trainer.ask_to_stop()
            if self.stopping and now >= stop_at:
                self._end_trainer()
            if now >= beat_at:
                beat_at = now + self._every
                self._beat()
            if self.lost:
                self._end_trainer()
                return

    def _beat(self) -> None:
        """One sign of life to database and trainer; a database that is away is no loss of the lease."""
        if self._trainer is not None:
            self._trainer.breathe()
        try:
            with self._sessions.begin() as session:
                self.lost = not leases.beat(session, self._lease)
        except SQLAlchemyError as error:
            log.warning("heartbeat not written", job=str(self._lease.id), reason=type(error).__name__)

    def _end_trainer(self) -> None:
        if self._trainer is not None:
            self._trainer.kill()
