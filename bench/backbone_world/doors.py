"""The two doors as processes, and what each costs: its own processor time and that of what it talks to."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import psutil

from shared.config import Settings, environment

CALLERS = 8
START_SECONDS = 60.0
Request = Callable[[int], bytes]


@dataclass
class Door:
    """A listening server; `costs` are all the processes whose work a call asks for."""

    port: int
    request: Request
    costs: Sequence[int]

    def seconds(self) -> float:
        """Processor seconds of all of them and their children."""
        return sum(_seconds(pid) for pid in self.costs)

    def asked(self, numbers: Sequence[int]) -> tuple[list[float], float]:
        """Each call's seconds and those of all of them, made by a few callers at once."""
        taken: list[float] = []
        shares = [numbers[first::CALLERS] for first in range(CALLERS)]
        callers = [threading.Thread(target=self._call, args=(share, taken)) for share in shares]
        began = time.perf_counter()
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        return taken, time.perf_counter() - began

    def _call(self, numbers: Iterable[int], taken: list[float]) -> None:
        with socket.create_connection(("127.0.0.1", self.port)) as line:
            for number in numbers:
                asking, began = self.request(number), time.perf_counter()
                line.sendall(asking)
                answer = _answer(line)
                taken.append(time.perf_counter() - began)
                if not answer.startswith(b"HTTP/1.1 202"):
                    raise SystemExit(f"refused: {answer[:400]!r}")


def started(stack: ExitStack, settings: Settings, module: str, *words: str) -> int:
    """Start a process of the stack that ends with it; its id."""
    process = subprocess.Popen([sys.executable, "-m", module, *words], env=environment(settings))
    stack.callback(process.wait)
    stack.callback(process.terminate)
    return process.pid


def listens(port: int) -> None:
    """Return when somebody listens.

    Raises:
        TimeoutError: nobody does within a minute.
    """
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"nobody listens on {port}")


def post(path: str, body: bytes, headers: str = "") -> bytes:
    """A call as bytes."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n{headers}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def _answer(line: socket.socket) -> bytes:
    found = b""
    while b"\r\n\r\n" not in found:
        found += line.recv(1 << 16)
    head, _, body = found.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    while len(body) < length:
        body += line.recv(1 << 16)
    return head + body


def _seconds(pid: int) -> float:
    """Those of children that ended are lost."""
    parent = psutil.Process(pid)
    family = (parent, *parent.children(recursive=True))
    return sum(one.cpu_times().user + one.cpu_times().system for one in family)
