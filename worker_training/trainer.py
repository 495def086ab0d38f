"""The worker's hold on a trainer: its process group, its steps, its end."""

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

from shared.registry.attempts import StepDone
from worker_training import fit

LOG = "trainer.log"


class Ending(StrEnum):
    """How a trainer ended."""

    FINISHED = "finished"
    FAILED = "failed"  # and left the reason in the folder
    STOPPED = "stopped"  # as it was asked to, with a checkpoint
    DIED = "died"  # killed, crashed or out of breath


ENDINGS = {fit.FINISHED: Ending.FINISHED, fit.FAILED: Ending.FAILED, fit.STOPPED: Ending.STOPPED}


class Trainer:
    """One running trainer. Leaving the block kills whatever of its group still runs."""

    def __init__(
        self, command: Sequence[str], folder: Path, *, silence_seconds: float, environment: Mapping[str, str]
    ) -> None:
        self._log = (folder / LOG).open("wb")  # may quote texts, so it goes with the folder
        self._process = subprocess.Popen(
            [*command, str(folder), str(silence_seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=environment,
            start_new_session=True,
        )
        self._breath = threading.Lock()

    def __enter__(self) -> "Trainer":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._process.wait()
        with self._breath:
            for pipe in (self._process.stdin, self._process.stdout, self._log):
                if pipe is not None:
                    pipe.close()

    def steps(self) -> Iterator[StepDone]:
        """Its steps as they come, until its output ends."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            yield StepDone(**json.loads(line))

    def ending(self) -> Ending:
        """Wait for its end and say which it was."""
        return ENDINGS.get(self._process.wait(), Ending.DIED)

    @property
    def pid(self) -> int:
        """Its process id, which is its group's too."""
        return self._process.pid

    @property
    def status(self) -> int:
        """Its exit status, negative for a signal."""
        return self._process.wait()

    def breathe(self) -> None:
        """Tell it that the worker lives; called from another thread than the rest."""
        pipe = self._process.stdin
        assert pipe is not None
        with self._breath:
            if not pipe.closed:
                with suppress(BrokenPipeError):
                    os.write(pipe.fileno(), b".")

    def ask_to_stop(self) -> None:
        """Let it write a checkpoint and end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it and all it started, now."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self._process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
