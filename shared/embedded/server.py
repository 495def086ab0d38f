"""One child process that dies with us, started under a lock that it holds itself."""

import ctypes
import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from shared.embedded.places import Account, drop_to
from shared.errors import ConflictError, PartDownError

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1
_POLL_SECONDS = 0.02


class HomeInUseError(ConflictError):
    """Another stack runs on the same home folder."""

    code = "home_in_use"


@dataclass(frozen=True)
class Server:
    """A running server process and the signal that stops it in good order."""

    name: str
    process: subprocess.Popen[bytes]
    stop_signal: signal.Signals

    def stop(self, *, timeout_seconds: float = 20.0) -> None:
        """Ask it to stop and wait; after the time-out it is killed."""
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def die_with_parent(death: signal.Signals) -> Callable[[], None]:
    """What a child runs before exec, so that the kernel signals it when its parent is gone.

    Start children from a thread that lives as long as the process: the kernel watches the thread.
    """
    parent = os.getpid()

    def prepare() -> None:
        os.setpgid(0, 0)  # Ctrl-C reaches the supervisor alone, which stops the parts in order
        _LIBC.prctl(_PR_SET_PDEATHSIG, death, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def take_lock(path: Path, *, wait_seconds: float = 10.0) -> BinaryIO:
    """The lock of one server's data, free only when the server and all its children are gone.

    The server inherits it, so no stale pid file can lie. One that is just dying is waited for.

    Raises:
        HomeInUseError: a living process holds it.
    """
    lock = path.open("a+b")
    until = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                lock.seek(0)
                holder = lock.read(100).decode().strip()
                lock.close()
                raise HomeInUseError(
                    f"a stack runs on {path.parent} already ({holder})",
                    field="ROUNDS_HOME",
                    fix="stop it, or give this one a home and ports of its own: "
                    "`rounds up --home DIR --port-base N`",
                ) from None
            time.sleep(_POLL_SECONDS)
        else:
            return lock


def launch(
    argv: Sequence[str], *, lock: BinaryIO, log: Path, death: signal.Signals, who: Account | None = None
) -> subprocess.Popen[bytes]:
    """Start the server with the lock in its hands and its output in `log`."""
    with log.open("ab") as output:
        log.chmod(0o600)
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=(lock.fileno(),),
            preexec_fn=die_with_parent(death),  # noqa: PLW1509 - it only calls the kernel
            cwd="/",
            env={"PATH": os.defpath, "TZ": "UTC", "LC_ALL": "C"},
            **drop_to(who),
        )
    lock.seek(0)
    lock.truncate()
    lock.write(f"pid {process.pid} since {_start_time(process.pid)}\n".encode())
    lock.close()  # ours only; the server keeps the lock through its own descriptor
    return process


def _start_time(pid: int) -> str:
    """Clock ticks after boot at which the process began: with the pid it names one process for ever."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    return "unknown"


def await_ready(
    server: Server, answers: Callable[[], bool], *, log: Path, timeout_seconds: float = 300.0
) -> Server:
    """Return the server when it answers.

    Raises:
        PartDownError: it ended or stayed silent; it is stopped, and the sentence quotes its last line.
    """
    until = time.monotonic() + timeout_seconds
    while not answers():
        if server.process.poll() is not None or time.monotonic() > until:
            server.stop()
            raise PartDownError(f"{server.name} did not start: {last_line(log)}", fix=f"see {log}")
        time.sleep(_POLL_SECONDS)
    return server


def last_line(log: Path) -> str:
    """The last line that says why, without its time stamp."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    telling = [line for line in lines if "FATAL" in line or "rror" in line] or lines or ["no word of why"]
    return telling[-1].strip()
