"""The servers' side of the wire: TCP on the bridge, led on to sockets of the embedded servers.

`python -m bench.hosts_world.wire BRIDGE PORT=ADDRESS …`, where an address is a path or HOST:PORT. A peer that
has gone silent is given up after some seconds, as a Postgres with `tcp_keepalives_idle` set does.
"""

import select
import socket
import sys
import threading
from contextlib import suppress

IDLE, EVERY, TIMES, UNANSWERED_MS = 4, 2, 3, 10_000


def main(bridge: str, *led: str) -> None:
    """Lead on until the process is ended."""
    for one in led:
        port, _, address = one.partition("=")
        listener = socket.create_server((bridge, int(port)), backlog=200, reuse_port=True)
        threading.Thread(target=_take, args=(listener, address), daemon=True).start()
    threading.Event().wait()


def _take(listener: socket.socket, address: str) -> None:
    while True:
        caller, _ = listener.accept()
        for level, name, value in (
            (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
            (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, IDLE),
            (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, EVERY),
            (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, TIMES),
            (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNANSWERED_MS),
            (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
        ):
            caller.setsockopt(level, name, value)
        threading.Thread(target=_lead, args=(caller, address), daemon=True).start()


def _lead(caller: socket.socket, address: str) -> None:
    with suppress(OSError), caller, _reached(address) as server:
        other = {caller: server, server: caller}
        while True:
            for end in select.select([caller, server], [], [])[0]:
                data = end.recv(65536)
                if not data:
                    return
                other[end].sendall(data)


def _reached(address: str) -> socket.socket:
    if address.startswith("/"):
        server = socket.socket(socket.AF_UNIX)
        server.connect(address)
        return server
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)))


if __name__ == "__main__":
    main(*sys.argv[1:])
