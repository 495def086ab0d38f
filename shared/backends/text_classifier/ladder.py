"""The ladder: LoRA is taken only where it answers persons held back better than the head alone."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from shared.backends.base import Progress
from shared.backends.calibration import USUAL_TEMPERATURE, fit_temperature
from shared.backends.text_classifier import train
from shared.backends.text_classifier.adapter import Weights
from shared.backends.text_classifier.head import fit_head
from shared.backends.text_classifier.learner import Frozen, Learner, Task, freeze
from shared.backends.text_classifier.train import Meter

HEAD, LORA = "head", "lora"
HEAD_TEMPERATURE = 1.2  # usual for a head that was fitted without smoothed labels


@dataclass(frozen=True)
class Climb:
    """Which rung was taken, and of the persons held back how many cases each tried rung got right."""

    rung: str
    held_back: int
    right: Mapping[str, int]
    temperature: float

    def facts(self) -> dict[str, object]:
        """As the version keeps it."""
        return {"rung": self.rung, "held_back": self.held_back, "right": dict(self.right)}

    def figures(self) -> dict[str, float]:
        """As the job keeps it."""
        each = {f"{rung}_accuracy": right / self.held_back for rung, right in self.right.items()}
        mine = {"held_back_accuracy": each[f"{self.rung}_accuracy"]} if each else {}
        taken = {"lora_taken": float(self.rung == LORA), "temperature": self.temperature}
        return {"held_back": float(self.held_back)} | each | mine | taken


def climb(task: Task, progress: Progress) -> tuple[Learner, Climb, dict[str, float]]:
    """Let a twin of the model try the rungs, and train the model on everybody by the one that is taken.

    Both share the cached activations. The twin also gives the temperature.
    """
    everybody = range(len(task.material.rows))
    apart = set(task.material.held_back)
    twin = replace(task, name="twin", learnt=[row for row in everybody if row not in apart] if apart else ())
    model = replace(task, learnt=everybody, steps_before=twin.steps if _tries_lora(task) else 0)
    frozen, meter = freeze(task), Meter(progress, [twin, model])
    found = _try(twin, frozen, meter) if apart else _unmeasured(task)
    head = _head(model, frozen)
    if found.rung == LORA:
        learner = train.learn(model, frozen, meter.of(model), head=head)
    else:
        learner = train.untaught(model, frozen, head=head)
        meter.end(model.steps_before)
    return learner, found, meter.rates()


def _try(twin: Task, frozen: Frozen, meter: Meter) -> Climb:
    """What each rung makes of the persons held back; of equal ones the lower is taken."""
    head = _head(twin, frozen)
    rows = list(twin.material.held_back)
    tried = {HEAD: functional.linear(frozen.plain[rows], head["weight"], head["bias"])}
    if _tries_lora(twin):
        tried[LORA] = _answers(train.learn(twin, frozen, meter.of(twin), head=head))
    targets = torch.tensor([twin.material.targets[row] for row in rows], device=twin.device)
    weights = torch.tensor([twin.material.weights[row] for row in rows], device=twin.device)
    right = {rung: int((logits.argmax(1) == targets).sum()) for rung, logits in tried.items()}
    rung = chosen(right, wanted=twin.recipe.rung)
    temperature = fit_temperature(tried[rung], targets, weights, usual=_usual(rung))
    return Climb(rung, len(rows), right, temperature)


def chosen(right: Mapping[str, int], *, wanted: str) -> str:
    """The rung that is wanted, else LoRA where it got more cases right: what costs more must show for it."""
    if wanted in right:
        return wanted
    return LORA if right.get(LORA, -1) > right[HEAD] else HEAD


def _unmeasured(task: Task) -> Climb:
    """Nobody is held back, so nothing shows that LoRA is better."""
    rung = LORA if task.recipe.rung == LORA and _tries_lora(task) else HEAD
    return Climb(rung, 0, {}, _usual(rung))


def _tries_lora(task: Task) -> bool:
    return task.recipe.rung != HEAD and task.recipe.epochs > 0


def _usual(rung: str) -> float:
    return USUAL_TEMPERATURE if rung == LORA else HEAD_TEMPERATURE


def _head(task: Task, frozen: Frozen) -> Weights:
    rows = list(task.learnt)
    targets = torch.tensor([task.material.targets[row] for row in rows], device=task.device)
    weights = torch.tensor([task.material.weights[row] for row in rows], device=task.device)
    return fit_head(frozen.plain[rows], targets, weights, penalty=task.recipe.head_penalty)


def _answers(twin: Learner) -> Tensor:
    """Scores of the persons held back, each text alone, shape (held back, labels)."""
    with torch.no_grad():
        return torch.cat([twin.logits([row]) for row in twin.task.material.held_back])
