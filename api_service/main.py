"""The API process: `python -m api_service.main` waits for the database, then listens on `ROUNDS_API_BIND`."""

import ctypes
import signal
import socket
import sys
import time

from flask import Flask
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.orm import Session, sessionmaker

from api_service.app import create_app
from api_service.deps import THREADS, make_deps
from shared.config import Settings, load_settings
from shared.errors import Error, PartDownError
from shared.logs import log, set_up_logs
from shared.registry.schema import check_schema
from shared.registry.session import make_sessions

DATABASE_SECONDS = 60.0
_ASK_EVERY_SECONDS = 0.2
_PR_SET_PDEATHSIG = 1


def build() -> Flask:
    """The application of one worker process, with its threads; the worker ends when its parent does."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    settings = load_settings()
    set_up_logs("api", level=settings.log_level)
    deps = make_deps(settings)
    app = create_app(deps)
    deps.router.cache.refresh()
    deps.start()
    return app


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


def serve(settings: Settings) -> None:
    """Listen until a signal comes.

    Raises:
        PartDownError: the port is taken.
    """
    host, port = check_port(settings.api_bind, "ROUNDS_API_BIND")
    Server(
        "api_service.main:build",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        factory=True,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        websockets=False,
    ).serve()


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


def main() -> int:
    """Start; what stops the start is one sentence and the exit status 3."""
    set_up_logs("api")
    try:
        settings = load_settings()
        set_up_logs("api", level=settings.log_level)
        sessions = make_sessions(settings, pool_size=1)
        wait_for_database(sessions)
        check_schema(settings)
        sessions.kw["bind"].dispose()
        serve(settings)
    except Error as error:
        log.error("the API does not start", reason=str(error), fix=error.fix)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
