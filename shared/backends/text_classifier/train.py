"""LoRA from a fitted head: steps, checkpoints and what is told of them."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shared.backends import checkpoints
from shared.backends.base import Progress, Step
from shared.backends.devices import peak_memory_bytes
from shared.backends.text_classifier.adapter import Weights, make_adapter, top_layers
from shared.backends.text_classifier.learner import Frozen, Learner, Task
from shared.backends.text_classifier.material import batches
from shared.domain.recipe import TextRecipe
from shared.errors import InvalidInputError


@dataclass(frozen=True)
class Lesson:
    """One step that was taken."""

    step: int
    epoch: int
    rows: Sequence[int]
    loss: float
    rate: float
    checkpointed: bool


Report = Callable[[Lesson], None]


class DivergedError(InvalidInputError):
    """The loss stopped being a number."""

    code = "diverged"

    def __init__(self, step: int) -> None:
        super().__init__(
            f"the loss is not a number at step {step}", field="learning_rate", fix="lower learning_rate"
        )


def learn(
    task: Task,
    frozen: Frozen,
    report: Report,
    *,
    head: Weights,
    between: Callable[[Learner], None] = lambda _learner: None,
) -> Learner:
    """Train to the end, from the newest whole checkpoint or from the fitted head.

    `between` looks at the learner before each pass but the first, whether resumed or not, and may raise to
    end the training.

    A stop that `report` raises leaves a checkpoint of the step it came after.
    """
    with task.team.leader_first():
        learner, begun = _start(task, frozen, head)
    recipe, each = task.recipe, task.steps_an_epoch
    for epoch in range(begun // each, recipe.epochs):
        if epoch and begun <= epoch * each:
            between(learner)
        order = batches(
            task.material, task.learnt, size=recipe.batch_size, seed=task.request.seed, epoch=epoch
        )
        for step in range(max(begun, epoch * each), (epoch + 1) * each):
            rows = order[step - epoch * each]
            rate = rate_at(step, task.steps, recipe)
            loss = learner.learn(rows, rate)
            if not math.isfinite(loss):
                raise DivergedError(step + 1)
            due = (step + 1) % recipe.checkpoint_steps == 0 or step + 1 == task.steps
            if due:
                _keep(learner, step + 1)
            _say(report, learner, Lesson(step + 1, epoch + 1, rows, loss, rate, due))
    return learner


def _start(task: Task, frozen: Frozen, head: Weights) -> tuple[Learner, int]:
    """A learner and the step it stands at: the newest whole checkpoint, or the fitted head at step 0."""
    found = checkpoints.newest(task.folder, identity=task.identity)
    if found is not None:
        learner = Learner(task, frozen, dict(found.weights))
        learner.take_moments(found.moments)
        return learner, found.step
    learner = untaught(task, frozen, head=head)
    _keep(learner, 0)
    return learner, 0


def untaught(task: Task, frozen: Frozen, *, head: Weights) -> Learner:
    """A learner before its first step: the fitted head over an adapter that changes nothing."""
    layers = top_layers(task.base, task.recipe.top_layers)
    adapter = make_adapter(task.base, layers, rank=task.recipe.lora_r, seed=task.request.seed)
    return Learner(task, frozen, adapter | {f"head.{name}": tensor for name, tensor in head.items()})


def rate_at(step: int, steps: int, recipe: TextRecipe) -> float:
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

    def __init__(self, progress: Progress, steps: int) -> None:
        self._progress, self._steps = progress, steps
        self._started = time.perf_counter()
        self._samples = self._tokens = 0

    def of(self, task: Task) -> Report:
        """What a training reports its lessons to."""

        def report(lesson: Lesson) -> None:
            self._samples += len(lesson.rows)
            self._tokens += sum(len(task.material.rows[row]) for row in lesson.rows)
            values = {"loss": lesson.loss, "learning_rate": lesson.rate} | self.rates()
            step = task.steps_before + lesson.step
            self._progress(Step(step, self._steps, lesson.epoch, values, lesson.checkpointed))

        return report

    def end(self, steps: int) -> None:
        """Tell that no step comes after these: the fitted head is the model."""
        last = max(steps, 1)
        self._progress(Step(last, last, 0, self.rates()))

    def rates(self) -> dict[str, float]:
        """Samples and tokens a second, and the memory they took."""
        seconds = max(time.perf_counter() - self._started, 1e-9)
        return {
            "samples_per_second": self._samples / seconds,
            "tokens_per_second": self._tokens / seconds,
            "peak_memory_bytes": float(peak_memory_bytes()),
        }
