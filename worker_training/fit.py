"""The trainer: one job in a process of its own, so that its memory, its faults and its GPU end with it.

`python -m worker_training.fit FOLDER SECONDS [RANK]`. Steps go to standard output as JSON lines; a byte on
standard input now and then says that the worker lives, and SECONDS of silence that it does not. Where several
processes train the job, RANK is this one's number, and only 0 speaks.
"""

import ctypes
import json
import math
import os
import select
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from shared.backends import backend_for
from shared.backends.base import Backend, Step
from shared.backends.kernels import kernels
from shared.config import load_settings
from shared.domain.recipe import parse_recipe, shared_by
from shared.errors import Error, TransientError
from worker_training import crew
from worker_training import folder as exchange
from worker_training.folder import Failure

FINISHED, FAILED, STOPPED, ORPHANED = 0, 1, 75, 76
_PR_SET_PDEATHSIG = 1
_OUT_OF_MEMORY = ("OutOfMemoryError", "MemoryError")


class StopAskedError(Exception):
    """The worker asked for a stop; the training leaves its checkpoint and goes."""


class Reporter:
    """Sends each step to the worker, and stops the training at the next one once SIGTERM came."""

    def __init__(self, wire: TextIO) -> None:
        self._wire = wire
        self._asked = False
        signal.signal(signal.SIGTERM, self._ask)

    def __call__(self, step: Step) -> None:
        """Report one step."""
        figures = {name: value for name, value in step.values.items() if math.isfinite(value)}
        self._wire.write(json.dumps(asdict(step) | {"values": figures}) + "\n")
        self._wire.flush()
        if self._asked:
            raise StopAskedError

    def _ask(self, *_: object) -> None:
        self._asked = True


def run(folder: Path, wire: TextIO, choose: Callable[[str], Backend] = backend_for) -> int:
    """Train what the folder asks for and leave the result there; the exit status."""
    report = Reporter(wire)
    try:
        family, request = exchange.read_request(folder)
        fitted = choose(family).fit(request, report)
        exchange.write_kernels(folder, kernels())
        exchange.write_result(folder, fitted)
    except StopAskedError:
        return STOPPED
    except Exception as error:  # noqa: BLE001 - whatever it is, the worker is told its kind
        exchange.write_failure(folder, explain(error))
        return FAILED
    return FINISHED


def explain(error: Exception) -> Failure:
    """The failure in words. A foreign error may quote a text, so only its kind and place are told."""
    if isinstance(error, Error):
        return Failure(error.code, str(error), again=isinstance(error, TransientError), fix=error.fix)
    kind = type(error).__name__
    if kind in _OUT_OF_MEMORY or "DefaultCPUAllocator" in str(error):
        return Failure(
            "out_of_memory",
            "the training needed more memory than there is",
            fix="use a smaller batch_size, shorter inputs or a machine with more memory",
        )
    last = traceback.extract_tb(error.__traceback__)[-1]
    return Failure(
        "internal", f"the trainer ended with {kind} in {Path(last.filename).name} line {last.lineno}"
    )


def help_out(folder: Path, choose: Callable[[str], Backend] = backend_for) -> int:
    """Compute this process's parts of the batches; what comes of it is the first one's to tell."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the first one stops, and this one ends with it
    family, request = exchange.read_request(folder)
    choose(family).fit(request, lambda _step: None)
    return FINISHED


def end_with_parent() -> None:
    """Let the kernel end this process when the one that started it is gone."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def end_with_worker(silence_seconds: float) -> None:
    """See to it that this process does not outlive its worker, killed or frozen."""
    with suppress(OSError):  # where memory runs out, the kernel ends the trainer and not its worker
        Path("/proc/self/oom_score_adj").write_text("1000")
    end_with_parent()
    threading.Thread(target=_listen, args=(silence_seconds,), daemon=True).start()


def _listen(silence_seconds: float) -> None:
    while select.select([0], [], [], silence_seconds)[0] and os.read(0, 64):
        pass
    os._exit(ORPHANED)  # a frozen worker's lease is another's by now: write no further checkpoint


def main(argv: list[str], choose: Callable[[str], Backend] = backend_for) -> int:
    """Train one job folder; the exit status says how it ended."""
    folder, rank = Path(argv[0]), argv[2:]
    if rank not in ([], ["0"]):
        end_with_parent()
        return help_out(folder, choose)
    if not rank and (size := _helpful(folder)) > 1:
        crew.assemble(size, load_settings())
    end_with_worker(float(argv[1]))
    wire = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints is no step
    return run(folder, wire, choose)


def _helpful(folder: Path) -> int:
    """How many processes the job is for; what is wrong with it is found, and told, by the training."""
    with suppress(Error):
        family, request = exchange.read_request(folder)
        return shared_by(parse_recipe(family, request.recipe), load_settings().train_processes)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
