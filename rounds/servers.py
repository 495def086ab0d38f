"""The embedded servers inside the stack, and what must be true of the machine before anything starts."""

import shutil
import socket
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from shared.config import Settings
from shared.embedded import Server, start_postgres, start_valkey
from shared.errors import PartDownError

FREE_BYTES_NEEDED = 200 * 2**20
RETRY_SECONDS = 2.0


class EmbeddedServer:
    """Postgres or Valkey of this home; restarted when it dies."""

    def __init__(self, name: str, start: Callable[[Settings], Server], settings: Settings) -> None:
        self.name, self._start, self._settings = name, start, settings
        self.restarts = 0
        self._server: Server | None = None
        self._retry_at = 0.0

    def start(self) -> None:
        """Start it and return when it answers; a failure is raised."""
        self._server = self._start(self._settings)

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._server.process.pid if self._server else None

    @property
    def state(self) -> str:
        """What `stack.json` shows."""
        return "ready" if self._server else "stopped"

    def revive(self) -> str | None:
        """Start it again when it has died; the answer is a sentence about it, None when all is well."""
        if self._server is not None:
            if self._server.process.poll() is None:
                return None
            self._server = None
            self.restarts += 1
        if time.monotonic() < self._retry_at:
            return None
        try:
            self.start()
        except PartDownError as error:
            self._retry_at = time.monotonic() + RETRY_SECONDS
            return f"{error}; trying again"
        return f"{self.name} had ended and is back"

    def stop(self) -> None:
        """Stop it in good order."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def kill(self) -> None:
        """End it at once; its files are made for that."""
        if self._server is not None:
            self._server.process.kill()


def embedded_servers(settings: Settings) -> list[EmbeddedServer]:
    """The servers that no setting names, in start order."""
    servers = []
    if settings.database_url is None:
        servers.append(EmbeddedServer("postgres", start_postgres, settings))
    if settings.broker_url is None:
        servers.append(EmbeddedServer("valkey", start_valkey, settings))
    return servers


def check_disk(home: Path) -> None:
    """Pass when the disk of home has room to start.

    Raises:
        PartDownError: it has not; Postgres would stop in the middle of its work.
    """
    free = shutil.disk_usage(home).free
    if free < FREE_BYTES_NEEDED:
        raise PartDownError(
            f"the disk of {home} has {free // 2**20} MB left, and {FREE_BYTES_NEEDED // 2**20} are needed",
            field="ROUNDS_HOME",
            fix="free some space, or choose another home",
        )


def check_ports(binds: Iterable[str]) -> None:
    """Pass when every address can be listened on.

    Raises:
        PartDownError: a port is taken, or the address is not this machine's.
    """
    for bind in binds:
        why = why_not_bindable(bind)
        if why:
            raise PartDownError(
                f"{bind} cannot be listened on: {why}",
                fix="stop what runs there, or choose other ports: `rounds up --port-base N`",
            )


def why_not_bindable(bind: str) -> str | None:
    """What the machine says against listening on HOST:PORT; None when nothing."""
    host, _, port = bind.rpartition(":")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host.strip("[]"), int(port)))
        except OSError as error:
            return error.strerror or str(error)
    return None
