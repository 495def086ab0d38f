"""Ends waiting for a database that has fallen silent: neither there nor away, it would hold every thread.

A statement's own time limit is kept by the database, and does not help where that stands still. Here the
client shuts its side of the connection, and whoever waits is told that the connection is lost.
"""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from psycopg2 import extensions

from shared.logs import log

LOOK_SECONDS, LONGEST_SECONDS = 0.5, 2.0


class Stalls:
    """Who waits for the database in this process, and since when; any number of threads may share it."""

    def __init__(self) -> None:
        self._lock, self._over = threading.Lock(), threading.Event()
        self._waiting: dict[object, tuple[int, float]] = {}  # a token: file descriptor, since when

    def watch(self, is_silent: Callable[[], bool]) -> None:
        """Start the thread that cuts while the database is silent; it never asks the database itself."""
        threading.Thread(target=self._run, args=(is_silent,), name="stalls", daemon=True).start()

    def stop(self) -> None:
        """End the thread at its next turn."""
        self._over.set()

    def _run(self, is_silent: Callable[[], bool]) -> None:
        while not self._over.wait(LOOK_SECONDS):
            if is_silent() and (late := self.cut(LONGEST_SECONDS)):
                log.warning("the database is silent; waiting for it was ended", waits=late)

    def cut(self, seconds: float) -> int:
        """End every wait that is longer than this; how many there were."""
        since = time.monotonic() - seconds
        with self._lock:  # nobody closes a connection meanwhile, so that no descriptor is somebody else's
            late = [descriptor for descriptor, began in self._waiting.values() if began < since]
            for descriptor in late:
                _shut(descriptor)
        return len(late)

    def connect_args(self) -> dict[str, Any]:
        """What makes the driver's connections tell of their waits."""
        return {"connection_factory": type("Watched", (_Connection,), {"stalls": self})}

    @contextmanager
    def waits(self, connection: extensions.connection) -> Iterator[None]:
        """While the block runs its thread waits for this connection."""
        token = object()
        with self._lock:
            self._waiting[token] = (connection.fileno(), time.monotonic())
        try:
            yield
        finally:
            with self._lock:
                del self._waiting[token]


class _Cursor(extensions.cursor):
    def execute(self, *told: Any, **named: Any) -> None:
        watched: Any = self.connection
        with watched.stalls.waits(watched):
            super().execute(*told, **named)


class _Connection(extensions.connection):
    stalls: Stalls

    def __init__(self, *told: Any, **named: Any) -> None:
        super().__init__(*told, **named)
        self.cursor_factory = _Cursor

    def commit(self) -> None:
        with self.stalls.waits(self):
            super().commit()

    def rollback(self) -> None:
        with self.stalls.waits(self):
            super().rollback()


def _shut(descriptor: int) -> None:
    with socket.socket(fileno=os.dup(descriptor)) as side:
        side.shutdown(socket.SHUT_RDWR)
