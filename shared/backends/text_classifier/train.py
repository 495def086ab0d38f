"""The learning itself: a linear head on frozen embeddings first, then LoRA from that head."""

import math
import resource
import time
from collections.abc import Sequence

import torch
from torch import Tensor

from shared.backends.base import Progress, Step
from shared.backends.text_classifier import checkpoints, head
from shared.backends.text_classifier.adapter import make_adapter, top_layers
from shared.backends.text_classifier.learner import Frozen, Learner, Task, freeze, plain_features
from shared.backends.text_classifier.material import batches
from shared.domain.recipe import TextRecipe
from shared.errors import InvalidInputError


class DivergedError(InvalidInputError):
    """The loss stopped being a number."""

    code = "diverged"

    def __init__(self, step: int) -> None:
        super().__init__(
            f"the loss is not a number at step {step}", field="learning_rate", fix="lower learning_rate"
        )


def start(task: Task) -> tuple[Learner, int]:
    """A learner and the step it stands at: the newest whole checkpoint, or the fitted head at step 0."""
    frozen = freeze(task)
    found = checkpoints.newest(task.request.checkpoints, identity=task.identity)
    if found is not None:
        learner = Learner(task, frozen, dict(found.weights))
        learner.take_moments(found.moments)
        return learner, found.step
    layers = top_layers(task.base, task.recipe.top_layers)
    adapter = make_adapter(task.base, layers, rank=task.recipe.lora_r, seed=task.request.seed)
    learner = Learner(task, frozen, adapter | _fitted_head(task, frozen))
    checkpoints.write(task.request.checkpoints, learner.checkpoint(0), identity=task.identity)
    return learner, 0


def run(learner: Learner, begun: int, progress: Progress) -> dict[str, float]:
    """Take the remaining steps and answer the rates reached.

    A stop that `progress` raises leaves a checkpoint of the step it came after.
    """
    task, meter = learner.task, _Meter()
    recipe, seed = task.recipe, task.request.seed
    per_epoch = math.ceil(len(task.material.learnt) / recipe.batch_size)
    steps = per_epoch * recipe.epochs
    for epoch in range(begun // per_epoch, recipe.epochs):
        order = batches(task.material, size=recipe.batch_size, seed=seed, epoch=epoch)
        for place in range(max(0, begun - epoch * per_epoch), per_epoch):
            step = epoch * per_epoch + place
            rate = rate_at(step, steps, recipe)
            loss = learner.learn(order[place], rate)
            if not math.isfinite(loss):
                raise DivergedError(step + 1)
            meter.count([len(task.material.rows[row]) for row in order[place]])
            due = (step + 1) % recipe.checkpoint_steps == 0 or step + 1 == steps
            values = {"loss": loss, "learning_rate": rate} | meter.rates()
            _report(learner, Step(step + 1, steps, epoch + 1, values, due), progress)
    return meter.rates()


def calibrate(learner: Learner) -> tuple[float, dict[str, float]]:
    """The temperature fitted on the held-back persons, and how the model does on them."""
    material = learner.task.material
    rows = material.held_back
    labels = torch.zeros(0, len(material.labels), device=learner.task.device)
    with torch.no_grad():
        logits = torch.cat([labels, *(learner.logits([row]) for row in rows)])  # (held back, labels)
    targets = torch.tensor([material.targets[row] for row in rows], dtype=torch.long, device=logits.device)
    weights = torch.tensor([material.weights[row] for row in rows], device=logits.device)
    figures = {"held_back": float(len(rows))}
    if rows:
        figures["held_back_accuracy"] = float((logits.argmax(1) == targets).double().mean())
    return head.fit_temperature(logits, targets, weights), figures


def rate_at(step: int, steps: int, recipe: TextRecipe) -> float:
    """The learning rate of one step: up in a straight line, then down to zero."""
    warmup = math.ceil(steps * recipe.warmup_share)
    if step < warmup:
        return recipe.learning_rate * (step + 1) / warmup
    return recipe.learning_rate * (steps - step) / max(1, steps - warmup)


def _fitted_head(task: Task, frozen: Frozen) -> dict[str, Tensor]:
    rows = task.material.learnt
    targets = torch.tensor([task.material.targets[row] for row in rows], device=task.device)
    weights = torch.tensor([task.material.weights[row] for row in rows], device=task.device)
    found = plain_features(task, frozen, rows)
    fitted = head.fit_head(found, targets, weights, penalty=task.recipe.head_penalty)
    return {f"head.{name}": tensor for name, tensor in fitted.items()}


def _report(learner: Learner, step: Step, progress: Progress) -> None:
    folder, identity = learner.task.request.checkpoints, learner.task.identity
    if step.checkpointed:
        checkpoints.write(folder, learner.checkpoint(step.step), identity=identity)
    try:
        progress(step)
    except BaseException:
        checkpoints.write(folder, learner.checkpoint(step.step), identity=identity)
        raise


class _Meter:
    """Rates of the steps since this process took over."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._samples = self._tokens = 0

    def count(self, lengths: Sequence[int]) -> None:
        self._samples += len(lengths)
        self._tokens += sum(lengths)

    def rates(self) -> dict[str, float]:
        seconds = max(time.perf_counter() - self._started, 1e-9)
        return {
            "samples_per_second": self._samples / seconds,
            "tokens_per_second": self._tokens / seconds,
            "peak_memory_bytes": float(peak_memory_bytes()),
        }


def peak_memory_bytes() -> int:
    """The most memory this process ever held: of the GPU where one is used, else of the host."""
    if torch.cuda.is_available() and torch.cuda.max_memory_allocated():
        return int(torch.cuda.max_memory_allocated())
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
