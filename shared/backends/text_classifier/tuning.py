"""A search for better hyperparameters within one training: every trial shares the cached activations."""

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from torch.nn import functional

from shared.backends.base import Progress, Step
from shared.backends.checkpoints import NotFiniteError
from shared.backends.lessons import DivergedError, Meter
from shared.backends.search import Budget, Search, Trial
from shared.backends.text_classifier import train
from shared.backends.text_classifier.head import fitted_head
from shared.backends.text_classifier.learner import Frozen, Learner, Task
from shared.domain.recipe import TextRecipe

SPACE: Mapping[str, Mapping[str, Any]] = {
    "epochs": {"low": 1, "high": 6},
    "head_penalty": {"low": 1e-5, "high": 1e-2, "log": True},
    "label_smoothing": {"low": 0.0, "high": 0.2},
    "learning_rate": {"low": 2e-4, "high": 3e-3, "log": True},
    "lora_r": {"choices": [4, 8, 16, 32]},
}
TOLD = ("number", "parameters", "objective", "ended")
TIE = 1e-3  # of two trials with as many right, the surer one is better


@dataclass(frozen=True)
class Tuned:
    """The twin with the best hyperparameters, the trials, and how many steps those were given."""

    twin: Task
    steps: int
    trials: Sequence[Trial]
    best: Trial

    def facts(self) -> dict[str, object]:
        """As the version keeps it: the best trial and the last one."""
        best, last = ({n: asdict(trial)[n] for n in TOLD} for trial in (self.best, self.trials[-1]))
        return {"trials": len(self.trials), "best": best, "last": last}


def tune(twin: Task, frozen: Frozen, progress: Progress) -> Tuned:
    """Try hyperparameters on the twin; half of the persons held back say which are best.

    The other half has then seen no trial, and judges the ladder.

    Raises:
        NoTrialError: every trial diverged.
    """
    recipe = twin.recipe
    tuner = Tuner(twin, frozen, progress)
    search = Search(
        space_around(recipe),
        budget=Budget(recipe.search_trials, recipe.search_minutes),
        seed=twin.request.seed,
        folder=twin.request.checkpoints,
        identity=twin.identity,
    )
    first = {name: getattr(recipe, name) for name in SPACE}
    best = search.run(tuner.attempt, first=first, say=tuner.say)
    material = replace(twin.material, held_back=tuner.judges)
    steps = recipe.search_trials * tuner.allotted
    chosen = replace(adjusted(twin, best.parameters), material=material, steps_before=steps)
    return Tuned(chosen, steps, search.trials, best)


def adjusted(task: Task, parameters: Mapping[str, object]) -> Task:
    """The task with other hyperparameters; the adapter's scale stays, whatever its rank becomes."""
    recipe = task.recipe.model_copy(update=dict(parameters))
    scale = task.recipe.lora_alpha / task.recipe.lora_r
    recipe = recipe.model_copy(update={"lora_alpha": scale * recipe.lora_r})
    said = json.dumps([task.identity, recipe.model_dump()], sort_keys=True)
    return replace(task, recipe=recipe, identity=hashlib.sha256(said.encode()).hexdigest())


def space_around(recipe: TextRecipe) -> dict[str, dict[str, Any]]:
    """The space, wide enough to hold what was asked for: that is the first trial."""
    wide = {}
    for name, given in SPACE.items():
        asked = getattr(recipe, name)
        if "choices" in given:
            wide[name] = {"choices": sorted({*given["choices"], asked})}
        else:
            wide[name] = {**given, "low": min(given["low"], asked), "high": max(given["high"], asked)}
    return wide


class Tuner:
    """Runs one trial after the other.

    Attributes:
        judges: rows of the persons held back that no trial is scored on.
        allotted: steps that a trial takes at most.
    """

    def __init__(self, twin: Task, frozen: Frozen, progress: Progress) -> None:
        self._twin, self._frozen, self._progress = twin, frozen, progress
        self._scored, self.judges = halves(twin.material.held_back, twin.material.person_of)
        self.allotted = twin.steps_an_epoch * space_around(twin.recipe)["epochs"]["high"]
        self._steps = (twin.recipe.search_trials + 2) * self.allotted
        self._meter = Meter(progress, self._steps)

    def attempt(self, trial: Trial, rung: Callable[[float], None]) -> float:
        """One trial from the fitted head; its rungs are the ends of its passes but the last."""
        before = trial.number * self.allotted
        task = replace(
            adjusted(self._twin, trial.parameters), name=f"trial-{trial.number}", steps_before=before
        )
        shutil.rmtree(
            task.folder, ignore_errors=True
        )  # a trial that was killed begins anew, with all its rungs
        try:
            learner = train.learn(
                task,
                self._frozen,
                self._meter.of(task),
                head=fitted_head(task, self._frozen),
                between=lambda learner: rung(self._score(learner)),
            )
        except (DivergedError, NotFiniteError) as error:
            raise ArithmeticError(str(error)) from error
        finally:
            shutil.rmtree(task.folder, ignore_errors=True)
        return self._score(learner)

    def say(self, trial: Trial) -> None:
        """Tell of a trial that begins or ended."""
        step = (trial.number + bool(trial.ended)) * self.allotted
        self._progress(Step(step, self._steps, 0, {}, trial=asdict(trial)))

    def _score(self, learner: Learner) -> float:
        logits = learner.alone(self._scored)
        targets = torch.tensor(
            [self._twin.material.targets[row] for row in self._scored], device=logits.device
        )
        right = float((logits.argmax(1) == targets).double().mean())
        return right - TIE * float(functional.cross_entropy(logits, targets))


def halves(rows: Sequence[int], person_of: Sequence[int]) -> tuple[list[int], list[int]]:
    """The rows of every other person, and those of the rest; with one person both are all rows."""
    persons = sorted({person_of[row] for row in rows})
    first = set(persons[::2])
    parts = (
        [row for row in rows if person_of[row] in first],
        [row for row in rows if person_of[row] not in first],
    )
    return parts if all(parts) else (list(rows), list(rows))
