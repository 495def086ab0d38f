"""Follows the event table for all listeners of this process: one connection, woken by notice."""

import select as sockets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session, sessionmaker

from api_service.errors import named
from api_service.plan_cache import DATABASE_ERRORS
from api_service.tape import Tape
from shared.logs import log
from shared.registry import events, parts
from shared.registry.events import CHANNEL
from shared.registry.parts import Identity
from shared.registry.tables import Event

ASK_EVERY_SECONDS = 1.0
SAY_EVERY_SECONDS = 5.0
REST_SECONDS = 0.05  # after a batch: what happens meanwhile is told together; one alone never waits for it
AT_MOST = 2000  # rows of one statement
TOLD_AT_MOST = 500
LOOK_BACK = 500  # a transaction that is open when we start may still fill a gap among these


@dataclass(frozen=True)
class Batch:
    """Events to be told, and the number from which a listener asks again when it has heard them.

    Where there are too many to be told one by one, `whole` says that everything may be different.
    """

    rows: Sequence[Event]
    mark: int
    whole: bool = False


class Follower:
    """A thread that reads what is new and passes it on, whatever becomes of the database meanwhile."""

    def __init__(
        self, sessions: sessionmaker[Session], tell: Callable[[Batch], None], listeners: Callable[[], int]
    ) -> None:
        self._sessions, self._tell, self._listeners = sessions, tell, listeners
        self._part = Identity("events")
        self._tape: Tape | None = None
        self._said_at = float("-inf")
        self._stop = threading.Event()

    def start(self) -> None:
        """Begin to follow."""
        threading.Thread(target=self._run, name="events", daemon=True).start()

    def stop(self) -> None:
        """End at the next turn, and say so."""
        self._stop.set()
        with suppress(*DATABASE_ERRORS), self._sessions.begin() as session:
            parts.leave(session, self._part)

    @property
    def mark(self) -> int:
        """From where a listener that begins now asks again."""
        return self._tape.mark if self._tape else 0

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._listen()
            except DATABASE_ERRORS as error:
                log.warning("the registry does not answer the event stream", error=type(error).__name__)
            except Exception as error:  # noqa: BLE001 - a dead thread would leave every page silent
                log.error("the events could not be read", **named(error))
            self._stop.wait(ASK_EVERY_SECONDS)

    def _listen(self) -> None:
        with self._sessions() as session:
            engine = session.get_bind()
        assert isinstance(engine, Engine)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.detach()  # for as long as we listen: the pool is for sign-ins
            connection.execute(text(f"LISTEN {CHANNEL}"))
            raw = connection.connection.dbapi_connection
            while not self._stop.is_set():
                if self.read():
                    self._stop.wait(REST_SECONDS)
                self._say()
                _wait_for_notice(raw, ASK_EVERY_SECONDS)

    def read(self) -> bool:
        """Tell what is new, if anything is."""
        with self._sessions.begin() as session:
            if self._tape is None:
                self._tape = self._begun(session)
            before = self._tape.mark
            seen = events.horizon(session)
            rows = {row.seq: row for row in _all_after(session, before)}
        fresh = self._tape.take(rows, oldest=seen.oldest, following=seen.following, now=time.monotonic())
        if len(fresh) > TOLD_AT_MOST:
            self._tell(Batch([], self._tape.mark, whole=True))
        elif fresh or self._tape.mark != before:
            self._tell(Batch([rows[number] for number in fresh], self._tape.mark))
        return bool(fresh)

    def _begun(self, session: Session) -> Tape:
        """A tape that has told what is there already, and waits for what is missing of it."""
        tape = Tape(max(events.newest(session) - LOOK_BACK, 0))
        rows = events.after(session, tape.mark, limit=AT_MOST)
        tape.take([row.seq for row in rows], oldest=0, following=0, now=time.monotonic())
        return tape

    def _say(self) -> None:
        if time.monotonic() - self._said_at < SAY_EVERY_SECONDS:
            return
        self._said_at = time.monotonic()
        with self._sessions.begin() as session:
            parts.say(session, self._part, {"listeners": self._listeners()})


def _all_after(session: Session, seq: int) -> Iterator[Event]:
    while True:
        page = events.after(session, seq, limit=AT_MOST)
        yield from page
        if len(page) < AT_MOST:
            return
        seq = page[-1].seq


def _wait_for_notice(raw: Any, seconds: float) -> None:  # noqa: ANN401 - a psycopg2 connection
    ready, _, _ = sockets.select([raw], [], [], seconds)
    if ready:
        raw.poll()
        raw.notifies.clear()
