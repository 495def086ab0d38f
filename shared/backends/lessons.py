"""Learning in steps: the tensors that learn, the loop, its checkpoints and what is told of it."""

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor

from shared.backends import checkpoints
from shared.backends.base import FitRequest, Progress, Step
from shared.backends.checkpoints import Checkpoint
from shared.backends.devices import peak_memory_bytes
from shared.backends.lora import Weights
from shared.backends.team import Team, flat_gradient, hand_out
from shared.domain.recipe import Recipe
from shared.errors import InvalidInputError

LARGEST_GRADIENT = 1.0


class DivergedError(InvalidInputError):
    """The loss stopped being a number."""

    code = "diverged"

    def __init__(self, step: int) -> None:
        super().__init__(
            f"the loss is not a number at step {step}", field="learning_rate", fix="lower learning_rate"
        )


class Course(ABC):
    """What decides the weights of one training: which batches, at which pace; and where they are kept.

    Attributes:
        request: as it was asked for.
        recipe: of the family.
        identity: hash of all that decides the weights; it names the checkpoints.
        team: the processes that share the work.
        name: of the training within its job.
        steps_before: those of other trainings of the job that came first.
    """

    request: FitRequest
    recipe: Recipe
    identity: str
    team: Team
    name: str
    steps_before: int

    @property
    @abstractmethod
    def learnt(self) -> Sequence[int]:
        """The numbers of the rows that are learnt from."""

    @property
    @abstractmethod
    def lengths(self) -> Sequence[int]:
        """How many tokens each row has."""

    @abstractmethod
    def batches(self, epoch: int) -> list[list[int]]:
        """The rows of each step, a pure function of (seed, epoch): a resumed run jumps into it."""

    @property
    def folder(self) -> Path:
        """Where this training keeps its checkpoints."""
        return self.request.checkpoints / self.name

    @property
    def steps_an_epoch(self) -> int:
        """How many batches one pass takes."""
        return math.ceil(len(self.learnt) / self.recipe.batch_size)

    @property
    @abstractmethod
    def epochs(self) -> int:
        """How many passes the training takes."""

    @property
    def steps(self) -> int:
        """How many steps the training takes in all."""
        return self.steps_an_epoch * self.epochs


class Pupil(ABC):
    """Tensors that learn, with their optimizer; a family says what a step's loss is made of.

    Attributes:
        weights: in one order always, in memory of their own: the norm of a gradient is a sum, and its order
            and alignment are the same after a resume.
    """

    def __init__(self, course: Course, weights: Mapping[str, Tensor], *, device: str) -> None:
        self._team, self._device = course.team, device
        self._accumulation = course.recipe.accumulation
        self.weights = {name: weights[name].to(device).clone().requires_grad_() for name in sorted(weights)}
        learning = list(self.weights.values())
        self._blank = torch.zeros(1 + sum(tensor.numel() for tensor in learning), device=device)
        self._optimizer = torch.optim.AdamW(learning, lr=0.0, weight_decay=course.recipe.weight_decay)

    def parts(self, rows: Sequence[int]) -> Sequence[Sequence[int]]:
        """The parts of a batch, of which one at a time is in memory; several processes share them out.

        As many as the recipe's `accumulation` says, unless a family cuts by something else.
        """
        size = math.ceil(len(rows) / self._accumulation)
        return [rows[start : start + size] for start in range(0, len(rows), size)]

    @abstractmethod
    def share(self, rows: Sequence[int], *, of: int) -> Tensor:
        """What some rows add to the loss of a batch of so many."""

    def learn(self, rows: Sequence[int], rate: float) -> tuple[float, float]:
        """One step of AdamW on one batch; answers the loss before it and the length of the gradient."""
        learning = list(self.weights.values())

        def gradient(part: Sequence[int]) -> Tensor:
            return flat_gradient(self.share(part, of=len(rows)), learning)

        loss = hand_out(self._team.total(self.parts(rows), gradient, like=self._blank), learning)
        length = torch.nn.utils.clip_grad_norm_(learning, LARGEST_GRADIENT)
        self._optimizer.param_groups[0]["lr"] = rate
        self._optimizer.step()
        return loss, float(length)

    def at_rest(self) -> Weights:
        """What a checkpoint keeps of the weights."""
        return {name: _at_rest(tensor) for name, tensor in self.weights.items()}

    def checkpoint(self, step: int) -> Checkpoint:
        """The state after `step` steps."""
        moments = {
            f"{name}:{part}": _at_rest(value)
            for name, tensor in self.weights.items()
            for part, value in self._optimizer.state.get(tensor, {}).items()
        }
        return Checkpoint(step, self.at_rest(), moments)

    def take_moments(self, moments: Mapping[str, Tensor]) -> None:
        """Put the optimizer's state back where a checkpoint left it."""
        for key, value in moments.items():
            name, part = key.rsplit(":", 1)
            place = value if part == "step" else value.to(self._device)
            self._optimizer.state[self.weights[name]][part] = place


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
Learner = TypeVar("Learner", bound=Pupil)


def learn(
    course: Course,
    report: Report,
    make: Callable[[Weights | None], Learner],
    *,
    between: Callable[[Learner], None] = lambda _learner: None,
) -> Learner:
    """Train to the end, from the newest whole checkpoint or from the start.

    A stop that `report` raises leaves a checkpoint of the step it came after.

    Args:
        course: of the training.
        report: is told every step.
        make: a learner with the weights of a checkpoint, or one that has learnt nothing.
        between: looks at the learner before each pass but the first, whether resumed or not, and may raise
            to end the training.

    Raises:
        DivergedError: the loss is no number.
    """
    with course.team.leader_first():
        learner, begun = _start(course, make)
    each = course.steps_an_epoch
    for epoch in range(begun // each, course.epochs):
        if epoch and begun <= epoch * each:
            between(learner)
        order = course.batches(epoch)
        for step in range(max(begun, epoch * each), (epoch + 1) * each):
            _step(course, learner, report, rows=order[step - epoch * each], step=step)
    return learner


def rate_at(step: int, steps: int, recipe: Recipe) -> float:
    """The learning rate of one step: up in a straight line, then down to zero."""
    warmup = math.ceil(steps * recipe.warmup_share)
    if step < warmup:
        return recipe.learning_rate * (step + 1) / warmup
    return recipe.learning_rate * (steps - step) / max(1, steps - warmup)


def _start(course: Course, make: Callable[[Weights | None], Learner]) -> tuple[Learner, int]:
    found = checkpoints.newest(course.folder, identity=course.identity)
    learner = make(dict(found.weights) if found else None)
    if found:
        learner.take_moments(found.moments)
        return learner, found.step
    _keep(course, learner, 0)
    return learner, 0


def _step(course: Course, learner: Pupil, report: Report, *, rows: Sequence[int], step: int) -> None:
    rate, done = rate_at(step, course.steps, course.recipe), step + 1
    loss, gradient = learner.learn(rows, rate)
    if not math.isfinite(loss):
        raise DivergedError(done)
    due = done % course.recipe.checkpoint_steps == 0 or done == course.steps
    if due:
        _keep(course, learner, done)
    try:
        report(Lesson(done, step // course.steps_an_epoch + 1, rows, loss, gradient, rate, due))
    except BaseException:
        _keep(course, learner, done)
        raise


def _keep(course: Course, learner: Pupil, step: int) -> None:
    """Write a checkpoint; of several processes the first one does it."""
    if course.team.leads:
        checkpoints.write(course.folder, learner.checkpoint(step), identity=course.identity)


class Meter:
    """Turns lessons into progress, and keeps the rates of those since this process took over."""

    def __init__(self, progress: Progress, steps: int) -> None:
        self._progress, self._steps = progress, steps
        self._started = time.perf_counter()
        self._samples = self._tokens = 0

    def of(self, course: Course) -> Report:
        """What a training reports its lessons to."""
        lengths = course.lengths

        def report(lesson: Lesson) -> None:
            self._samples += len(lesson.rows)
            self._tokens += sum(lengths[row] for row in lesson.rows)
            values = {"loss": lesson.loss, "learning_rate": lesson.rate, "gradient_norm": lesson.gradient}
            step = course.steps_before + lesson.step
            self._progress(Step(step, self._steps, lesson.epoch, values | self.rates(), lesson.checkpointed))

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


def _at_rest(tensor: Tensor) -> Tensor:
    return tensor.detach().cpu().clone().contiguous()
