"""Listeners to the event stream that read all they are told: `... listeners PORT COUNT`, the key on stdin."""

import selectors
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

READY = b"all of them listen\n"


@contextmanager
def listening(port: int, key: str, count: int) -> Iterator[None]:
    """So many, in a process of their own, for as long as the block runs."""
    command = [sys.executable, "-m", "bench.backbone_world.listeners", str(port), str(count)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin and process.stdout  # both are pipes
        process.stdin.write(f"{key}\n".encode())
        process.stdin.close()
        try:
            if process.stdout.readline() != READY:
                raise SystemExit("the listeners were not let in")
            yield
        finally:
            process.kill()


def main(port: int, count: int, key: str) -> None:
    """Let every listener in, say so, and read on."""
    asking = f"GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n\r\n".encode()
    lines = selectors.DefaultSelector()
    for _ in range(count):
        line = socket.create_connection(("127.0.0.1", port))
        line.sendall(asking)
        if not line.recv(1 << 16).startswith(b"HTTP/1.1 200"):
            raise SystemExit(1)
        lines.register(line, selectors.EVENT_READ, line.recv)
    sys.stdout.buffer.write(READY)
    sys.stdout.flush()
    while True:
        for heard, _ in lines.select():
            heard.data(1 << 16)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.stdin.readline().strip())
