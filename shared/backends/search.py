"""A search for hyperparameters within one training: trials share its caches, and hopeless ones end early.

The study is a fold over the trials that ended: each proposal depends on them and on the seed alone, so a
search that was killed goes on as the undisturbed one would have.
"""

import hashlib
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.errors import InvalidInputError

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.study import Study

JOURNAL = "trials.json"
SKIP = "skip-"  # with the number of a trial, a file in the folder that ends it
REDUCTION = 3  # of the trials that reach a rung, one in three goes on
STARTUP = 6  # trials drawn at random before the sampler has something to learn from


class PrunedError(Exception):
    """Others did better at this rung: end the trial."""


class SkippedError(Exception):
    """Somebody asked for the end of the trial."""


class NoTrialError(InvalidInputError):
    """No trial came to an end."""

    code = "search_failed"


@dataclass(frozen=True)
class Trial:
    """One set of hyperparameters that was tried; `objective` is better when higher, None after divergence."""

    number: int
    parameters: Mapping[str, object]
    scores: Sequence[float] = ()  # after each rung that it reached
    objective: float | None = None
    pruned_at: int | None = None  # the rung it ended at
    ended: str = ""  # "complete", "pruned", "failed" or "cancelled"


@dataclass(frozen=True)
class Budget:
    """When to stop proposing: after so many trials, or so many minutes (0: no limit)."""

    trials: int
    minutes: float = 0.0


Rung = Callable[[float], None]
Attempt = Callable[[Trial, Rung], float]
Space = Mapping[str, Mapping[str, Any]]


class Search:
    """Proposes, prunes and remembers.

    Args:
        space: of each hyperparameter, "low" and "high" with "log" or "step", or "choices".
        budget: when to stop.
        seed: of the proposals.
        folder: outlives the process; holds the journal.
        identity: of the training; a journal of another one is not read.
    """

    def __init__(self, space: Space, *, budget: Budget, seed: int, folder: Path, identity: str) -> None:
        self._space, self._budget, self._seed = space, budget, seed
        self._journal, self._identity = folder / JOURNAL, identity
        self.trials = self._read()

    def run(self, attempt: Attempt, *, first: Mapping[str, object], say: Callable[[Trial], None]) -> Trial:
        """The best trial. `first` is tried before anything is proposed, so the answer is never worse than it.

        `attempt` gives the final objective of a trial, calls its rung after each stage but the last with
        the objective so far, and may raise ArithmeticError when the training diverges. `say` hears of each
        trial that begins and ends.

        Raises:
            NoTrialError: every trial diverged.
        """
        until = time.monotonic() + self._budget.minutes * 60 if self._budget.minutes else float("inf")
        for trial in self.trials:
            say(trial)
        while len(self.trials) < self._budget.trials and (not self.trials or time.monotonic() < until):
            number = len(self.trials)
            trial = Trial(number, dict(first) if number == 0 else self._propose(number))
            say(trial)
            self.trials.append(self._try(trial, attempt))
            self._write()
            say(self.trials[-1])
        return best_of(self.trials)

    def _try(self, trial: Trial, attempt: Attempt) -> Trial:
        scores: list[float] = []

        def rung(score: float) -> None:
            scores.append(score)
            if (self._journal.parent / f"{SKIP}{trial.number}").exists():
                raise SkippedError
            if hopeless(scores, self.trials):
                raise PrunedError

        try:
            objective = attempt(trial, rung)
        except PrunedError:
            return replace(trial, scores=scores, objective=scores[-1], pruned_at=len(scores), ended="pruned")
        except SkippedError:
            return replace(trial, scores=scores, ended="cancelled")
        except ArithmeticError:
            return replace(trial, scores=scores, ended="failed")
        return replace(trial, scores=scores, objective=objective, ended="complete")

    def _propose(self, number: int) -> dict[str, object]:
        from optuna import logging
        from optuna.samplers import TPESampler
        from optuna.study import create_study

        logging.set_verbosity(logging.WARNING)
        drawn = hashlib.sha256(f"{self._seed} trial {number}".encode()).digest()
        sampler = TPESampler(seed=int.from_bytes(drawn[:4], "big"), n_startup_trials=STARTUP)
        study = create_study(sampler=sampler, direction="maximize")
        distributions = {name: _distribution(given) for name, given in sorted(self._space.items())}
        _remember(study, self.trials, distributions)
        return dict(study.ask(distributions).params)

    def _read(self) -> list[Trial]:
        try:
            said = json.loads(self._journal.read_bytes())
        except (OSError, ValueError):
            return []
        return [Trial(**row) for row in said["trials"]] if said.get("identity") == self._identity else []

    def _write(self) -> None:
        said = {"identity": self._identity, "trials": [asdict(trial) for trial in self.trials]}
        self._journal.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        half = self._journal.with_suffix(".half")
        with half.open("w") as file:
            json.dump(said, file)
            file.flush()
            os.fsync(file.fileno())
        half.replace(self._journal)


def best_of(trials: Sequence[Trial]) -> Trial:
    """The completed trial of the highest objective, the earlier of equal ones.

    Raises:
        NoTrialError: none was completed.
    """
    complete = [trial for trial in trials if trial.ended == "complete"]
    if not complete:
        raise NoTrialError("no trial came to an end", field="learning_rate", fix="lower it")
    return max(complete, key=lambda trial: (trial.objective or 0.0, -trial.number))


def hopeless(scores: Sequence[float], others: Sequence[Trial]) -> bool:
    """Whether a trial is below the best third of those that reached its rung (successive halving).

    Source: Li et al., A System for Massively Parallel Hyperparameter Tuning, MLSys 2020.
    """
    rung = len(scores)
    reached = sorted((other.scores[rung - 1] for other in others if len(other.scores) >= rung), reverse=True)
    if len(reached) < REDUCTION:
        return False
    return scores[-1] < reached[len(reached) // REDUCTION]


def _remember(
    study: "Study", trials: Sequence[Trial], distributions: Mapping[str, "BaseDistribution"]
) -> None:
    """Tell the sampler what came of each trial; one that diverged taught it nothing but where not to go."""
    from optuna.trial import TrialState, create_trial

    for trial in trials:
        params = {name: trial.parameters[name] for name in distributions if name in trial.parameters}
        known = {name: distributions[name] for name in params}
        failed = trial.objective is None
        study.add_trial(
            create_trial(
                params=params,
                distributions=known,
                value=None if failed else trial.objective,
                state=TrialState.FAIL if failed else TrialState.COMPLETE,
            )
        )


def _distribution(given: Mapping[str, Any]) -> "BaseDistribution":
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if "choices" in given:
        return CategoricalDistribution(given["choices"])
    if isinstance(given["low"], int):
        return IntDistribution(given["low"], given["high"], log=given.get("log", False))
    return FloatDistribution(given["low"], given["high"], log=given.get("log", False))
