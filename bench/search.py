"""What a search of 20 trials costs beside one plain training, and what its pruning loses.

`python -m bench.search [TRIALS] [ROWS]` (20 trials on all rows by default, about 5 CPU minutes). Trials share
activations, as in a job. One that is pruned is run to its end all the same, and what that takes is not
counted: the best of all full runs is what a search without pruning would have found. The plain training is
run for one pass and counted six times.
"""

import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.classifier import race
from bench.classifier.rows import folder, read
from shared.backends import backend_for
from shared.backends.base import FitRequest
from shared.backends.lines import identity_of
from shared.backends.search import Budget, PrunedError, Search, Trial
from shared.backends.text_classifier.base_model import load_base
from shared.backends.text_classifier.learner import Task, freeze
from shared.backends.text_classifier.material import prepare
from shared.backends.text_classifier.tuning import SPACE, Tuner
from shared.config import load_settings
from shared.domain.example import Example
from shared.domain.recipe import TextRecipe

HERE = Path(__file__).parent
TRIALS, PLAIN_EPOCHS = 20, 6


def main(arguments: list[str]) -> int:
    """Measure, print and write; without the data nothing is measured."""
    place = folder()
    if not place.is_dir():
        print(f"no data at {place}")
        return 0
    trials = int(arguments[0]) if arguments else TRIALS
    rows = read(place / "train.jsonl")[: int(arguments[1]) if arguments[1:] else None]
    backend_for("text_classifier", load_settings())
    plain = race.plain(rows, rows[:1], seed=0, epochs=1).cpu_seconds * PLAIN_EPOCHS
    with tempfile.TemporaryDirectory() as checkpoints:
        write(plain, *search(rows, trials, Path(checkpoints)))
    return 0


def search(rows: Sequence[Example], trials: int, checkpoints: Path) -> tuple[float, float, float, float]:
    """CPU seconds, the best score, the best score of full runs and the standard error of one."""
    recipe = TextRecipe(search_trials=trials)
    labels = sorted({row.label for row in rows})
    request = FitRequest(rows, labels, "minilm", recipe.model_dump(), 0, checkpoints)
    base = load_base("minilm", None, "cpu")
    started = time.process_time()
    material = prepare(request, recipe, base.tokenizer)
    apart = set(material.held_back)
    rest = [row for row in range(len(material.rows)) if row not in apart]
    identity = identity_of("text_classifier", request, recipe, base_digest=base.digest)
    twin = Task(base, request, recipe, material, "cpu", identity, learnt=rest, name="twin")
    tuner = Tuner(twin, freeze(twin), lambda _step: None)
    full = FullRuns(tuner)
    found = Search(SPACE, budget=Budget(trials), seed=0, folder=checkpoints, identity=identity)
    best = found.run(full.attempt, first={name: getattr(recipe, name) for name in SPACE}, say=_say)
    seconds = time.process_time() - started - full.spared
    top, scored = max(full.scores), len(apart) - len(tuner.judges) or len(apart)
    return seconds, best.objective or 0.0, top, (max(top * (1 - top), 1 / scored) / scored) ** 0.5


class FullRuns:
    """Runs every trial to its end, and tells the search of a pruned one only then.

    Attributes:
        scores: of the full runs.
        spared: CPU seconds after the points where trials were pruned.
    """

    def __init__(self, tuner: Tuner) -> None:
        self._tuner = tuner
        self.scores: list[float] = []
        self.spared = 0.0

    def attempt(self, trial: Trial, rung: Callable[[float], None]) -> float:
        """As the tuner's."""
        pruned: list[tuple[PrunedError, float]] = []

        def look(score: float) -> None:
            if pruned:
                return
            try:
                rung(score)
            except PrunedError as error:
                pruned.append((error, time.process_time()))

        self.scores.append(self._tuner.attempt(trial, look))
        if pruned:
            error, since = pruned[0]
            self.spared += time.process_time() - since
            raise error
        return self.scores[-1]


def write(plain: float, seconds: float, best: float, *of_full_runs: float) -> None:
    """The figures with their goals, as `bench/run.py` reads them."""
    top, error = of_full_runs
    figures = [
        ("search beside one plain training, CPU", seconds / plain, "times", 3.0, seconds <= 3 * plain),
        ("its best score", best, "share", round(top - error, 3), best >= top - error),
        ("best score of full runs", top, "share", 0.0, True),
    ]
    keys = ("key", "value", "unit", "goal", "met")
    result = {
        "name": "search",
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "figures": [dict(zip(keys, figure, strict=True)) for figure in figures],
    }
    place = HERE / "results"
    place.mkdir(exist_ok=True)
    (place / "search.json").write_text(json.dumps(result, indent=1) + "\n")
    for key, value, unit, goal, met in figures:
        print(f"{key:<44} {value:>8.3f} {unit:<8} {goal:>6}  {'yes' if met else 'NO'}")


def _say(trial: Trial) -> None:
    if trial.ended:
        score = "none" if trial.objective is None else f"{trial.objective:.3f}"
        print(f"trial {trial.number}: {trial.ended}, score {score}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
