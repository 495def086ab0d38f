"""The event stream's process: `python -m api_service.events` listens on `ROUNDS_EVENTS_BIND`."""

import ctypes
import signal
import sys

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from api_service.auth import KeyRing
from api_service.main import check_port, wait_for_database
from api_service.stream import Stream
from shared.config import Settings, load_settings
from shared.errors import Error
from shared.logs import log, set_up_logs
from shared.registry.access import DatabaseRole
from shared.registry.schema import check_schema
from shared.registry.session import make_sessions
from shared.vault import open_vault

_PR_SET_PDEATHSIG = 1


def build() -> Stream:
    """The application of the worker process; it ends when its parent does."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    settings = load_settings()
    set_up_logs("events", level=settings.log_level)
    sessions = make_sessions(settings, pool_size=3, statement_seconds=10, role=DatabaseRole.API)
    vault = open_vault(settings.secret_file)
    return Stream(settings, sessions, vault, KeyRing(sessions, settings.clock))


def serve(settings: Settings) -> None:
    """Listen until a signal comes.

    Raises:
        PartDownError: the port is taken.
    """
    host, port = check_port(settings.events_bind, "ROUNDS_EVENTS_BIND")
    Server(
        "api_service.events:build",
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        workers=1,
        factory=True,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=3,
        websockets=False,
    ).serve()


def main() -> int:
    """Start; what stops the start is one sentence and the exit status 3."""
    set_up_logs("events")
    try:
        settings = load_settings()
        set_up_logs("events", level=settings.log_level)
        sessions = make_sessions(settings, pool_size=1)
        wait_for_database(sessions)
        check_schema(settings)
        sessions.kw["bind"].dispose()
        serve(settings)
    except Error as error:
        log.error("the event stream does not start", reason=str(error), fix=error.fix)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
