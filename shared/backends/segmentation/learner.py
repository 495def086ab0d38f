"""A training in memory: the frozen base, embeddings from the shelf, and what of the decoder learns."""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from shared.backends.base import FitRequest
from shared.backends.checkpoints import Checkpoint
from shared.backends.segmentation import prompts, questions
from shared.backends.segmentation.adapter import Weights, adapted
from shared.backends.segmentation.base_model import CELLS, SegmentationBase
from shared.backends.segmentation.decoder import DECODER, Scene
from shared.backends.segmentation.material import GRID, Material, Unit
from shared.backends.segmentation.picture import Frame, mask_to_grid, to_square, to_values
from shared.backends.segmentation.shelf import Shelf
from shared.domain.recipe import SegmentationRecipe

LARGEST_GRADIENT = 1.0
LEAST_STEPS, FEWEST_EPOCHS, MOST_EPOCHS = 2400, 6, 40  # of a training whose epochs nobody named
_SMOOTH = 1.0  # pixels, so that two empty masks agree
_QUALITY_SHARE = 0.1  # of the loss, for the expected overlap


@dataclass(frozen=True)
class Task:
    """All that decides the weights of one training; `identity` is its hash, and names its checkpoints."""

    base: SegmentationBase
    request: FitRequest
    recipe: SegmentationRecipe
    material: Material
    device: str
    identity: str

    @property
    def folder(self) -> Path:
        """Where this training keeps its checkpoints."""
        return self.request.checkpoints / "model"

    @property
    def steps_an_epoch(self) -> int:
        """How many batches one pass takes."""
        return -(-len(self.material.learnt) // self.recipe.batch_size)

    @property
    def steps(self) -> int:
        """How many steps the training takes in all."""
        return self.steps_an_epoch * self.epochs

    @property
    def epochs(self) -> int:
        """How many passes: those that the recipe names, or enough of them for a small set to be learnt."""
        if self.recipe.epochs is not None:
            return self.recipe.epochs
        return min(MOST_EPOCHS, max(FEWEST_EPOCHS, math.ceil(LEAST_STEPS / self.steps_an_epoch)))

    def batch(self, step: int) -> list[Unit]:
        """The tiles of one step, a pure function of (seed, step): a resumed run jumps to it."""
        epoch, place = divmod(step, self.steps_an_epoch)
        order = list(self.material.learnt)
        random.Random(f"{self.request.seed} order {epoch}").shuffle(order)  # noqa: S311
        return order[place * self.recipe.batch_size : (place + 1) * self.recipe.batch_size]


@dataclass(frozen=True)
class Embedder:
    """The frozen part: what the encoder makes of a tile, from the shelf where it stands there."""

    base: SegmentationBase
    shelf: Shelf
    device: str

    def cells(self, material: Material, unit: Unit) -> Tensor:
        """Shape (cells, 256), bfloat16, without the no-mask vector."""
        tile = unit.tile
        name = material.examples[unit.picture].image
        key = f"{name} {tile.top} {tile.bottom} {tile.left} {tile.right}"

        def make() -> Tensor:
            values = to_values(material.image(unit.picture)).to(self.device)
            part = values[:, tile.top : tile.bottom, tile.left : tile.right]
            return embed(self.base, to_square(part, self.base.side)[0][None])[0]

        return self.shelf.cells(key, make).to(self.device)


def embed(base: SegmentationBase, squares: Tensor) -> Tensor:
    """Embeddings of squares of shape (n, 3, side, side), rounded as the shelf keeps them: (n, cells, 256)."""
    return base.encode(squares).flatten(2).transpose(1, 2).to(torch.bfloat16)


class Learner:
    """The adapter and the heads while they learn."""

    def __init__(self, task: Task, embedder: Embedder, weights: Weights) -> None:
        self.task, self._embedder = task, embedder
        # In one order, fresh or resumed: the norm of the gradient is a sum, and its rounding the order's.
        self.weights = {name: weights[name].to(task.device).requires_grad_() for name in sorted(weights)}
        self._optimizer = torch.optim.AdamW(
            list(self.weights.values()), lr=0.0, weight_decay=task.recipe.weight_decay
        )
        frozen = task.base.weights
        low = {name: frozen[name].to(task.base.precision) for name in frozen if name.startswith(DECODER)}
        self._base = replace(task.base, weights={**frozen, **low})
        self._places = prompts.grid(frozen, CELLS).to(task.base.precision)

    def learn(self, units: Sequence[Unit], step: int, rate: float) -> float:
        """One step of the optimizer over one batch; the loss before it.

        In parts, only the activations of one are in memory at a time; the gradient is that of the batch.
        """
        size = math.ceil(len(units) / self.task.recipe.accumulation)
        self._optimizer.zero_grad()
        loss = 0.0
        for start in range(0, len(units), size):
            part = units[start : start + size]
            share = self._loss(part, step, first=start) * (len(part) / len(units))
            share.backward()
            loss += float(share.detach())
        torch.nn.utils.clip_grad_norm_(list(self.weights.values()), LARGEST_GRADIENT)
        self._optimizer.param_groups[0]["lr"] = rate
        self._optimizer.step()
        return loss

    def _loss(self, units: Sequence[Unit], step: int, *, first: int) -> Tensor:
        """The mean over units that stand from place `first` on in their batch."""
        task, frozen = self.task, self.task.base.weights
        tokens, truths, seen, shares = [], [], [], []
        for place, unit in enumerate(units, start=first):
            frame = Frame(unit.tile.height, unit.tile.width, task.base.side)
            asked = self._asked(unit, f"{task.request.seed} {step} {place}")
            tokens.append(questions.tokens(frozen, asked, frame))
            truths += [mask_to_grid(one.truth, frame, GRID) for one in asked]
            seen += [_seen(frame)] * len(asked)
            shares += [task.material.weights[unit.picture]] * len(asked)
        cells = torch.stack([self._embedder.cells(task.material, unit) for unit in units])
        cells = cells + prompts.no_mask(frozen).to(cells.dtype)
        each = task.recipe.prompts
        of = None if each == 1 else torch.arange(len(units), device=task.device).repeat_interleave(each)
        scale = task.recipe.lora_alpha / task.recipe.lora_r
        decoder = adapted(self._base, self.weights, scale)
        precision = task.base.precision
        logits, quality = decoder.masks(
            Scene(cells.to(precision), self._places, of), torch.cat(tokens).to(task.device, precision)
        )
        truth, valid = torch.stack(truths).to(task.device), torch.stack(seen).to(task.device)
        return _loss(logits, quality, truth=truth, valid=valid, shares=torch.tensor(shares).to(task.device))

    def _asked(self, unit: Unit, seed: str) -> list[questions.Question]:
        mask = unit.tile.of(self.task.material.mask(unit.picture))
        draw = random.Random(seed)  # noqa: S311
        return [questions.drawn(mask, self.task.recipe, draw) for _ in range(self.task.recipe.prompts)]

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


def _loss(logits: Tensor, quality: Tensor, *, truth: Tensor, valid: Tensor, shares: Tensor) -> Tensor:
    """Binary cross-entropy and Dice over the part of the grid that the tile fills, weighted by picture."""
    each = functional.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    entropy = (each * valid).sum((1, 2)) / valid.sum((1, 2))
    inside = torch.sigmoid(logits) * valid
    both = (inside * truth).sum((1, 2))
    dice = 1 - (2 * both + _SMOOTH) / (inside.sum((1, 2)) + truth.sum((1, 2)) + _SMOOTH)
    with torch.no_grad():
        hard = (logits > 0) * valid
        common = (hard * (truth > 0.5)).sum((1, 2))
        overlap = (common + _SMOOTH) / ((hard + (truth > 0.5)).clamp(max=1).sum((1, 2)) + _SMOOTH)
    return ((entropy + dice + _QUALITY_SHARE * (quality - overlap) ** 2) * shares).mean()


def _seen(frame: Frame) -> Tensor:
    """1 where the grid shows the tile, shape (grid, grid)."""
    rows, columns = (max(1, round(length * GRID / frame.side)) for length in frame.inner)
    seen = torch.zeros(GRID, GRID)
    seen[:rows, :columns] = 1
    return seen


def _at_rest(tensor: Tensor) -> Tensor:
    return tensor.detach().cpu().clone().contiguous()
