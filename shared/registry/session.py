"""The way into Postgres: one engine a process, made after fork, as the role that cannot rewrite history."""

import select
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import psycopg2
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.orm import Session, sessionmaker

from shared.config import Settings
from shared.registry.access import DatabaseRole
from shared.registry.stalls import Stalls

REHEARSAL = "rehearsal"  # in the `info` of sessions whose work is rolled back
_LIVELY = {"keepalives_idle": 30, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 15000}
_LIMITS = "-c lock_timeout=5000 -c idle_in_transaction_session_timeout=60000 -c timezone=UTC"


def make_engine(
    settings: Settings,
    *,
    pool_size: int = 5,
    statement_seconds: int = 60,
    role: DatabaseRole = DatabaseRole.APP,
    stalls: Stalls | None = None,
) -> Engine:
    """An engine whose connections act as `role`: none of them may change what is append-only."""
    told = stalls.connect_args() if stalls else {}
    options = f"{_LIMITS} -c role={role} -c statement_timeout={statement_seconds * 1000}"
    engine = create_engine(
        settings.database,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=5,
        pool_use_lifo=True,  # few connections that are warm: the plans of their statements are made
        pool_recycle=1800,
        hide_parameters=True,  # an error of the database must not quote a value
        connect_args={"connect_timeout": 3, "options": options, **_LIVELY, **told},
    )
    event.listen(engine, "checkout", _refuse_dead)
    return engine


def make_sessions(
    settings: Settings,
    *,
    pool_size: int = 5,
    statement_seconds: int = 60,
    role: DatabaseRole = DatabaseRole.APP,
    stalls: Stalls | None = None,
) -> sessionmaker[Session]:
    """Sessions for one process; open them with `.begin()` and keep them short."""
    engine = make_engine(
        settings, pool_size=pool_size, statement_seconds=statement_seconds, role=role, stalls=stalls
    )
    return sessionmaker(engine, expire_on_commit=False)


@dataclass(frozen=True)
class Prepared:
    """A statement that each connection prepares once; running it is a transaction and one trip."""

    name: str
    statement: str  # with {} where its places go
    places: int = 0
    waits_for_disk: bool = True  # whether what it did outlives a crash of the server that comes right after

    def row(self, sessions: sessionmaker[Session], values: Sequence[object] = ()) -> tuple[Any, ...]:
        """The one row for these values, committed; errors as those of `rows`."""
        [found] = self.rows(sessions, values)
        return found

    def rows(self, sessions: sessionmaker[Session], values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """The rows for these values, committed.

        Raises:
            DBAPIError: the database refused, or does not answer.
        """
        engine: Engine = sessions.kw["bind"]
        try:
            pooled = engine.raw_connection()
        except psycopg2.Error as error:
            raise self._error(error, is_lost=True) from error
        driver: Any = pooled.driver_connection
        try:
            driver.autocommit = True
            with driver.cursor() as cursor:
                self._prepare(cursor, pooled.info)
                cursor.execute(self._call, values)
                found: list[tuple[Any, ...]] = cursor.fetchall()
            driver.autocommit = False
        except psycopg2.Error as error:
            is_lost = bool(driver.closed)
            pooled.invalidate(error)
            raise self._error(error, is_lost=is_lost) from error
        finally:
            pooled.close()
        return found

    def within(self, session: Session, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """The rows for these values, in the transaction of a session.

        Raises:
            DBAPIError: the database refused, or does not answer.
        """
        pooled = session.connection().connection
        driver: Any = pooled.driver_connection
        try:
            with driver.cursor() as cursor:
                self._prepare(cursor, pooled.info)
                cursor.execute(self._call, values)
                found: list[tuple[Any, ...]] = cursor.fetchall()
        except psycopg2.Error as error:
            raise self._error(error, is_lost=bool(driver.closed)) from error
        return found

    def _error(self, error: psycopg2.Error, *, is_lost: bool) -> BaseException:
        """As SQLAlchemy would raise it, without a value that was sent."""
        return DBAPIError.instance(
            self.name, None, error, psycopg2.Error, hide_parameters=True, connection_invalidated=is_lost
        )

    @cached_property
    def _call(self) -> str:
        given = f" ({', '.join(['%s'] * self.places)})" if self.places else ""
        lazily = "" if self.waits_for_disk else "SET LOCAL synchronous_commit = off; "
        return f"{lazily}EXECUTE {self.name}{given}"

    def _prepare(self, cursor: Any, info: dict[Any, Any]) -> None:  # noqa: ANN401 - a cursor of the driver
        if self.name in info:
            return
        places = ", ".join(f"${number + 1}" for number in range(self.places))
        cursor.execute(f"PREPARE {self.name} AS {self.statement.format(places)}")
        info[self.name] = True


def _refuse_dead(driver: Any, _record: object, _proxy: object) -> None:  # noqa: ANN401 - of the driver
    """A connection that waits in the pool hears nothing but its end; looking costs no round trip."""
    ears = select.poll()
    ears.register(driver, select.POLLIN)
    if ears.poll(0):
        raise DisconnectionError("the database closed this connection")
