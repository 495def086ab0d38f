"""The learning itself, from the untrained decoder on."""

from shared.backends import lessons
from shared.backends.lessons import Report
from shared.backends.lora import Weights
from shared.backends.segmentation.adapter import fresh
from shared.backends.segmentation.learner import Embedder, Learner, Task


def learn(task: Task, embedder: Embedder, report: Report) -> Learner:
    """Train to the end, from the newest checkpoint or from the untrained decoder; see `lessons.learn`."""

    def make(weights: Weights | None) -> Learner:
        untaught = fresh(task.base, rank=task.recipe.lora_r, seed=task.request.seed)
        return Learner(task, embedder, untaught if weights is None else weights)

    return lessons.learn(task, report, make)
