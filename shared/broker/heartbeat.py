"""Says in `parts` that a process lives: from a thread, with a connection only while it speaks."""

import threading
from collections.abc import Callable, Mapping

from sqlalchemy import create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import NullPool

from shared.config import Settings
from shared.logs import log
from shared.registry import parts
from shared.registry.access import APP_ROLE
from shared.registry.parts import Identity

EVERY_SECONDS = 2.0


class Heartbeat:
    """One process's row in `parts`; a database that is away is waited for."""

    def __init__(self, settings: Settings, part: Identity, state: Callable[[], Mapping[str, object]]) -> None:
        # No pool: a process forked meanwhile must not inherit an open connection.
        as_app = {"connect_timeout": 3, "options": f"-c role={APP_ROLE} -c statement_timeout=3000"}
        engine = create_engine(settings.database, poolclass=NullPool, connect_args=as_app)
        self._sessions: sessionmaker[Session] = sessionmaker(engine)
        self._part, self._state = part, state
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Speak now and every two seconds from now on; a second call changes nothing."""
        if self._thread.ident is None:
            self._thread.start()

    def stop(self) -> None:
        """Take the row away: a part that was stopped on purpose is not a dead one."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(timeout=EVERY_SECONDS)
        try:
            with self._sessions.begin() as session:
                parts.leave(session, self._part)
        except SQLAlchemyError as error:
            log.warning("part could not sign off", part=self._part.name, reason=type(error).__name__)

    def _run(self) -> None:
        while True:
            try:
                with self._sessions.begin() as session:
                    parts.say(session, self._part, self._state())
            except SQLAlchemyError as error:
                log.warning("heartbeat not written", part=self._part.name, reason=type(error).__name__)
            if self._stop.wait(EVERY_SECONDS):
                return
