"""Aside: work of ours is computed by a process of its own, on what the machine has left over.

`python -m deployer_service.aside` reads JSON lines and writes JSON lines. The kernel runs it only where
nothing else wants a core, and stops it at once where something does. No priority of a thread inside the model
server can do that: one that is stopped there may hold Python's lock, and so the people it made way for.
Between two layers it waits for a moment in which half of the cores are free, since cores share caches.
"""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO, Any

from deployer_service.origin import Origin
from shared.backends import computes_on_cpu
from shared.backends.base import Scorer
from shared.backends.pauses import pause_by
from shared.config import Settings, environment, load_settings
from shared.domain.example import Answer
from shared.errors import Error
from shared.logs import log, set_up_logs
from shared.serving.wire import answer_json, read_answer

FAMILY = "text_classifier"  # a second copy of a larger model would cost too much memory
BATCH = 16
LATE_SECONDS = 4.0  # a batch that the machine leaves no time for is computed by the model server itself, and
REST_SECONDS = 10.0  # so is whatever comes within so long after it
WAIT_SECONDS, NAP_SECONDS = 0.01, 0.0005  # a layer's longest wait for such a moment, between two looks
_LOWEST = 19  # as `nice` counts


class Aside:
    """The model server's end. Any number of threads may share it; one wish is under way at a time."""

    def __init__(self, settings: Settings, *, comes_last: bool = True) -> None:
        """Nothing runs before there is something to hold; one that does not come last runs as we do."""
        self._settings, self._comes_last = settings, comes_last
        self._wanted: list[str] = []
        self._held: frozenset[str] = frozenset()
        self._process: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None
        self._unread = b""
        self._number = 0
        self._rests_until = float("-inf")
        self._turn = threading.Lock()

    def hold(self, digests: Sequence[str]) -> None:
        """Let the process bring these versions into its memory, and no others; without any it ends.

        On a GPU there is nothing to gain by a process that comes last on the cores.
        """
        with self._turn:
            self._wanted = list(digests) if digests and computes_on_cpu(self._settings) else []
            if self._wanted:
                self._start()
            else:
                self._end()

    def answer(self, digest: str, texts: Sequence[str]) -> list[Answer] | None:
        """Answers of exactly that version, in order; None where they cannot be had soon."""
        if time.monotonic() < self._rests_until or not self._turn.acquire(timeout=LATE_SECONDS):
            return None
        try:
            if not self._is_ready(digest):
                return None
            batches = (texts[start : start + BATCH] for start in range(0, len(texts), BATCH))
            return [answer for batch in batches for answer in self._answers(digest, batch)]
        except OSError as error:  # late, or the process is gone
            log.warning("work is not done aside", why=type(error).__name__)
            self._rests_until = time.monotonic() + REST_SECONDS
            if not isinstance(error, TimeoutError):
                self._end()
            return None
        finally:
            self._turn.release()

    def close(self) -> None:
        """End the process."""
        self.hold([])

    def _start(self) -> None:
        """Tell the process what to hold; one that does not run is started."""
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._line, other = socket.socketpair()
            with other:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", __name__],
                    stdin=other.fileno(),
                    stdout=other.fileno(),
                    env=environment(self._settings),
                    start_new_session=True,  # the kernel shares the cores among sessions first
                )
            if self._comes_last:
                _come_last(self._process.pid)
        with suppress(OSError):
            self._say({"hold": self._wanted})

    def _end(self) -> None:
        if self._process is not None and self._line is not None:
            self._line.close()
            self._process.kill()
            self._process.wait()
        self._process, self._line, self._held, self._unread = None, None, frozenset(), b""

    def _is_ready(self, digest: str) -> bool:
        """Whether the process said that it holds the version; where it has ended it is started again."""
        if self._process is None and self._wanted:
            self._start()
        with suppress(TimeoutError):
            while self._line is not None and digest in self._wanted and digest not in self._held:
                self._hear(0.001)
        return digest in self._held and digest in self._wanted

    def _answers(self, digest: str, texts: Sequence[str]) -> list[Answer]:
        self._number += 1
        self._say({"number": self._number, "digest": digest, "texts": list(texts)})
        ends = time.monotonic() + LATE_SECONDS
        while True:
            told = self._hear(max(ends - time.monotonic(), 0.001))
            if told.get("number") == self._number:  # not to one that nobody waits for any more
                return [read_answer(one) for one in told["answers"]]

    def _say(self, wish: dict[str, Any]) -> None:
        assert self._line is not None
        self._line.settimeout(LATE_SECONDS)
        try:
            self._line.sendall(json.dumps(wish).encode() + b"\n")
        except TimeoutError:
            raise BrokenPipeError from None  # half a line is said: only a fresh process can be spoken to

    def _hear(self, seconds: float) -> dict[str, Any]:
        """The next line.

        Raises:
            TimeoutError: it does not come in time.
            OSError: the process is gone.
        """
        assert self._line is not None
        self._line.settimeout(seconds)
        while b"\n" not in self._unread:
            part = self._line.recv(1 << 20)
            if not part:
                raise BrokenPipeError
            self._unread += part
        line, _, self._unread = self._unread.partition(b"\n")
        told: dict[str, Any] = json.loads(line)
        self._held = frozenset(told.get("held", self._held))
        return told


def serve(origin: Origin, source: IO[bytes], sink: IO[bytes]) -> None:
    """Do what every line asks, until there are no more."""
    held: dict[str, Scorer] = {}
    for line in source:
        wish = json.loads(line)
        if "hold" in wish:
            held = _brought(origin, wish["hold"], held)
            told: dict[str, Any] = {"held": list(held)}
        else:
            answers = held[wish["digest"]].answer(wish["texts"])
            told = {"number": wish["number"], "answers": [answer_json(one) for one in answers]}
        sink.write(json.dumps(told).encode() + b"\n")
        sink.flush()


def _brought(origin: Origin, digests: Sequence[str], held: dict[str, Scorer]) -> dict[str, Scorer]:
    """Every one of these versions that can be held here."""
    found = {}
    for digest in digests:
        try:
            if digest in held or origin.family(digest) == FAMILY:
                found[digest] = held.get(digest) or origin.bring(digest)
        except Error as error:
            log.warning("a version is not held aside", digest=digest, why=error.code)
    return found


def _come_last(process: int) -> None:
    """Let it run where no other process wants a core, and no other session of this machine."""
    with suppress(OSError):  # it has ended, or the kernel has no groups by session
        os.sched_setscheduler(process, os.SCHED_IDLE, os.sched_param(0))
        Path(f"/proc/{process}/autogroup").write_text(str(_LOWEST))


def wait_for_a_pause(loadavg: int, most: int) -> None:
    """Return once no more than `most` threads of this machine run, ours among them, or after a moment.

    Args:
        loadavg: the open `/proc/loadavg`; "0.52 0.58 0.59 2/467 1234" says that two run.
        most: how many may.
    """
    ends = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < ends:
        running = os.pread(loadavg, 100, 0).split()[3].partition(b"/")[0]
        if int(running) <= most:
            return
        time.sleep(NAP_SECONDS)


def main() -> None:
    """Serve until the model server has gone."""
    settings = load_settings()
    set_up_logs("model-server-aside", level=settings.log_level)
    loadavg = os.open("/proc/loadavg", os.O_RDONLY)
    pause_by(partial(wait_for_a_pause, loadavg, max((os.cpu_count() or 1) // 2, 1)))
    with suppress(BrokenPipeError):
        serve(Origin.of(settings), sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
