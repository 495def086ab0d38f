"""The learning itself: a linear head first, LoRA and head together, then their proof on persons held back."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import torch
from torch import Tensor
from torch.nn import functional

from shared.backends import calibration, lessons
from shared.backends.causal_lm.adapter import make_adapter
from shared.backends.causal_lm.learner import Frozen, Learner, Task, plain_features, scores
from shared.backends.causal_lm.llama import plain
from shared.backends.causal_lm.reading import BELOW, FIRST, HEAD, OPINIONS, weighed
from shared.backends.lessons import Report
from shared.backends.lora import Weights
from shared.backends.text_classifier.head import fit_head

LORA, HEAD_ALONE = "lora", "head"
# Of each rung what its opinions usually count, and how far others lie: measured on training folds. An LM that
# learnt from a few hundred cases is far surer than it is right.
USUAL_WEIGHTS = {
    LORA: {"written": (0.0, 0.1), "head": (0.4, 0.3), "below": (0.6, 0.3), "usual": (0.3, 0.6)},
    HEAD_ALONE: {"written": (0.1, 0.2), "head": (0.6, 0.4), "below": (0.3, 0.3), "usual": (0.3, 0.6)},
}
MOVED = ("written", "head")  # the opinions that LoRA moves
SURE = log(20)  # so much likelier must the head alone make what the persons held back have


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
    return _fitted(task, rows, plain_features(task, frozen, rows), prefix=HEAD)


def fitted_below(task: Task, frozen: Frozen, rows: Sequence[int]) -> Weights:
    """The head on the frozen part alone that some rows give."""
    return _fitted(task, rows, frozen.seen[list(rows)], prefix=BELOW)


def _fitted(task: Task, rows: Sequence[int], found: Tensor, *, prefix: str) -> Weights:
    known = task.material
    targets = torch.tensor([known.targets[row] for row in rows], device=task.base.device)
    weights = torch.tensor([known.weights[row] for row in rows], device=task.base.device)
    fitted = fit_head(found, targets, weights, penalty=task.recipe.head_penalty)
    return {f"{prefix}{name}": tensor for name, tensor in fitted.items()}


@dataclass(frozen=True)
class Proof:
    """What the persons held back say: the rung of the ladder that answers, and what each opinion counts."""

    rung: str
    weights: dict[str, float]
    figures: dict[str, float]


def prove(learner: Learner) -> Proof:
    """Compare the model on the persons held back with its first head and with the untrained base.

    Each rung is asked with the weights that suit it; the first head, on the base as it is, is taken where it
    makes what they have surely likelier, and where nothing that LoRA moves counts. What the untrained base
    says is one of its opinions, so where nothing else is worth much the answer is the base's.
    """
    task, rows = learner.task, learner.task.material.held_back
    targets = torch.tensor([task.material.targets[row] for row in rows], dtype=torch.long)
    below = fitted_below(task, learner.frozen, task.learnt)
    first, last = {**learner.first, **below}, {**learner.head, **below}
    asked = {
        HEAD_ALONE: scores(task, learner.frozen, rows, linear=plain(task.base), head=first).cpu(),
        LORA: scores(task, learner.frozen, rows, linear=learner.linear, head=last).cpu(),
    }
    weights = {rung: _weights(task, said, targets, rung=rung) for rung, said in asked.items()}
    usual = torch.tensor(task.material.usual, dtype=torch.double)
    answers = {rung: weighed(said, usual, weights[rung]) for rung, said in asked.items()}
    right = {rung: _right(answer, targets) for rung, answer in answers.items()}
    untrained = _right(asked[HEAD_ALONE][0], targets)
    worse = _loss(answers[LORA], targets) - _loss(answers[HEAD_ALONE], targets) > SURE
    rung = HEAD_ALONE if worse or not any(weights[LORA][name] for name in MOVED) else LORA
    counts = {
        "held_back": right[rung],
        "untrained": untrained,
        "usual": _right(usual.expand(len(rows), -1), targets),
    }
    figures = {f"{name}_accuracy": count / len(rows) for name, count in (right | counts).items() if rows}
    told = {f"weight_{name}": weight for name, weight in weights[rung].items()}
    return Proof(rung, weights[rung], figures | told | {"held_back": float(len(rows))})


def _weights(task: Task, asked: Tensor, targets: Tensor, *, rung: str) -> dict[str, float]:
    """How much each opinion counts, to the persons held back."""
    known = task.material
    usual = torch.tensor(known.usual, dtype=torch.double).expand(1, *asked.shape[1:])
    counts = torch.tensor([known.weights[row] for row in known.held_back])
    opinions = torch.cat([asked.double(), usual])
    found = calibration.fit_weights(
        opinions, targets, counts, usual=[USUAL_WEIGHTS[rung][name] for name in OPINIONS]
    )
    return dict(zip(OPINIONS, found, strict=True))


def _loss(answers: Tensor, targets: Tensor) -> float:
    return float(functional.cross_entropy(answers, targets, reduction="sum"))


def _right(answers: Tensor, targets: Tensor) -> int:
    return int((answers.argmax(1) == targets).sum())
