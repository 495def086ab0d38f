"""The ladder: LoRA is taken only where it surely answers persons held back better than the head."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import sqrt

import torch
from torch import Tensor
from torch.nn import functional

from shared.backends.base import Progress
from shared.backends.calibration import USUAL_TEMPERATURE, fit_temperature
from shared.backends.lessons import Meter
from shared.backends.lora import Weights
from shared.backends.text_classifier import train
from shared.backends.text_classifier.head import fitted_head
from shared.backends.text_classifier.learner import Frozen, Learner, Task, freeze
from shared.backends.text_classifier.reserve import reserve_of
from shared.backends.text_classifier.tuning import tune
from shared.errors import InvalidInputError

HEAD, LORA = "head", "lora"
SURE = 1.645  # standard errors: one in twenty by luck
HEAD_TEMPERATURE = 0.9  # usual for a head, which is fitted without smoothed labels


@dataclass(frozen=True)
class Climb:
    """Which rung was taken, and of the persons held back how many cases each tried rung got right."""

    rung: str
    held_back: int
    right: Mapping[str, int]
    temperature: float
    lost: int = 0  # that the head has right and LoRA has not
    search: Mapping[str, object] | None = None

    def facts(self) -> dict[str, object]:
        """As the version keeps it."""
        searched = {"search": dict(self.search)} if self.search else {}
        return {
            "rung": self.rung,
            "held_back": self.held_back,
            "right": dict(self.right),
            "lost": self.lost,
            **searched,
        }

    def figures(self) -> dict[str, float]:
        """As the job keeps it."""
        each = {f"{rung}_accuracy": right / self.held_back for rung, right in self.right.items()}
        mine = {"held_back_accuracy": each[f"{self.rung}_accuracy"]} if each else {}
        taken = {"lora_taken": float(self.rung == LORA), "temperature": self.temperature}
        return {"held_back": float(self.held_back)} | each | mine | taken


def climb(task: Task, progress: Progress) -> tuple[Learner, Climb, dict[str, float]]:
    """Let a twin of the model try the rungs, and train the model on everybody by the one that is taken.

    Both share the cached activations. The twin also gives the temperature, and tries the hyperparameters of
    a search before.

    Raises:
        InvalidInputError: a search is asked for and nobody is held back to judge it.
    """
    everybody = range(len(task.material.rows))
    apart = set(task.material.held_back)
    twin = replace(task, name="twin", learnt=[row for row in everybody if row not in apart] if apart else ())
    if task.recipe.search_trials and not apart:
        fix = "train without search_trials, or on more persons"
        raise InvalidInputError("nobody can be held back to judge a search", field="search_trials", fix=fix)
    frozen = freeze(task)
    twin = replace(twin, reserve=reserve_of(twin if apart else replace(task, learnt=everybody), frozen))
    tuned = tune(twin, frozen, progress) if task.recipe.search_trials else None
    twin = tuned.twin if tuned else twin
    before = twin.steps_before + (twin.steps if _tries_lora(twin) else 0)
    model = replace(twin, name="model", learnt=everybody, steps_before=before)
    meter = Meter(progress, before + model.steps)
    found = _try(twin, frozen, meter) if apart else _unmeasured(task)
    head = fitted_head(model, frozen)
    if found.rung == LORA:
        learner = train.learn(model, frozen, meter.of(model), head=head)
    else:
        learner = train.untaught(model, frozen, head=head)
        meter.end(before)
    return learner, replace(found, search=tuned.facts() if tuned else None), meter.rates()


class _BehindError(Exception):
    """After a pass, LoRA answers fewer of the persons held back rightly than the head it began with."""

    def __init__(self, logits: Tensor) -> None:
        super().__init__()
        self.logits = logits


def _try(twin: Task, frozen: Frozen, meter: Meter) -> Climb:
    """What each rung makes of the persons held back; the lower one unless the higher is surely better."""
    head = fitted_head(twin, frozen)
    rows = list(twin.material.held_back)
    targets = torch.tensor([twin.material.targets[row] for row in rows], device=twin.device)
    weights = torch.tensor([twin.material.weights[row] for row in rows], device=twin.device)
    tried = {HEAD: functional.linear(frozen.plain[rows], head["weight"], head["bias"])}
    least = int((tried[HEAD].argmax(1) == targets).sum())
    if _tries_lora(twin) and can_win(least, len(rows), twin.recipe.rung):
        tried[LORA] = _taught(twin, frozen, meter, head=head, least=least)
    hits = {rung: logits.argmax(1) == targets for rung, logits in tried.items()}
    right = {rung: int(hit.sum()) for rung, hit in hits.items()}
    lost = int((hits[HEAD] & ~hits[LORA]).sum()) if LORA in hits else 0
    rung = chosen(right, lost, wanted=twin.recipe.rung)
    temperature = fit_temperature(tried[rung], targets, weights, usual=_usual(rung))
    return Climb(rung, len(rows), right, temperature, lost)


def _taught(twin: Task, frozen: Frozen, meter: Meter, *, head: Weights, least: int) -> Tensor:
    """What LoRA makes of the persons held back; its passes end once it has fewer than `least` right."""
    rows = list(twin.material.held_back)
    targets = torch.tensor([twin.material.targets[row] for row in rows], device=twin.device)

    def look(learner: Learner) -> None:
        logits = learner.alone(rows)
        if twin.recipe.rung != LORA and int((logits.argmax(1) == targets).sum()) < least:
            raise _BehindError(logits)

    try:
        return train.learn(twin, frozen, meter.of(twin), head=head, between=look).alone(rows)
    except _BehindError as behind:
        return behind.logits


def can_win(right: int, held_back: int, wanted: str) -> bool:
    """Whether LoRA is tried: it is wanted, or it would be taken if it got every case right."""
    return wanted == LORA or chosen({HEAD: right, LORA: held_back}, 0, wanted=wanted) == LORA


def chosen(right: Mapping[str, int], lost: int, *, wanted: str) -> str:
    """The rung that is wanted, else LoRA where it got more cases right than chance explains.

    A case or two more on a few dozen is luck, and LoRA that was taken by luck stands a change of the clinic
    worse than the head does.

    Args:
        right: how many cases each rung got right.
        lost: how many of them the head has right and LoRA has not.
        wanted: a rung, or "best".

    Source: McNemar's test without correction, one-sided at 5 %.
    """
    if wanted in right:
        return wanted
    gain = right.get(LORA, -1) - right[HEAD]
    return LORA if gain > 0 and gain > SURE * sqrt(gain + 2 * lost) else HEAD


def _unmeasured(task: Task) -> Climb:
    """Nobody is held back, so nothing shows that LoRA is better."""
    rung = LORA if task.recipe.rung == LORA and _tries_lora(task) else HEAD
    return Climb(rung, 0, {}, _usual(rung))


def _tries_lora(task: Task) -> bool:
    return task.recipe.rung != HEAD and task.recipe.epochs > 0


def _usual(rung: str) -> float:
    return USUAL_TEMPERATURE if rung == LORA else HEAD_TEMPERATURE
