"""A mask made fit to be learnt from, and what is wrong or doubtful about it; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker_collection.images.opening import ImageError

Array = NDArray[Any]
Box = tuple[float, float, float, float]
MOST_OBJECTS = 65_535
_WHOLE = 0.995  # of a picture: a mask that covers more says nothing
_OVERLAP = 0.05  # of the smaller of two objects
_INSIDE = 0.9  # of the mask: what a box must at least hold
_FEW_VALUES = 8  # a drawing with more grey values than that is a picture


@dataclass(frozen=True)
class Mask:
    """Which pixels are object: 0 outside, each other number one object; uint8, or uint16 for many.

    `doubts` are reasons for a person to look.
    """

    pixels: Array
    doubts: tuple[str, ...] = ()


def mask_of(drawings: Sequence[Array], shape: tuple[int, ...], *, instances: bool | None) -> Mask:
    """One mask out of what was drawn.

    Args:
        drawings: one array of any number type, or one for each object; a last axis of colours is folded.
        shape: of the picture without its colours.
        instances: whether each number of one array is an object of its own; None for what its values say:
            sixteen bits, or neighbouring numbers from 1 on, are objects.

    Raises:
        ImageError: `mask_of_another_size`, `mask_without_object`, `too_many_objects`.
    """
    flat = [one.max(axis=-1) if one.ndim == len(shape) + 1 else one for one in drawings]
    if any(one.shape != shape for one in flat):
        raise ImageError("mask_of_another_size")
    if not any(one.any() for one in flat):
        raise ImageError("mask_without_object")
    joined, doubts = (
        (_joined(flat), _overlaps(flat)) if len(flat) > 1 else _single(flat[0], instances=instances)
    )
    if float((joined > 0).mean()) > _WHOLE:
        doubts = (*doubts, "mask_covers_everything")
    return Mask(joined, doubts)


def is_drawing(pixels: Array) -> bool:
    """Whether an array has so few values that it is a mask rather than a picture."""
    return len(np.unique(pixels.reshape(-1)[:: max(1, pixels.size // 100_000)])) <= 2


def is_picture(pixels: Array) -> bool:
    """Whether an array has the many grey values of a picture, in no order of objects."""
    if pixels.dtype.kind not in "uib":
        return True
    values = np.unique(pixels)
    return len(values) > _FEW_VALUES and not _are_numbered(pixels, values)


def boxed(mask: Mask, box: Box) -> Mask:
    """The mask with a doubt where a box does not hold it.

    Raises:
        ImageError: `bad_box`: its corners are in no order, or it lies outside the picture.
    """
    rows, columns = mask.pixels.shape[-2:]
    x0, y0, x1, y1 = box
    if not (0 <= x0 < x1 <= columns and 0 <= y0 < y1 <= rows):
        raise ImageError("bad_box")
    object_pixels = mask.pixels > 0
    inside = object_pixels[..., int(y0) : int(np.ceil(y1)) + 1, int(x0) : int(np.ceil(x1)) + 1].sum()
    if inside < _INSIDE * object_pixels.sum():
        return Mask(mask.pixels, (*mask.doubts, "box_without_mask"))
    return mask


def _single(drawing: Array, *, instances: bool | None) -> tuple[Array, tuple[str, ...]]:
    values = np.unique(drawing)
    objects = values[values != 0]
    numbered = _are_numbered(drawing, values) if instances is None else instances
    if numbered and len(objects) > 1:
        if len(objects) > MOST_OBJECTS:
            raise ImageError("too_many_objects")
        place = np.searchsorted(objects, drawing) + 1
        numbers = np.where(drawing != 0, place, 0)
        return numbers.astype(np.uint8 if len(objects) < 256 else np.uint16), ()
    if instances is None and is_picture(drawing):
        return (drawing > (drawing.max() / 2)).astype(np.uint8), ("mask_of_many_values",)
    return (drawing != 0).astype(np.uint8), ()


def _are_numbered(drawing: Array, values: Array) -> bool:
    """Whether the values are numbers of objects: sixteen bits or more, or 1, 2, 3 … nearly without gaps."""
    if drawing.dtype.kind not in "ui" or len(values) <= 2:
        return False
    compact = values[-1] <= 2 * len(values)
    return bool(compact if drawing.dtype.itemsize == 1 else values[-1] <= MOST_OBJECTS)


def _joined(drawings: Sequence[Array]) -> Array:
    joined = np.zeros(drawings[0].shape, np.uint16 if len(drawings) > 255 else np.uint8)
    for number, one in enumerate(drawings, start=1):
        joined[(one != 0) & (joined == 0)] = number
    return joined


def _overlaps(drawings: Sequence[Array]) -> tuple[str, ...]:
    """Objects that lie on one another contradict themselves."""
    depth = np.sum([one != 0 for one in drawings], axis=0)
    for one in drawings:
        area = int((one != 0).sum())
        if area == 0:
            return ("mask_without_object",)
        if int(((one != 0) & (depth > 1)).sum()) > _OVERLAP * area:
            return ("masks_overlap",)
    return ()
