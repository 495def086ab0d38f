"""Which parts of a picture the encoder sees, each in a square of its own.

Thin structures do not survive the decoder's grid: a picture whose masks lose too much on it is cut.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.backends.segmentation.picture import Frame, logits_to_picture, mask_to_grid
from shared.domain.masks import Overlap

LEAST_OVERLAP = 0.985  # that the grid leaves of the masks
MOST_PARTS = 4
_MARGIN = 16  # a tile sees a sixteenth of itself beyond what it answers for


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

    def of(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """What is seen of an array whose first axes are rows and columns."""
        return pixels[self.top : self.bottom, self.left : self.right]


def tiles_of(height: int, width: int, *, parts: int, side: int) -> list[Tile]:
    """The tiles of a picture, row by row; one that fits the encoder's square is not cut."""
    count = max(1, min(parts, math.ceil(max(height, width) / side), height, width))
    return [
        Tile(max(0, top - down), min(height, bottom + down), max(0, left - over), min(width, right + over),
             (top, bottom, left, right))
        for top, bottom, down in _spans(height, count)
        for left, right, over in _spans(width, count)
    ]  # fmt: skip


def parts_for(masks: Iterable[NDArray[Any]], *, side: int, grid: int) -> int:
    """The fewest parts a side with which the masks of a training set survive the grid."""
    kept = [mask for mask in masks if mask.any()]
    for parts in range(1, MOST_PARTS):
        overlaps = [_round_trip(mask, parts, side=side, grid=grid) for mask in kept]
        if not overlaps or sum(overlaps) / len(overlaps) >= LEAST_OVERLAP:
            return parts
    return MOST_PARTS


def _spans(length: int, count: int) -> Iterator[tuple[int, int, int]]:
    edges = [round(length * number / count) for number in range(count + 1)]
    for begin, end in zip(edges, edges[1:], strict=False):
        yield begin, end, 0 if count == 1 else math.ceil((end - begin) / _MARGIN)


def _round_trip(mask: NDArray[Any], parts: int, *, side: int, grid: int) -> float:
    back = np.zeros(mask.shape, dtype=bool)
    for tile in tiles_of(*mask.shape, parts=parts, side=side):
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
