"""The event stream's process: `python -m api_service.events` listens on `ROUNDS_EVENTS_BIND`."""

import os
import sys

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from api_service.auth import KeyRing
from api_service.starting import check_port, settings_of_worker, start
from api_service.stream import Stream
from shared.config import Settings
from shared.registry.access import DatabaseRole
from shared.registry.session import make_sessions
from shared.vault import open_vault

_BEHIND = 5  # who listens is told when those who ask have been answered


def build() -> Stream:
    """The application of the worker process; it ends when its parent does."""
    settings = settings_of_worker("events")
    os.nice(_BEHIND)
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


if __name__ == "__main__":
    sys.exit(start("events", serve))
