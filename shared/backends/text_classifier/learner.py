"""A training in memory: frozen base, cached activations below the adapter, and the tensors that learn."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from shared.backends.base import FitRequest
from shared.backends.checkpoints import Checkpoint
from shared.backends.team import Team, flat_gradient, hand_out
from shared.backends.text_classifier.activations import Cut, TextShelf, make
from shared.backends.text_classifier.adapter import Weights, adapting, top_layers
from shared.backends.text_classifier.base_model import BaseModel
from shared.backends.text_classifier.encoder import (
    Linear,
    features,
    read_layers,
    rounded,
)
from shared.backends.text_classifier.material import Material
from shared.domain.recipe import TextRecipe

LARGEST_GRADIENT = 1.0


@dataclass(frozen=True)
class Task:
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

    @property
    def folder(self) -> Path:
        """Where this training keeps its checkpoints."""
        return self.request.checkpoints / self.name

    @property
    def steps_an_epoch(self) -> int:
        """How many batches one pass takes."""
        return math.ceil(len(self.learnt) / self.recipe.batch_size)

    @property
    def steps(self) -> int:
        """How many steps the training takes in all."""
        return self.steps_an_epoch * self.recipe.epochs


@dataclass(frozen=True)
class Frozen:
    """What the frozen part of the base makes of every row, computed once for all epochs."""

    below: (
        Tensor  # the means that the head reads below the adapted layers, shape (rows, depths there, hidden)
    )
    lower: Sequence[Tensor]  # hidden states below the adapted layers, one (length, hidden) a row
    plain: Tensor  # what the head reads of the base without an adapter, shape (rows, depths hidden)


class Learner:
    """The adapter and the head while they learn."""

    def __init__(self, task: Task, frozen: Frozen, weights: Weights) -> None:
        self.task, self.frozen = task, frozen
        # In one order always: the norm of the gradient is a sum, and a checkpoint has an order of its own.
        self.weights = {n: w.to(task.device).requires_grad_() for n, w in sorted(weights.items())}
        self.layers = top_layers(task.base, task.recipe.top_layers)
        self._targets = torch.tensor(task.material.targets, device=task.device)
        self._row_weights = torch.tensor(task.material.weights, device=task.device)
        self._blank = torch.zeros(1 + sum(w.numel() for w in self.weights.values()), device=task.device)
        self._optimizer = torch.optim.AdamW(
            list(self.weights.values()), lr=0.0, weight_decay=task.recipe.weight_decay
        )

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

    def learn(self, rows: Sequence[int], rate: float) -> float:
        """One step of AdamW on one batch; answers the loss before it.

        In parts, only the activations of one are in memory at a time, and several processes share them; the
        gradient is that of the batch.
        """
        size = math.ceil(len(rows) / self.task.recipe.accumulation)
        parts = [rows[start : start + size] for start in range(0, len(rows), size)]

        def gradient(part: Sequence[int]) -> Tensor:
            return flat_gradient(self._losses(part).sum() / len(rows), self.weights.values())

        total = self.task.team.total(parts, gradient, like=self._blank)
        loss = hand_out(total, self.weights.values())
        torch.nn.utils.clip_grad_norm_(list(self.weights.values()), LARGEST_GRADIENT)
        self._optimizer.param_groups[0]["lr"] = rate
        self._optimizer.step()
        return loss

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

    def checkpoint(self, step: int) -> Checkpoint:
        """The state after `step` steps."""
        moments = {
            f"{name}:{part}": _at_rest(value)
            for name, tensor in self.weights.items()
            for part, value in self._optimizer.state.get(tensor, {}).items()
        }
        return Checkpoint(step, {name: _at_rest(tensor) for name, tensor in self.weights.items()}, moments)

    def take_moments(self, moments: Mapping[str, Tensor]) -> None:
        """Put the optimizer's state back where a checkpoint left it."""
        for key, value in moments.items():
            name, part = key.rsplit(":", 1)
            place = value if part == "step" else value.to(self.task.device)
            self._optimizer.state[self.weights[name]][part] = place


def freeze(task: Task) -> Frozen:
    """Run every row once through the base: to where the layers that learn begin, and to its plain end."""
    cut = Cut(task.base, top_layers(task.base, task.recipe.top_layers), task.device)
    take = task.shelf.take if task.shelf else lambda row: make(cut, row)
    found = [take(row) for row in task.material.rows]
    below, ends = (torch.stack([getattr(one, name) for one in found]) for name in ("below", "end"))
    return Frozen(below, [one.lower for one in found], ends)


def top_features(task: Task, frozen: Frozen, rows: Sequence[int], *, linear: Linear) -> Tensor:
    """What the head reads of some rows, through the top layers as `linear` applies them."""
    hidden, mask = stack([frozen.lower[row] for row in rows])
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


def _at_rest(tensor: Tensor) -> Tensor:
    return tensor.detach().cpu().clone().contiguous()
