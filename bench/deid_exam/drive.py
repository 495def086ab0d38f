"""Runs a de-identifier as a process of its own and asks it note by note."""

import json
import os
import shlex
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

Note = dict[str, Any]
_QUIET = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
    "PYTHONWARNINGS": "ignore",
}
_WARM_UP = {"id": "warm-up", "text": "BP 120/80. Continue metoprolol 25 mg.", "known": {}}


class DiedError(RuntimeError):
    """The de-identifier ended in the middle; its last words are the message."""


@dataclass
class Speed:
    """What answering cost: processor time of the process, so that neighbours on the machine do not count."""

    start_seconds: float = 0.0
    cpu_seconds: float = 0.0
    notes: int = 0
    peak_mb: float = 0.0
    slowest_ms: float = 0.0
    slowest_id: str = ""
    per_length: list[tuple[int, float]] = field(default_factory=list)  # signs, milliseconds

    @property
    def notes_per_core_second(self) -> float:
        """Notes answered in a second of one core."""
        return self.notes / self.cpu_seconds if self.cpu_seconds else float("nan")


class Product:
    """A running de-identifier; leaving the block ends it."""

    def __init__(self, command: str) -> None:
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        began = time.perf_counter()
        self._process = subprocess.Popen(
            shlex.split(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            env={**os.environ, **_QUIET},
            start_new_session=True,
        )
        self.speed = Speed()
        self._exchange(_WARM_UP)
        self.speed.start_seconds = time.perf_counter() - began

    def __enter__(self) -> Self:
        """The running product."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close its input, which ends it, or end it."""
        assert self._process.stdin is not None and self._process.stdout is not None
        with suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._stderr.close()

    def ask(self, record: Note, *, known: bool) -> Note:
        """The answer to one note, with the patient's row or without.

        Raises:
            DiedError: the process ended.
        """
        question = {"id": record["id"], "text": record["text"]}
        if known:
            question["known"] = record.get("known") or {}
        began = self._cpu()
        answer = self._exchange(question)
        self._count(record, 1000 * (self._cpu() - began))
        return answer

    def _count(self, record: Note, cost_ms: float) -> None:
        speed = self.speed
        speed.notes += 1
        speed.cpu_seconds += cost_ms / 1000
        speed.per_length.append((len(record["text"]), cost_ms))
        if cost_ms > speed.slowest_ms:
            speed.slowest_ms, speed.slowest_id = cost_ms, record["id"]

    def _exchange(self, question: Note) -> Note:
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(question).encode() + b"\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = b""
        if not line:
            self._stderr.seek(0)
            raise DiedError(self._stderr.read().decode(errors="replace")[-600:])
        answer: Note = json.loads(line)
        return answer

    def _cpu(self) -> float:
        """Seconds the process has been on a core, all threads together."""
        total = 0
        for thread in Path(f"/proc/{self._process.pid}/task").iterdir():
            with suppress(OSError):
                total += int((thread / "schedstat").read_text().split()[0])
        return total / 1e9

    def peak_mb(self) -> float:
        """The most memory the process has held."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024


def answers(command: str, records: list[Note], *, known: bool) -> tuple[dict[str, Note], Speed]:
    """Every record's answer, and what they cost; the slowest is asked again, alone it may be faster."""
    with Product(command) as product:
        found = {record["id"]: product.ask(record, known=known) for record in records}
        speed = replace(product.speed, peak_mb=product.peak_mb())
        slowest = next(record for record in records if record["id"] == speed.slowest_id)
        for _ in range(2):
            product.ask(slowest, known=known)
        speed.slowest_ms = min(speed.slowest_ms, *(cost for _, cost in product.speed.per_length[-2:]))
        return found, speed
