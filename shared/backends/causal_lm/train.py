"""The learning itself: a linear head first, LoRA and head together, then their proof on persons held back."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from shared.backends import calibration, lessons
from shared.backends.causal_lm.adapter import Weights, make_adapter
from shared.backends.causal_lm.learner import Frozen, Learner, Task, plain_features, scores
from shared.backends.causal_lm.llama import plain
from shared.backends.causal_lm.reading import FIRST, HEAD
from shared.backends.lessons import Report
from shared.backends.text_classifier.head import fit_head
from shared.errors import InvalidInputError

LORA, HEAD_ALONE = "lora", "head"
USUAL_TEMPERATURES = {LORA: 2.0, HEAD_ALONE: 1.2}  # two experts that mostly agree count each case twice


class NoGainError(InvalidInputError):
    """The trained model gets fewer of the held-back cases right than the untrained one."""

    code = "no_gain"

    def __init__(self, *, before: int, after: int, cases: int) -> None:
        super().__init__(
            f"of {cases} cases held back the trained model gets {after} right, the untrained {before}",
            field="learning_rate",
            fix="lower learning_rate, or bring more cases",
        )


def learn(task: Task, frozen: Frozen, report: Report) -> Learner:
    """Train to the end, from the newest whole checkpoint or from the start; see `lessons.learn`."""

    def make(weights: Weights | None) -> Learner:
        if weights is not None:
            return Learner(task, frozen, weights)
        adapter = make_adapter(task.base, task.layers, rank=task.recipe.lora_r, seed=task.request.seed)
        head = fitted_head(task, frozen, task.learnt)
        first = {FIRST + name.removeprefix(HEAD): tensor for name, tensor in head.items()}
        return Learner(task, frozen, adapter | head | first)

    return lessons.learn(task, report, make)


def fitted_head(task: Task, frozen: Frozen, rows: Sequence[int]) -> Weights:
    """The head that some rows give, on the base without an adapter."""
    known = task.material
    targets = torch.tensor([known.targets[row] for row in rows], device=task.base.device)
    weights = torch.tensor([known.weights[row] for row in rows], device=task.base.device)
    found = plain_features(task, frozen, rows)
    fitted = fit_head(found, targets, weights, penalty=task.recipe.head_penalty)
    return {f"{HEAD}{name}": tensor for name, tensor in fitted.items()}


@dataclass(frozen=True)
class Proof:
    """What the persons held back say: which rung of the ladder answers, and at which temperature."""

    rung: str
    temperature: float
    figures: dict[str, float]


def prove(learner: Learner) -> Proof:
    """Compare the model on the persons held back with its first head and with the untrained base.

    The first head alone is taken where it gets more of them right.

    Raises:
        NoGainError: neither does as well as the untrained base.
    """
    task, rows = learner.task, learner.task.material.held_back
    known, device = task.material, task.base.device
    targets = torch.tensor([known.targets[row] for row in rows], dtype=torch.long, device=device)
    weights = torch.tensor([known.weights[row] for row in rows], device=device)
    both = scores(task, learner.frozen, rows, linear=learner.linear, head=learner.head).sum(0)
    bare, first = scores(task, learner.frozen, rows, linear=plain(task.base), head=learner.first)
    before, alone, together = (int((found.argmax(1) == targets).sum()) for found in (bare, first, both))
    if max(alone, together) < before:
        raise NoGainError(before=before, after=max(alone, together), cases=len(rows))
    rung, logits = (HEAD_ALONE, first) if alone > together else (LORA, both)
    figures = {"held_back": float(len(rows))}
    if rows:
        right = {"held_back": max(alone, together), "head": alone, "lora": together, "untrained": before}
        figures |= {f"{name}_accuracy": count / len(rows) for name, count in right.items()}
    usual = USUAL_TEMPERATURES[rung]
    return Proof(rung, calibration.fit_temperature(logits, targets, weights, usual=usual), figures)
