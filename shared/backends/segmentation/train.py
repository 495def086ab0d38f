"""The learning itself, from the untrained decoder on."""

import math
import time
from dataclasses import dataclass, field

from shared.backends import checkpoints
from shared.backends.base import Progress, Step
from shared.backends.devices import peak_memory_bytes
from shared.backends.segmentation.adapter import fresh
from shared.backends.segmentation.base_model import CELLS
from shared.backends.segmentation.learner import Embedder, Learner, Task
from shared.domain.recipe import SegmentationRecipe
from shared.errors import InvalidInputError


class DivergedError(InvalidInputError):
    """The loss stopped being a number."""

    code = "diverged"

    def __init__(self, step: int) -> None:
        super().__init__(
            f"the loss is not a number at step {step}", field="learning_rate", fix="lower learning_rate"
        )


@dataclass
class Meter:
    """Turns steps into live figures."""

    progress: Progress
    task: Task
    tiles: int = 0
    began: float = field(default_factory=time.perf_counter)

    def __call__(self, step: int, *, loss: float, rate: float, checkpointed: bool) -> None:
        """Report one step that was taken."""
        task = self.task
        self.tiles += len(task.batch(step - 1))
        values = {"loss": loss, "learning_rate": rate, **self.rates()}
        epoch = (step - 1) // task.steps_an_epoch + 1
        self.progress(Step(step, task.steps, epoch, values, checkpointed))

    def rates(self) -> dict[str, float]:
        """What the job's figures hold of its pace: a sample is a picture or a tile of one, a token a cell."""
        spent = max(time.perf_counter() - self.began, 1e-9)
        return {
            "samples_per_second": self.tiles / spent,
            "tokens_per_second": self.tiles * self.task.recipe.prompts * CELLS**2 / spent,
            "peak_memory_bytes": float(peak_memory_bytes()),
        }


def learn(task: Task, embedder: Embedder, meter: Meter) -> Learner:
    """Train to the end, from the newest whole checkpoint or from the start.

    A stop that the meter's progress raises leaves a checkpoint of the step it came after.
    """
    learner, begun = _start(task, embedder)
    for step in range(begun, task.steps):
        rate = rate_at(step, task.steps, task.recipe)
        loss = learner.learn(task.batch(step), step, rate)
        if not math.isfinite(loss):
            raise DivergedError(step + 1)
        due = (step + 1) % task.recipe.checkpoint_steps == 0 or step + 1 == task.steps
        if due:
            checkpoints.write(task.folder, learner.checkpoint(step + 1), identity=task.identity)
        try:
            meter(step + 1, loss=loss, rate=rate, checkpointed=due)
        except BaseException:
            checkpoints.write(task.folder, learner.checkpoint(step + 1), identity=task.identity)
            raise
    return learner


def rate_at(step: int, steps: int, recipe: SegmentationRecipe) -> float:
    """The learning rate of one step: up in a straight line, then down to zero."""
    warmup = math.ceil(steps * recipe.warmup_share)
    if step < warmup:
        return recipe.learning_rate * (step + 1) / warmup
    return recipe.learning_rate * (steps - step) / max(1, steps - warmup)


def _start(task: Task, embedder: Embedder) -> tuple[Learner, int]:
    """A learner and the step it stands at: the newest whole checkpoint's, or the untrained decoder's 0."""
    found = checkpoints.newest(task.folder, identity=task.identity)
    if found is not None:
        learner = Learner(task, embedder, dict(found.weights))
        learner.take_moments(found.moments)
        return learner, found.step
    learner = Learner(task, embedder, fresh(task.base, rank=task.recipe.lora_r, seed=task.request.seed))
    checkpoints.write(task.folder, learner.checkpoint(0), identity=task.identity)
    return learner, 0
