"""The API process: `python -m api_service.main` waits for the database, then listens on `ROUNDS_API_BIND`."""

import sys

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from api_service.starting import THREADS, check_port, start
from shared.config import Settings


def serve(settings: Settings) -> None:
    """Listen until a signal comes.

    Raises:
        PartDownError: the port is taken.
    """
    host, port = check_port(settings.api_bind, "ROUNDS_API_BIND")
    Server(
        "api_service.app:build",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        factory=True,
        log_level=LogLevels.error,  # it warns of more threads than cores; ours wait for the database
        respawn_failed_workers=True,
        websockets=False,
    ).serve()


if __name__ == "__main__":
    sys.exit(start("api", serve))
