"""One fold learnt twice from the same rows with the same seed: by transformers.Trainer and by ours."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from shared.backends import backend_for
from shared.backends.base import FitRequest, Fitted, Step
from shared.config import load_settings
from shared.domain.example import Example

HEAD_ALONE: Mapping[str, object] = {"rung": "head"}
LORA: Mapping[str, object] = {"rung": "lora", "epochs": 1, "held_back_share": 0}


@dataclass(frozen=True)
class Lap:
    """One training: CPU seconds of it, and of each tested row whether it was answered rightly."""

    cpu_seconds: float
    right: Sequence[bool]
    figures: Mapping[str, float]

    @property
    def accuracy(self) -> float:
        """Share of the tested rows."""
        return sum(self.right) / len(self.right)


def plain(train: Sequence[Example], test: Sequence[Example], *, seed: int, epochs: int | None = None) -> Lap:
    """The usual way, in a process of its own; with its usual number of passes where none is named."""
    wish = {
        "train": [(row.text, row.label) for row in train],
        "test": [(row.text, row.label) for row in test],
        "labels": sorted({row.label for row in train}),
        "seed": seed,
    } | ({} if epochs is None else {"epochs": epochs})
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(wish, file)
        file.flush()
        command = [sys.executable, "-m", "bench.classifier.plain", file.name]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    answer = json.loads(said.splitlines()[-1])
    right = [given == row.label for given, row in zip(answer["answers"], test, strict=True)]
    return Lap(answer["cpu_seconds"], right, {"peak_bytes": answer["peak_bytes"]})


def ours(
    train: Sequence[Example], test: Sequence[Example], *, seed: int, recipe: Mapping[str, object]
) -> Lap:
    """Our way, with the defaults or a recipe; loading the base once is left out, as importing torch is."""
    backend = backend_for("text_classifier", load_settings())
    started = time.process_time()
    fitted = fit(train, seed=seed, recipe=recipe)
    seconds = time.process_time() - started
    answers = backend.load(fitted.files, "minilm").answer([row.text for row in test])
    right = [one.label == row.label for one, row in zip(answers, test, strict=True)]
    return Lap(seconds, right, fitted.figures)


def fit(
    train: Sequence[Example],
    *,
    seed: int,
    recipe: Mapping[str, object],
    steps: list[tuple[float, Step]] | None = None,
) -> Fitted:
    """One training; each step goes into `steps` with the time that it was told at."""
    told = steps if steps is not None else []
    labels = sorted({row.label for row in train})
    with tempfile.TemporaryDirectory() as folder:
        request = FitRequest(train, labels, "minilm", recipe, seed, Path(folder))
        backend = backend_for("text_classifier", load_settings())
        return backend.fit(request, lambda step: told.append((time.perf_counter(), step)))


def costs_of_steps(train: Sequence[Example]) -> tuple[float, float]:
    """Seconds from the wish to the first step on a warm process; what share of the steps checkpoints take."""
    steps: list[tuple[float, Step]] = []
    began = time.perf_counter()
    fit(train, seed=0, recipe=LORA, steps=steps)
    each = [
        (at - before, step.checkpointed) for (before, _), (at, step) in zip(steps, steps[1:], strict=False)
    ]
    saved, usual = (median(s for s, is_saved in each if is_saved == wanted) for wanted in (True, False))
    every = len(each) / sum(is_saved for _, is_saved in each)
    return steps[0][0] - began, max(saved - usual, 0.0) / (every * usual)


def difference(
    ours_laps: Sequence[Lap], plain_laps: Sequence[Lap], tests: Sequence[Sequence[Example]]
) -> tuple[float, float]:
    """Mean gain in accuracy over the same rows and half its 95 % interval; rows of one person go together."""
    of_person: dict[object, list[int]] = {}
    for mine, other, test in zip(ours_laps, plain_laps, tests, strict=True):
        for row, one, two in zip(test, mine.right, other.right, strict=True):
            of_person.setdefault(row.person_id, []).append(int(one) - int(two))
    n = sum(map(len, of_person.values()))
    gain = sum(map(sum, of_person.values())) / n
    error = sum((sum(part) - gain * len(part)) ** 2 for part in of_person.values()) ** 0.5 / n
    return gain, 1.96 * error
