"""From a picture and its prompts to masks: training compares and the model server answers by this one way."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from shared.backends.base import Box, Segmented
from shared.backends.segmentation import prompts
from shared.backends.segmentation.base_model import CELLS, SegmentationBase
from shared.backends.segmentation.decoder import Decoder, Scene
from shared.backends.segmentation.learner import embed
from shared.backends.segmentation.picture import Frame, PictureError, logits_to_picture, to_square, to_values
from shared.backends.segmentation.questions import box_token
from shared.backends.segmentation.tiles import Tile, paste, tiles_of

_AT_ONCE = 8  # prompts in one pass of the decoder: each costs some 60 MB
_DIGITS = 4


@dataclass(frozen=True)
class View:
    """One tile of a picture as the decoder reads it; `cells` has the shape (cells, 256)."""

    tile: Tile
    cells: Tensor

    def frame(self, side: int) -> Frame:
        """How the tile lies in the square."""
        return Frame(self.tile.height, self.tile.width, side)


def views_of(base: SegmentationBase, pixels: NDArray[Any], *, parts: int, device: str) -> list[View]:
    """Encode every tile of a picture."""
    values = to_values(pixels).to(device)
    height, width = values.shape[1:]
    found = []
    for tile in tiles_of(height, width, parts=parts, side=base.side):
        part = values[:, tile.top : tile.bottom, tile.left : tile.right]
        found.append(View(tile, embed(base, to_square(part, base.side)[0][None])[0]))
    return found


def answer(
    decoder: Decoder, base: SegmentationBase, views: Sequence[View], *, boxes: Sequence[Box | None]
) -> list[Segmented]:
    """One mask a box, in order; None asks for the whole picture.

    Raises:
        PictureError: a box is not one of the picture.
    """
    height = max(view.tile.bottom for view in views)
    width = max(view.tile.right for view in views)
    for box in boxes:
        _check(box, height, width)
    masks = [np.zeros((height, width), dtype=bool) for _ in boxes]
    heard: list[list[tuple[float, float]]] = [[] for _ in boxes]  # area and expected overlap of each tile
    for view in views:
        parts = [(number, _within(box, view.tile)) for number, box in enumerate(boxes)]
        asked = [(number, part) for number, part in parts if part is not _BESIDE]
        for start in range(0, len(asked), _AT_ONCE):
            some = asked[start : start + _AT_ONCE]
            logits, quality = _decoded(decoder, base, view, boxes=[part for _, part in some])
            inside = logits_to_picture(logits, view.frame(base.side)).cpu().numpy() > 0
            for place, (number, _) in enumerate(some):
                paste(masks[number], inside[place], view.tile)
                heard[number].append((float(view.tile.height * view.tile.width), float(quality[place])))
    return [Segmented(mask, _score(own)) for mask, own in zip(masks, heard, strict=True)]


_BESIDE: Box = (-1.0, -1.0, -1.0, -1.0)  # a box that a tile does not see


def _decoded(
    decoder: Decoder, base: SegmentationBase, view: View, *, boxes: Sequence[Box | None]
) -> tuple[Tensor, Tensor]:
    """Mask logits on the grid and expected overlaps."""
    frame = view.frame(base.side)
    tokens = torch.cat([box_token(base.weights, box, frame) for box in boxes]).to(view.cells.device)
    cells = (view.cells + prompts.no_mask(base.weights).to(view.cells.dtype)).float()[None]
    scene = Scene(
        cells, prompts.grid(base.weights, CELLS), torch.zeros(len(boxes), dtype=torch.long).to(cells.device)
    )
    with torch.no_grad():
        return decoder.masks(scene, tokens)


def _within(box: Box | None, tile: Tile) -> Box | None:
    """A box in the pixels of a tile; None where it covers all of it."""
    if box is None:
        return None
    x0, y0 = max(box[0] - tile.left, 0.0), max(box[1] - tile.top, 0.0)
    x1 = min(box[2] - tile.left, tile.width - 1.0)
    y1 = min(box[3] - tile.top, tile.height - 1.0)
    return (x0, y0, x1, y1) if x1 > x0 and y1 > y0 else _BESIDE


def _score(heard: Sequence[tuple[float, float]]) -> float:
    area = sum(pixels for pixels, _ in heard)
    if not area:
        return 0.0
    mean = sum(pixels * quality for pixels, quality in heard) / area
    return round(min(1.0, max(0.0, mean)), _DIGITS)


def _check(box: Box | None, height: int, width: int) -> None:
    if box is None:
        return
    x0, y0, x1, y1 = box
    if not (x1 > x0 and y1 > y0 and x1 > 0 and y1 > 0 and x0 < width - 1 and y0 < height - 1):
        fix = f"x0 < x1 and y0 < y1 in pixels of a picture of {width} by {height}"
        raise PictureError("the box holds nothing of the picture", field="box", fix=fix)
