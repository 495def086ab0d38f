"""The relay's post at the database: one relay holds it, and it hears every outbox row that is committed."""

import select
from contextlib import suppress
from typing import Any

import psycopg2
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from shared.config import Settings
from shared.registry.outbox import CHANNEL

_LOCK = "hashtext('rounds relay')"


class Post:
    """A connection that holds the advisory lock of the leader and listens; the lock ends with it."""

    def __init__(self, settings: Settings) -> None:
        limits = {"connect_timeout": 3, "options": "-c statement_timeout=3000"}
        self._engine = create_engine(settings.database, poolclass=NullPool, connect_args=limits)
        self._connection: Any = None
        self._is_mine = False

    def is_mine(self) -> bool:
        """Take the post if it is free, and whether this process holds it now.

        Raises:
            SQLAlchemyError: the database does not answer.
        """
        if self._connection is None:
            pooled = self._engine.raw_connection()
            self._connection = pooled.driver_connection
            pooled.detach()  # ours for the life of the post
            self._connection.autocommit = True
        cursor = self._connection.cursor()
        if not self._is_mine:
            cursor.execute(f"SELECT pg_try_advisory_lock({_LOCK})")
            self._is_mine = bool(cursor.fetchone()[0])
            if self._is_mine:
                cursor.execute(f"LISTEN {CHANNEL}")
        return self._is_mine

    def wait(self, seconds: float) -> None:
        """Until something is committed to the outbox, or the time is over."""
        if select.select([self._connection], [], [], seconds)[0]:
            self._connection.poll()
            self._connection.notifies.clear()

    def leave(self) -> None:
        """Give the post up, also when its connection is broken."""
        connection, self._connection, self._is_mine = self._connection, None, False
        if connection is not None:
            with suppress(psycopg2.Error):
                connection.close()
