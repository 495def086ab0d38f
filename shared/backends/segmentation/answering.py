"""From a picture and its prompts to masks: training compares and the model server answers by this one way."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from shared.backends.base import Box, Segmented
from shared.backends.segmentation import prompts
from shared.backends.segmentation.base_model import CELLS, SegmentationBase
from shared.backends.segmentation.decoder import Decoder, Scene
from shared.backends.segmentation.learner import embed_tile
from shared.backends.segmentation.picture import Frame, PictureError, logits_to_picture, to_values
from shared.backends.segmentation.questions import box_token
from shared.backends.segmentation.tiles import Tile, paste, tiles_of

_AT_ONCE = 8  # prompts in one pass of the decoder: each costs some 60 MB
_DIGITS = 4


@dataclass(frozen=True)
class View:
    """One tile of a picture as the decoder reads it; it is encoded when it is first looked at."""

    tile: Tile
    encode: Callable[[], Tensor]

    @cached_property
    def cells(self) -> Tensor:
        """Shape (cells, 256)."""
        return self.encode()

    def frame(self, side: int) -> Frame:
        """How the tile lies in the square."""
        return Frame(self.tile.height, self.tile.width, side)


def views_of(
    base: SegmentationBase, pixels: NDArray[Any], *, parts: int, is_local: bool, device: str
) -> list[View]:
    """Every tile of a picture."""
    values = to_values(pixels).to(device)
    height, width = values.shape[1:]
    return [
        View(tile, partial(embed_tile, base, values, tile, is_local=is_local))
        for tile in tiles_of(height, width, parts=parts)
    ]


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
    shown = [_shown(box, [view.tile for view in views]) for box in boxes]
    for place, view in enumerate(views):
        asked = [number for number, tiles in enumerate(shown) if place in tiles]
        for start in range(0, len(asked), _AT_ONCE):
            some = asked[start : start + _AT_ONCE]
            parts = [_within(boxes[number], view.tile) for number in some]
            logits, quality = _decoded(decoder, base, view, boxes=parts)
            inside = logits_to_picture(logits, view.frame(base.side)).cpu().numpy() > 0
            for turn, number in enumerate(some):
                paste(masks[number], inside[turn], shown[number][place])
                heard[number].append((float(view.tile.height * view.tile.width), float(quality[turn])))
    return [Segmented(mask, _score(own)) for mask, own in zip(masks, heard, strict=True)]


def _shown(box: Box | None, tiles: Sequence[Tile]) -> dict[int, Tile]:
    """Which tiles a box is asked of, by their place, and what each answers for.

    The tile that shows the box whole, and its middle best, answers alone: an object that lies across a seam
    is not cut. Of a box that none shows whole, each answers for its part.
    """
    if box is None:
        return dict(enumerate(tiles))
    whole = [place for place, tile in enumerate(tiles) if tile.shows(box)]
    if whole:
        best = min(whole, key=lambda place: tiles[place].off_middle(box))
        return {best: tiles[best].alone}
    return {place: tile for place, tile in enumerate(tiles) if tile.touches(box)}


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
    """The part of a box that a tile shows, in pixels of the tile; None where the whole is asked for."""
    if box is None:
        return None
    x0, y0 = max(box[0] - tile.left, 0.0), max(box[1] - tile.top, 0.0)
    return x0, y0, min(box[2] - tile.left, tile.width - 1.0), min(box[3] - tile.top, tile.height - 1.0)


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
