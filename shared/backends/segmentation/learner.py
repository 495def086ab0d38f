"""A training in memory: the frozen base, embeddings from the shelf, and what of the decoder learns."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor
from torch.nn import functional

from shared.backends.base import FitRequest
from shared.backends.lessons import Course, Pupil
from shared.backends.lora import Weights
from shared.backends.segmentation import prompts, questions
from shared.backends.segmentation.adapter import adapted
from shared.backends.segmentation.base_model import CELLS, SegmentationBase
from shared.backends.segmentation.decoder import DECODER, Scene
from shared.backends.segmentation.material import GRID, Material, Unit
from shared.backends.segmentation.picture import Frame, evened, mask_to_grid, to_square, to_values
from shared.backends.segmentation.shelf import Shelf
from shared.backends.segmentation.tiles import Tile
from shared.backends.team import Team
from shared.domain.recipe import SegmentationRecipe

LEAST_STEPS, FEWEST_EPOCHS, MOST_EPOCHS = 2400, 6, 40  # of a training whose epochs nobody named
_SMOOTH = 1.0  # pixels, so that two empty masks agree
_QUALITY_SHARE = 0.1  # of the loss, for the expected overlap


@dataclass(frozen=True)
class Task(Course):
    """All that decides the weights of one training; `identity` is its hash, and names its checkpoints.

    A row is a tile in one pass: in the next pass the same tile is another row, and is asked other questions.
    """

    base: SegmentationBase
    request: FitRequest
    recipe: SegmentationRecipe
    material: Material
    device: str
    identity: str
    team: Team = field(default_factory=Team)
    name: str = "model"
    steps_before: int = 0

    @property
    def learnt(self) -> Sequence[int]:
        """The rows of the first pass."""
        return range(len(self.material.learnt))

    @property
    def lengths(self) -> Sequence[int]:
        """How many cells are read of each row for its questions."""
        return [self.recipe.prompts * CELLS**2] * (len(self.learnt) * self.epochs)

    @property
    def epochs(self) -> int:
        """How many passes: those that the recipe names, or enough of them for a small set to be learnt."""
        if self.recipe.epochs is not None:
            return self.recipe.epochs
        return min(MOST_EPOCHS, max(FEWEST_EPOCHS, math.ceil(LEAST_STEPS / self.steps_an_epoch)))

    def batches(self, epoch: int) -> list[list[int]]:
        """The rows of each step of one epoch."""
        count, size = len(self.learnt), self.recipe.batch_size
        order = list(range(epoch * count, (epoch + 1) * count))
        random.Random(f"{self.request.seed} order {epoch}").shuffle(order)  # noqa: S311
        return [order[start : start + size] for start in range(0, count, size)]

    def unit(self, row: int) -> Unit:
        """The tile of a row."""
        return self.material.learnt[row % len(self.learnt)]


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
        key = f"{name} {tile.top} {tile.bottom} {tile.left} {tile.right}{' local' * material.is_local}"

        def make() -> Tensor:
            values = to_values(material.image(unit.picture)).to(self.device)
            return embed_tile(self.base, values, tile, is_local=material.is_local)

        return self.shelf.cells(key, make).to(self.device)


def embed_tile(base: SegmentationBase, values: Tensor, tile: Tile, *, is_local: bool) -> Tensor:
    """What the encoder makes of a tile of a picture's values, shape (cells, 256)."""
    part = values[:, tile.top : tile.bottom, tile.left : tile.right]
    shown = evened(part) if is_local else part
    return embed(base, to_square(shown, base.side)[0][None])[0]


def embed(base: SegmentationBase, squares: Tensor) -> Tensor:
    """Embeddings of squares of shape (n, 3, side, side), rounded as the shelf keeps them: (n, cells, 256)."""
    return base.encode(squares).flatten(2).transpose(1, 2).to(torch.bfloat16)


class Learner(Pupil):
    """The adapter and the heads while they learn."""

    def __init__(self, task: Task, embedder: Embedder, weights: Weights) -> None:
        super().__init__(task, weights, device=task.device)
        self.task, self._embedder = task, embedder
        frozen = task.base.weights
        low = {name: frozen[name].to(task.base.precision) for name in frozen if name.startswith(DECODER)}
        self._base = replace(task.base, weights={**frozen, **low})
        self._places = prompts.grid(frozen, CELLS).to(task.base.precision)

    def share(self, rows: Sequence[int], *, of: int) -> Tensor:
        """What some rows add to the loss of a batch of so many."""
        task, frozen = self.task, self.task.base.weights
        units = [task.unit(row) for row in rows]
        tokens, truths, seen, shares = [], [], [], []
        for row, unit in zip(rows, units, strict=True):
            frame = Frame(unit.tile.height, unit.tile.width, task.base.side)
            asked = self._asked(unit, row)
            tokens.append(questions.tokens(frozen, asked, frame))
            truths += [mask_to_grid(one.truth, frame, GRID) for one in asked]
            seen += [_seen(frame)] * len(asked)
            shares += [task.material.weights[unit.picture]] * len(asked)
        cells = torch.stack([self._embedder.cells(task.material, unit) for unit in units])
        cells = cells + prompts.no_mask(frozen).to(cells.dtype)
        each = task.recipe.prompts
        of_unit = None if each == 1 else torch.arange(len(units), device=task.device).repeat_interleave(each)
        scale = task.recipe.lora_alpha / task.recipe.lora_r
        decoder = adapted(self._base, self.weights, scale)
        precision = task.base.precision
        logits, quality = decoder.masks(
            Scene(cells.to(precision), self._places, of_unit), torch.cat(tokens).to(task.device, precision)
        )
        truth, valid = torch.stack(truths).to(task.device), torch.stack(seen).to(task.device)
        losses = _losses(logits, quality, truth=truth, valid=valid)
        return losses @ torch.tensor(shares).to(losses) / (of * each)

    def _asked(self, unit: Unit, row: int) -> list[questions.Question]:
        mask = unit.tile.of(self.task.material.mask(unit.picture))
        draw = random.Random(f"{self.task.request.seed} asked {row}")  # noqa: S311
        return [questions.drawn(mask, self.task.recipe, draw) for _ in range(self.task.recipe.prompts)]


def _losses(logits: Tensor, quality: Tensor, *, truth: Tensor, valid: Tensor) -> Tensor:
    """Binary cross-entropy and Dice of each answer over the part of the grid that the tile fills."""
    each = functional.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    entropy = (each * valid).sum((1, 2)) / valid.sum((1, 2))
    inside = torch.sigmoid(logits) * valid
    both = (inside * truth).sum((1, 2))
    dice = 1 - (2 * both + _SMOOTH) / (inside.sum((1, 2)) + truth.sum((1, 2)) + _SMOOTH)
    with torch.no_grad():
        hard = (logits > 0) * valid
        common = (hard * (truth > 0.5)).sum((1, 2))
        overlap = (common + _SMOOTH) / ((hard + (truth > 0.5)).clamp(max=1).sum((1, 2)) + _SMOOTH)
    return entropy + dice + _QUALITY_SHARE * (quality - overlap) ** 2


def _seen(frame: Frame) -> Tensor:
    """1 where the grid shows the tile, shape (grid, grid)."""
    rows, columns = (max(1, round(length * GRID / frame.side)) for length in frame.inner)
    seen = torch.zeros(GRID, GRID)
    seen[:rows, :columns] = 1
    return seen
