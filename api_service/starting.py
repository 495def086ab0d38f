"""How a process of the API begins: it waits for its database, looks at the schema and finds its port free."""

import ctypes
import signal
import socket
import time
from collections.abc import Callable

from sqlalchemy import text
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.orm import Session, sessionmaker

from shared.config import Settings, load_settings
from shared.errors import Error, PartDownError
from shared.logs import log, set_up_logs
from shared.registry.schema import check_schema
from shared.registry.session import make_sessions

# Of a worker process of the API: submits that come at once share a statement, so more than cores help.
THREADS = 12
DATABASE_SECONDS = 60.0
_ASK_EVERY_SECONDS = 0.2
_PR_SET_PDEATHSIG = 1


def start(process: str, serve: Callable[[Settings], None]) -> int:
    """Serve until a signal comes; what stops the start is one sentence and the exit status 3."""
    set_up_logs(process)
    try:
        settings = load_settings()
        set_up_logs(process, level=settings.log_level)
        sessions = make_sessions(settings, pool_size=1)
        wait_for_database(sessions)
        check_schema(settings)
        sessions.kw["bind"].dispose()
        serve(settings)
    except Error as error:
        log.error("this process does not start", reason=str(error), fix=error.fix)
        return 3
    return 0


def settings_of_worker(process: str) -> Settings:
    """The settings of a server's worker process, which logs under this name and ends when its parent does."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    settings = load_settings()
    set_up_logs(process, level=settings.log_level)
    return settings


def wait_for_database(sessions: sessionmaker[Session], seconds: float = DATABASE_SECONDS) -> None:
    """Return when the database answers.

    Raises:
        PartDownError: it does not within the time.
    """
    until, said = time.monotonic() + seconds, False
    while True:
        try:
            with sessions() as session:
                session.execute(text("SELECT 1 FROM model_types LIMIT 1"))
            return
        except (OperationalError, ProgrammingError) as error:
            if time.monotonic() >= until:
                raise PartDownError(
                    "the database does not answer or was never migrated",
                    field="ROUNDS_DATABASE_URL",
                    fix="start it, run `rounds migrate`, or unset the variable for the embedded one",
                ) from error
            if not said:
                log.warning("waiting for the database")
                said = True
            time.sleep(_ASK_EVERY_SECONDS)


def check_port(bind: str, setting: str) -> tuple[str, int]:
    """Host and port of a bind address on which nobody listens.

    Raises:
        PartDownError: the port is taken.
    """
    host, _, port = bind.rpartition(":")
    host = host.strip("[]")
    try:
        with socket.create_server((host, int(port))):
            return host, int(port)
    except OSError as error:
        raise PartDownError(
            f"cannot listen on {host}:{port}: {error.strerror}",
            field=setting,
            fix="stop what listens there, or choose another port",
        ) from error
