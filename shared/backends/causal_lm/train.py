"""The learning itself: a linear head first, LoRA and head together, then their proof on persons held back."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from shared.backends import calibration, checkpoints
from shared.backends.base import Progress, Step
from shared.backends.causal_lm.adapter import make_adapter
from shared.backends.causal_lm.learner import Frozen, Learner, Task, plain_features, scores
from shared.backends.causal_lm.llama import plain
from shared.backends.causal_lm.material import batches
from shared.backends.causal_lm.reading import FIRST, HEAD
from shared.backends.devices import peak_memory_bytes
from shared.backends.text_classifier.head import fit_head
from shared.backends.text_classifier.train import DivergedError
from shared.domain.recipe import CausalRecipe
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


@dataclass(frozen=True)
class Lesson:
    """One step that was taken."""

    step: int
    epoch: int
    rows: Sequence[int]
    loss: float
    gradient: float
    rate: float
    checkpointed: bool


Report = Callable[[Lesson], None]


def learn(task: Task, frozen: Frozen, report: Report) -> Learner:
    """Train to the end, from the newest whole checkpoint or from the start.

    A stop that `report` raises leaves a checkpoint of the step it came after.
    """
    with task.team.leader_first():
        learner, begun = _start(task, frozen)
    recipe, each = task.recipe, task.steps_an_epoch
    for epoch in range(begun // each, recipe.epochs):
        order = batches(task.material.learnt, size=recipe.batch_size, seed=task.request.seed, epoch=epoch)
        for step in range(max(begun, epoch * each), (epoch + 1) * each):
            rows = order[step - epoch * each]
            rate = rate_at(step, task.steps, recipe)
            loss, gradient = learner.learn(rows, rate)
            if not math.isfinite(loss):
                raise DivergedError(step + 1)
            due = (step + 1) % recipe.checkpoint_steps == 0 or step + 1 == task.steps
            if due:
                _keep(learner, step + 1)
            _say(report, learner, Lesson(step + 1, epoch + 1, rows, loss, gradient, rate, due))
    return learner


def _start(task: Task, frozen: Frozen) -> tuple[Learner, int]:
    found = checkpoints.newest(task.folder, identity=task.identity)
    if found is not None:
        learner = Learner(task, frozen, dict(found.weights))
        learner.take_moments(found.moments)
        return learner, found.step
    adapter = make_adapter(task.base, task.layers, rank=task.recipe.lora_r, seed=task.request.seed)
    learner = Learner(task, frozen, adapter | _fitted_head(task, frozen))
    _keep(learner, 0)
    return learner, 0


def _fitted_head(task: Task, frozen: Frozen) -> dict[str, Tensor]:
    known = task.material
    targets = torch.tensor([known.targets[row] for row in known.learnt], device=task.base.device)
    weights = torch.tensor([known.weights[row] for row in known.learnt], device=task.base.device)
    found = plain_features(task, frozen, known.learnt)
    fitted = fit_head(found, targets, weights, penalty=task.recipe.head_penalty)
    return {f"{part}{name}": tensor for part in (HEAD, FIRST) for name, tensor in fitted.items()}


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


def rate_at(step: int, steps: int, recipe: CausalRecipe) -> float:
    """The learning rate of one step: up in a straight line, then down to zero."""
    warmup = math.ceil(steps * recipe.warmup_share)
    if step < warmup:
        return recipe.learning_rate * (step + 1) / warmup
    return recipe.learning_rate * (steps - step) / max(1, steps - warmup)


def _say(report: Report, learner: Learner, lesson: Lesson) -> None:
    try:
        report(lesson)
    except BaseException:
        _keep(learner, lesson.step)
        raise


def _keep(learner: Learner, step: int) -> None:
    """Write a checkpoint; of several processes the first one does it."""
    task = learner.task
    if task.team.leads:
        checkpoints.write(task.folder, learner.checkpoint(step), identity=task.identity)


class Meter:
    """Turns lessons into progress, and keeps the rates of those since this process took over."""

    def __init__(self, progress: Progress, task: Task) -> None:
        self._progress, self._task = progress, task
        self._started = time.perf_counter()
        self._samples = self._tokens = 0

    def report(self, lesson: Lesson) -> None:
        """Tell one step."""
        self._samples += len(lesson.rows)
        self._tokens += sum(self._task.lengths[row] for row in lesson.rows)
        values = {"loss": lesson.loss, "learning_rate": lesson.rate, "gradient_norm": lesson.gradient}
        self._progress(
            Step(lesson.step, self._task.steps, lesson.epoch, values | self.rates(), lesson.checkpointed)
        )

    def rates(self) -> dict[str, float]:
        """Samples and tokens a second, and the memory they took."""
        seconds = max(time.perf_counter() - self._started, 1e-9)
        return {
            "samples_per_second": self._samples / seconds,
            "tokens_per_second": self._tokens / seconds,
            "peak_memory_bytes": float(peak_memory_bytes()),
        }
