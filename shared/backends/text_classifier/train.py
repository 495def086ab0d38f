"""LoRA from a fitted head."""

from collections.abc import Callable

from shared.backends import lessons
from shared.backends.lessons import Report
from shared.backends.lora import Weights
from shared.backends.text_classifier.adapter import make_adapter, top_layers
from shared.backends.text_classifier.learner import Frozen, Learner, Task


def learn(
    task: Task,
    frozen: Frozen,
    report: Report,
    *,
    head: Weights,
    between: Callable[[Learner], None] = lambda _learner: None,
) -> Learner:
    """Train to the end, from the newest whole checkpoint or from the fitted head; see `lessons.learn`."""

    def make(weights: Weights | None) -> Learner:
        return untaught(task, frozen, head=head) if weights is None else Learner(task, frozen, weights)

    return lessons.learn(task, report, make, between=between)


def untaught(task: Task, frozen: Frozen, *, head: Weights) -> Learner:
    """A learner before its first step: the fitted head over an adapter that changes nothing."""
    layers = top_layers(task.base, task.recipe.top_layers)
    adapter = make_adapter(task.base, layers, rank=task.recipe.lora_r, seed=task.request.seed)
    return Learner(task, frozen, adapter | {f"head.{name}": tensor for name, tensor in head.items()})
