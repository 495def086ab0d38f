"""One part while it runs: started, read, asked to stop, killed with everything it has started."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import shared
from rounds.guard import kill_group
from rounds.parts import PartSpec
from shared.embedded.server import die_with_parent

SOURCES = Path(shared.__file__).parent.parent  # children run the code that we run
STEADY_SECONDS = 60.0
MAX_DELAY_SECONDS = 30.0


class PartProcess:
    """A part and its present process; restarts wait longer each time until one has held for a minute."""

    def __init__(self, spec: PartSpec, note: Callable[[str], None]) -> None:
        self.spec, self.note = spec, note
        self.ready = self.killed = False
        self.restarts = 0
        self.due_at: float | None = None
        self.process: subprocess.Popen[bytes] | None = None
        self._begun_at = 0.0
        self._failures = 0
        self._rest = b""

    def start(self, environment: Mapping[str, str]) -> int:
        """Start the process in a group of its own; the answer is the descriptor of its output."""
        self.process = subprocess.Popen(
            self.spec.argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=SOURCES,
            env={**environment, **self.spec.environment},
            preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 - it only calls the kernel
        )
        self.note(f"+{self.process.pid}")
        self.ready, self.due_at, self._begun_at, self._rest = False, None, time.monotonic(), b""
        assert self.process.stdout is not None
        descriptor = self.process.stdout.fileno()
        os.set_blocking(descriptor, False)
        return descriptor

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self.process.pid if self.process and self.process.returncode is None else None

    @property
    def state(self) -> str:
        """What `stack.json` shows: waiting, starting, ready or stopped."""
        if self.pid is not None:
            return "ready" if self.ready else "starting"
        return "waiting" if self.due_at is not None else "stopped"

    def lines(self) -> list[bytes] | None:
        """The whole lines said since the last call, a half one waits for its end; None when all is said."""
        if self.process is None or self.process.stdout is None:
            return None
        try:
            data = os.read(self.process.stdout.fileno(), 65536)
        except BlockingIOError:
            return []
        if not data:
            return None
        *whole, self._rest = (self._rest + data).split(b"\n")
        return whole

    def ended(self) -> bool:
        """Whether the process is gone by itself; then what it had started is ended too."""
        if self.process is None or self.process.poll() is None:
            return False
        kill_group(self.process.pid)
        self.note(f"-{self.process.pid}")
        return True

    def close(self) -> None:
        """Forget the ended process."""
        if self.process is not None and self.process.stdout is not None:
            self.process.stdout.close()
        self.process, self.ready = None, False

    def plan_restart(self) -> float:
        """Set when to start again; the answer is the delay in seconds."""
        held = time.monotonic() - self._begun_at
        self._failures = 1 if held > STEADY_SECONDS else self._failures + 1
        delay = min(0.25 * 2.0**self._failures, MAX_DELAY_SECONDS)
        self.due_at, self.ready = time.monotonic() + delay, False
        self.restarts += 1
        return delay

    def ask_to_stop(self) -> None:
        """Send SIGTERM to the part alone, which ends its own children in good order."""
        self.due_at = None
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def kill(self) -> None:
        """End the part and everything it has started at once."""
        self.due_at, self.killed = None, True
        if self.process is not None:
            kill_group(self.process.pid)
