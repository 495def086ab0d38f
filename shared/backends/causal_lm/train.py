"""The learning itself: a linear head first, LoRA and head together, then their proof on persons held back."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from shared.backends import calibration, lessons
from shared.backends.causal_lm.adapter import make_adapter
from shared.backends.causal_lm.learner import Frozen, Learner, Task, plain_features, scores
from shared.backends.causal_lm.llama import plain
from shared.backends.causal_lm.reading import FIRST, HEAD, OPINIONS, weighed
from shared.backends.lessons import Report
from shared.backends.lora import Weights
from shared.backends.text_classifier.head import fit_head

LORA, HEAD_ALONE = "lora", "head"
# Of each rung what its opinions usually count, and how far others lie: measured on training folds. An LM that
# learnt from a few hundred cases is far surer than it is right.
USUAL_WEIGHTS = {
    LORA: {"written": (0.0, 0.1), "head": (0.5, 0.3), "usual": (0.3, 0.6)},
    HEAD_ALONE: {"written": (0.1, 0.2), "head": (0.8, 0.4), "usual": (0.3, 0.6)},
}


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
    """What the persons held back say: the rung of the ladder that answers, and what each opinion counts."""

    rung: str
    weights: dict[str, float]
    figures: dict[str, float]


def prove(learner: Learner) -> Proof:
    """Compare the model on the persons held back with its first head and with the untrained base.

    Each rung is asked with the weights that suit it; the first head, on the base as it is, is taken where it
    gets more of them right. What the untrained base says is one of its opinions, so where nothing else is
    worth much the answer is the base's.
    """
    task, rows = learner.task, learner.task.material.held_back
    targets = torch.tensor([task.material.targets[row] for row in rows], dtype=torch.long)
    asked = {
        HEAD_ALONE: scores(task, learner.frozen, rows, linear=plain(task.base), head=learner.first).cpu(),
        LORA: scores(task, learner.frozen, rows, linear=learner.linear, head=learner.head).cpu(),
    }
    weights = {rung: _weights(task, both, targets, rung=rung) for rung, both in asked.items()}
    usual = torch.tensor(task.material.usual, dtype=torch.double)
    right = {rung: _right(weighed(both, usual, weights[rung]), targets) for rung, both in asked.items()}
    untrained = _right(asked[HEAD_ALONE][0], targets)
    rung = HEAD_ALONE if right[HEAD_ALONE] > right[LORA] else LORA
    counts = {
        "held_back": right[rung],
        "untrained": untrained,
        "usual": _right(usual.expand(len(rows), -1), targets),
    }
    figures = {f"{name}_accuracy": count / len(rows) for name, count in (right | counts).items() if rows}
    told = {f"weight_{name}": weight for name, weight in weights[rung].items()}
    return Proof(rung, weights[rung], figures | told | {"held_back": float(len(rows))})


def _weights(task: Task, both: Tensor, targets: Tensor, *, rung: str) -> dict[str, float]:
    """How much each opinion counts, to the persons held back."""
    known = task.material
    usual = torch.tensor(known.usual, dtype=torch.double).expand(1, *both.shape[1:])
    counts = torch.tensor([known.weights[row] for row in known.held_back])
    opinions = torch.cat([both.double(), usual])
    found = calibration.fit_weights(
        opinions, targets, counts, usual=[USUAL_WEIGHTS[rung][name] for name in OPINIONS]
    )
    return dict(zip(OPINIONS, found, strict=True))


def _right(answers: Tensor, targets: Tensor) -> int:
    return int((answers.argmax(1) == targets).sum())
