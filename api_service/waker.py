"""Wakes the relay and the event streams after submits: beside the request, many submits at once.

A NOTIFY inside the transaction of a submit would hold a lock of the whole database until that submit is on
the disk, so that no two submits could share a sync. A wake that gets lost costs a quarter of a second: both
listeners look by themselves.
"""

import threading

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session, sessionmaker

from shared.logs import log
from shared.registry import events, outbox
from shared.registry.session import Prepared

REST_SECONDS = 0.02  # what is submitted meanwhile is told together; one alone never waits for it
_WAKE = Prepared(
    "wake",
    f"SELECT pg_notify('{outbox.CHANNEL}', ''), pg_notify('{events.CHANNEL}', '')",
    waits_for_disk=False,
)


class Waker:
    """One thread that is asked by `wake` and never waited for."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self._sessions = sessions
        self._asked, self._over = threading.Event(), threading.Event()

    def start(self) -> None:
        """Be there for `wake`; before that nobody is woken."""
        threading.Thread(target=self._run, name="waker", daemon=True).start()

    def stop(self) -> None:
        """End at the next turn."""
        self._over.set()
        self._asked.set()

    def wake(self) -> None:
        """Something was committed that the listeners wait for."""
        if not self._asked.is_set():
            self._asked.set()

    def _run(self) -> None:
        while True:
            self._asked.wait()
            self._asked.clear()
            if self._over.is_set():
                return
            try:
                _WAKE.row(self._sessions)
            except (DBAPIError, PoolTimeoutError) as error:
                log.warning("nobody was woken", error=type(error).__name__)
            self._over.wait(REST_SECONDS)
