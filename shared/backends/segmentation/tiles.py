"""Which parts of a picture the encoder sees, each in a square of its own.

Thin structures do not survive the decoder's grid, and objects of a few cells have no outline: where the
masks of a set lose too much, or its objects are too small, its pictures are cut, and each part is enlarged.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.backends.base import Box
from shared.backends.segmentation.picture import Frame, logits_to_picture, mask_to_grid
from shared.domain.masks import Overlap

LEAST_OVERLAP = 0.985  # that the grid leaves of the masks
LEAST_OBJECT = 1 / 8  # of a tile's longest side, what the usual object spans
MOST_PARTS = 4
_MARGIN = 8  # a tile sees an eighth of itself beyond what it answers for


@dataclass(frozen=True)
class Tile:
    """Rows and columns that are seen, and those within them that are answered for; ends are excluded."""

    top: int
    bottom: int
    left: int
    right: int
    core: tuple[int, int, int, int]  # top, bottom, left, right in pixels of the picture

    @property
    def height(self) -> int:
        """Rows that are seen."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """Columns that are seen."""
        return self.right - self.left

    def shows(self, box: Box) -> bool:
        """Whether all of a box is seen."""
        x0, y0, x1, y1 = box
        return self.left <= x0 and self.top <= y0 and x1 <= self.right - 1 and y1 <= self.bottom - 1

    def touches(self, box: Box) -> bool:
        """Whether some of a box is seen."""
        x0, y0, x1, y1 = box
        return min(x1, self.right - 1) > max(x0, self.left) and min(y1, self.bottom - 1) > max(y0, self.top)

    def off_middle(self, box: Box) -> float:
        """How far the middle of a box lies from the tile's, along the axis where it is farther."""
        across = abs(box[0] + box[2] - self.left - self.right)
        return max(across, abs(box[1] + box[3] - self.top - self.bottom)) / 2

    @property
    def alone(self) -> "Tile":
        """The same, answering for all it sees."""
        return replace(self, core=(self.top, self.bottom, self.left, self.right))

    def of(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """What is seen of an array whose first axes are rows and columns."""
        return pixels[self.top : self.bottom, self.left : self.right]


def tiles_of(height: int, width: int, *, parts: int) -> list[Tile]:
    """The tiles of a picture, row by row; so many a side, or as many as it has pixels."""
    count = max(1, min(parts, height, width))
    return [
        Tile(max(0, top - down), min(height, bottom + down), max(0, left - over), min(width, right + over),
             (top, bottom, left, right))
        for top, bottom, down in _spans(height, count)
        for left, right, over in _spans(width, count)
    ]  # fmt: skip


def parts_for(masks: Iterable[NDArray[Any]], *, side: int, grid: int) -> int:
    """The fewest parts a side with which a set's masks survive the grid and its objects are large enough."""
    kept = [mask for mask in masks if mask.any()]
    if not kept:
        return 1
    for parts in range(parts_of_objects(kept), MOST_PARTS):
        overlaps = [_round_trip(mask, parts, side=side, grid=grid) for mask in kept]
        if sum(overlaps) / len(overlaps) >= LEAST_OVERLAP:
            return parts
    return MOST_PARTS


def parts_of_objects(masks: Sequence[NDArray[Any]]) -> int:
    """The fewest parts a side with which the usual object is large enough, whether the masks survive or not.

    A set that must be cut finer than that is one of lines, such as vessels.
    """
    sizes = [_usual_object(mask) for mask in masks if mask.any()]
    return min(MOST_PARTS, math.ceil(LEAST_OBJECT / median(sizes))) if sizes else 1


def _usual_object(mask: NDArray[Any]) -> float:
    """The side of a square as large as the median object, as a share of the picture's longest side."""
    counted = np.unique(mask, return_counts=True)[1][int(not mask.all()) :]
    longest: int = max(mask.shape)
    return math.sqrt(float(np.median(counted))) / longest


def _spans(length: int, count: int) -> Iterator[tuple[int, int, int]]:
    edges = [round(length * number / count) for number in range(count + 1)]
    for begin, end in zip(edges, edges[1:], strict=False):
        yield begin, end, 0 if count == 1 else math.ceil((end - begin) / _MARGIN)


def _round_trip(mask: NDArray[Any], parts: int, *, side: int, grid: int) -> float:
    back = np.zeros(mask.shape, dtype=bool)
    for tile in tiles_of(*mask.shape, parts=parts):
        frame = Frame(tile.height, tile.width, side)
        share = mask_to_grid(tile.of(mask), frame, grid)
        found = logits_to_picture(share[None] - 0.5, frame)[0].numpy() > 0
        paste(back, found, tile)
    return Overlap.of(back, mask != 0).dice


def paste(whole: NDArray[Any], part: NDArray[Any], tile: Tile) -> None:
    """Write a tile's answer where it answers."""
    top, bottom, left, right = tile.core
    whole[top:bottom, left:right] = part[
        top - tile.top : bottom - tile.top, left - tile.left : right - tile.left
    ]
