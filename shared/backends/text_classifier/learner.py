"""A training in memory: frozen base, cached activations below the adapter, and the tensors that learn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional

from shared.backends.base import FitRequest
from shared.backends.lessons import Course, Pupil
from shared.backends.lora import Weights
from shared.backends.team import Team
from shared.backends.text_classifier.activations import Cut, TextShelf, make
from shared.backends.text_classifier.adapter import adapting, top_layers
from shared.backends.text_classifier.base_model import BaseModel
from shared.backends.text_classifier.encoder import (
    Linear,
    features,
    read_layers,
    rounded,
)
from shared.backends.text_classifier.material import Material, batches
from shared.domain.recipe import TextRecipe


@dataclass(frozen=True)
class Task(Course):
    """All that decides the weights of one training; `identity` is the hash of it, and names its checkpoints.

    A fit has two: the twin learns without the persons held back and is measured on them, then the model
    learns from everybody.
    """

    base: BaseModel
    request: FitRequest
    recipe: TextRecipe
    material: Material
    device: str
    identity: str
    learnt: Sequence[int] = ()
    name: str = "model"
    steps_before: int = 0  # those of the twin
    shelf: TextShelf | None = None  # where activations outlive the training
    team: Team = field(default_factory=Team)
    reserve: float = 0.0  # taken off the head's scores of labels that are new to the site

    @property
    def is_known(self) -> Sequence[bool]:
        """Of each label whether the data set before this one had it."""
        return [label in self.request.known for label in self.material.labels]

    @property
    def lengths(self) -> Sequence[int]:
        """How many tokens each row has."""
        return [len(row) for row in self.material.rows]

    @property
    def epochs(self) -> int:
        """As many passes as the recipe says."""
        return self.recipe.epochs

    def batches(self, epoch: int) -> list[list[int]]:
        """The rows of each step of one epoch."""
        return batches(
            self.material, self.learnt, size=self.recipe.batch_size, seed=self.request.seed, epoch=epoch
        )


@dataclass(frozen=True)
class Frozen:
    """What the frozen part of the base makes of every row, computed once for all epochs.

    Attributes:
        below: the means that the head reads below the adapted layers, shape (rows, depths there, hidden).
        lower: gives the hidden states of a row below the adapted layers, shape (length, hidden).
        plain: what the head reads of the base without an adapter, shape (rows, depths hidden).
    """

    below: Tensor
    lower: Callable[[int], Tensor]
    plain: Tensor


class Learner(Pupil):
    """The adapter and the head while they learn."""

    def __init__(self, task: Task, frozen: Frozen, weights: Weights) -> None:
        super().__init__(task, weights, device=task.device)
        self.task, self.frozen = task, frozen
        self.layers = top_layers(task.base, task.recipe.top_layers)
        self._targets = torch.tensor(task.material.targets, device=task.device)
        self._row_weights = torch.tensor(task.material.weights, device=task.device)

    def logits(self, rows: Sequence[int]) -> Tensor:
        """Scores before the softmax, shape (rows, labels)."""
        recipe = self.task.recipe
        linear = adapting(self.task.base, self.weights, recipe.lora_alpha / recipe.lora_r)
        found = top_features(self.task, self.frozen, rows, linear=linear)
        return functional.linear(found, self.weights["head.weight"], self.weights["head.bias"])

    def alone(self, rows: Sequence[int]) -> Tensor:
        """Scores of texts each computed alone, as they are served, shape (rows, labels)."""
        with torch.no_grad():
            return torch.cat([self.logits([row]) for row in rows])

    def share(self, rows: Sequence[int], *, of: int) -> Tensor:
        """What some rows add to the loss of a batch of so many."""
        return self._losses(rows).sum() / of

    def _losses(self, rows: Sequence[int]) -> Tensor:
        """The weighted loss of each row, shape (rows,)."""
        index = torch.tensor(rows, device=self.task.device)
        each = functional.cross_entropy(
            self.logits(rows),
            self._targets[index],
            reduction="none",
            label_smoothing=self.task.recipe.label_smoothing,
        )
        return each * self._row_weights[index]


def freeze(task: Task) -> Frozen:
    """Run every row once through the base: to where the layers that learn begin, and to its plain end.

    With a shelf the hidden states stay there, and memory holds what the head reads alone.
    """
    rows, shelf = task.material.rows, task.shelf
    if shelf is not None:
        found = [shelf.read(row) for row in rows]
        return Frozen(_stacked(found, 0), lambda row: shelf.lower(rows[row]), _stacked(found, 1))
    cut = Cut(task.base, top_layers(task.base, task.recipe.top_layers), task.device)
    made = [make(cut, row) for row in rows]
    read = [(one.below, one.end) for one in made]
    return Frozen(_stacked(read, 0), lambda row: made[row].lower, _stacked(read, 1))


def _stacked(pairs: Sequence[tuple[Tensor, Tensor]], side: int) -> Tensor:
    return torch.stack([pair[side] for pair in pairs])


def top_features(task: Task, frozen: Frozen, rows: Sequence[int], *, linear: Linear) -> Tensor:
    """What the head reads of some rows, through the top layers as `linear` applies them."""
    hidden, mask = stack([frozen.lower(row) for row in rows])
    layers = top_layers(task.base, task.recipe.top_layers)
    _, above = read_layers(task.base, hidden, mask, layers=layers, linear=linear)
    return features([*frozen.below[list(rows)].unbind(1), *above])


def stack(rows: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Rows of hidden states padded to one length, shape (n, length, hidden), and their mask."""
    lengths = [len(row) for row in rows]
    hidden = rows[0].new_zeros(len(rows), rounded(max(lengths)), rows[0].shape[1])
    mask = torch.zeros(hidden.shape[:2], dtype=torch.bool, device=hidden.device)
    for place, (row, length) in enumerate(zip(rows, lengths, strict=True)):
        hidden[place, :length] = row
        mask[place, :length] = True
    return hidden, mask
