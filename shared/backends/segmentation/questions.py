"""What is asked of a picture while it is learnt: boxes, points and the whole, each with its truth."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from shared.backends.base import Box
from shared.backends.segmentation import prompts
from shared.backends.segmentation.picture import Frame
from shared.domain.masks import box_off, objects_of
from shared.domain.recipe import SegmentationRecipe

Weights = prompts.Weights
_LOOSEST = 2.0  # times as far off the object as an exam draws it, and on the object at the least
_GROUP_SHARE = 0.15  # of the boxes, around all objects of a picture, or one of as many boxes as objects


@dataclass(frozen=True)
class Question:
    """One prompt and its truth in pixels of the tile; neither box nor point means the whole of it."""

    truth: NDArray[np.bool_]
    box: Box | None = None
    point: tuple[float, float] | None = None


def drawn(mask: NDArray[Any], recipe: SegmentationRecipe, draw: random.Random) -> Question:
    """One question of the kinds that the recipe mixes; a mask without an object is asked whole."""
    kind = draw.random()
    objects = objects_of(mask)
    if not objects or kind < recipe.whole_share:
        return Question(mask != 0)
    if kind < recipe.whole_share + recipe.point_share:
        truth = mask == draw.choice(objects)
        return Question(truth, point=_inside(truth, draw))
    together = draw.random() < max(_GROUP_SHARE, 1 / len(objects))
    truth = mask != 0 if together else mask == draw.choice(objects)
    return Question(truth, box=_shaken(truth, draw))


def tokens(weights: Weights, asked: Sequence[Question], frame: Frame) -> Tensor:
    """The prompts of one tile as the decoder reads them, shape (questions, 2, 256)."""
    made = []
    for one in asked:
        if one.point is not None:
            x, y = one.point
            place = torch.tensor([[frame.place(x), frame.place(y)]])
            made.append(prompts.point_tokens(weights, place, frame.side))
        else:
            made.append(box_token(weights, one.box, frame))
    return torch.cat(made)


def box_token(weights: Weights, box: Box | None, frame: Frame) -> Tensor:
    """A box of the tile, or None for all of it, shape (1, 2, 256)."""
    placed = prompts.whole(frame.side, frame.height, frame.width) if box is None else frame.box(box)
    return prompts.box_tokens(weights, prompts.boxes_of([placed]), frame.side)


def _inside(truth: NDArray[np.bool_], draw: random.Random) -> tuple[float, float]:
    rows, columns = np.nonzero(truth)
    place = draw.randrange(len(rows))
    return float(columns[place]), float(rows[place])


def _shaken(truth: NDArray[np.bool_], draw: random.Random) -> Box:
    return box_off(truth, [draw.uniform(0, _LOOSEST) for _ in range(4)])
