"""A model family that learns by counting, for tests of the protocol around a training.

It keeps a checkpoint at every step, and takes a step only when the test's gate file allows it.
`python -m tests.integration.training.counting FOLDER SILENCE` trains with it.
"""

import hashlib
import json
import os
import signal
import sys
import time
from pathlib import Path

from shared.backends.base import FitRequest, Fitted, Progress, Step
from shared.errors import InvalidInputError
from worker_training import fit

COMMAND = (sys.executable, "-m", "tests.integration.training.counting")
SECRET_TEXT = "the patient is Mrs Miller"  # noqa: S105


class Counting:
    family = "counting"

    def fit(self, request: FitRequest, progress: Progress) -> Fitted:
        recipe = {"steps": 3} | dict(request.recipe)
        saved = request.checkpoints / "count"
        begun = int(saved.read_text()) if saved.exists() else 0
        if "pid_file" in recipe:
            Path(recipe["pid_file"]).write_text(str(os.getpid()))
        for step in range(begun + 1, recipe["steps"] + 1):
            _wait_at(recipe.get("gate"), step)
            if recipe.get("trouble"):
                TROUBLES[recipe["trouble"]]()
            if step == recipe.get("diverges_at"):
                raise InvalidInputError("the loss is not a number", fix="lower learning_rate")
            if recipe.get("parts_needed", 1) > recipe.get("accumulation", 1):
                raise MemoryError
            scratch = saved.with_name("next")
            scratch.write_text(str(step))
            scratch.replace(saved)
            progress(Step(step, recipe["steps"], 1, {"loss": 1 / step, "none": float("nan")}, True))
        facts = {"labels": list(request.labels), "seed": request.seed, "count": recipe["steps"]}
        files = {"rounds.json": json.dumps(facts).encode()}
        fingerprint = hashlib.sha256(files["rounds.json"]).hexdigest()
        return Fitted(files, fingerprint, "base", {"resumed_from": begun, "samples_per_second": 1.0})


def _wait_at(gate: str | None, step: int) -> None:
    while gate is not None and int(Path(gate).read_text() or 0) < step:  # empty while it is written
        time.sleep(0.01)


def _bad_data() -> None:
    raise InvalidInputError("the examples allow no counting", fix="bring others")


def _internal() -> None:
    raise KeyError(SECRET_TEXT)


def _out_of_memory() -> None:
    raise MemoryError


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


TROUBLES = {"invalid_input": _bad_data, "internal": _internal, "out_of_memory": _out_of_memory, "die": _die}

if __name__ == "__main__":
    sys.exit(fit.main(sys.argv[1:], choose=lambda _: Counting()))
