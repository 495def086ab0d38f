"""The rows of one picture: one for each structure drawn on it, or one that waits for a mask."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from shared.storage.pictures import Picture
from worker_collection.dicom.geometry import Grid, filled
from worker_collection.dicom.masks import Mask
from worker_collection.dicom.shelf import Due
from worker_collection.dicom.take import Shot
from worker_collection.sources.base import Broken, Row

Save = Callable[[Picture], str]
_OUTSIDE = 1.0  # pixels beyond the edge that are rounding
_RANK = {"approved": 3, "amended": 3, "": 1, "unapproved": 1, "rejected": 2}


def rows_of(due: Due, *, save: Save) -> list[Row | Broken]:
    """Every row of a picture; a mask that does not fit costs itself.

    Args:
        due: the picture with its masks.
        save: stores a mask and answers its key.
    """
    base = {**due.shot.person, "source_id": due.key}
    rows: list[Row | Broken] = []
    for structure, masks in _by_structure(due.masks).items():
        made = _drawn(masks, due.shot)
        key = f"{due.key}#{'-'.join(structure.casefold().split())}"
        if isinstance(made, str):
            rows.append(Broken(key, made))
            continue
        pixels, doubts = made
        one = masks[0]
        picture = {**due.shot.pictured, "mask": save(_as_picture(pixels, due.shot))}
        picture |= {"status": one.status, "doubts": [*due.shot.pictured["doubts"], *doubts]}
        said = {"diagnosis": structure, "validated_by": one.by, "validated_at": one.at or None}
        rows.append({**base, "source_id": key, "picture": picture, **said})
    if not any(not isinstance(row, Broken) for row in rows):
        rows.append({**base, "picture": due.shot.pictured})
    return rows + [row for row in rows if not isinstance(row, Broken)] * due.copies


def _as_picture(mask: NDArray[np.uint8], shot: Shot) -> Picture:
    grid = shot.place()
    spacing = grid.spacing if grid is not None and mask.ndim == 2 else ()
    return Picture(mask, "yx" if mask.ndim == 2 else "zyx", spacing)


def _by_structure(masks: Sequence[tuple[bytes, Mask]]) -> dict[str, list[Mask]]:
    """The masks of each structure, all of one label: a reviewed one before others, then the latest."""
    labels: dict[str, dict[bytes, list[Mask]]] = {}
    for label, mask in masks:
        labels.setdefault(mask.structure, {}).setdefault(label, []).append(mask)
    return {name: max(found.items(), key=_weight)[1] for name, found in sorted(labels.items())}


def _weight(entry: tuple[bytes, list[Mask]]) -> tuple[int, str, bytes]:
    label, masks = entry
    return _RANK.get(masks[0].status.casefold(), 0), masks[0].at, label


def _drawn(masks: Sequence[Mask], shot: Shot) -> tuple[NDArray[np.uint8], list[str]] | str:
    """One mask of the picture's shape with what is doubtful about it, or why there is none."""
    frames, rows, columns = shot.shape
    whole = np.zeros((frames or 1, rows, columns), bool)
    doubts: set[str] = set()
    for mask in masks:
        if mask.frame > max(frames, 1):
            return "mask_of_another_picture"
        plane = _plane(mask, shot.place(), (rows, columns), doubts=doubts)
        if isinstance(plane, str):
            return plane
        whole[max(mask.frame - 1, 0)] |= plane
    if not whole.any():
        return "mask_outside_image" if doubts else "mask_without_object"
    return (whole if frames else whole[0]).astype(np.uint8), sorted(doubts)


def _plane(
    mask: Mask, grid: Grid | None, shape: tuple[int, int], *, doubts: set[str]
) -> NDArray[np.bool_] | str:
    """One mask on one frame."""
    if mask.bits:
        return mask.pixels() if tuple(mask.shape) == shape else "mask_of_another_size"
    if grid is None:
        return "picture_without_place"
    outlines = [grid.pixels_of(points) for points in mask.contours]
    corners = np.concatenate(outlines)
    edges = np.array(shape) - 1
    if (corners < -0.5 - _OUTSIDE).any() or (corners > edges + 0.5 + _OUTSIDE).any():
        doubts.add("mask_outside_image")
    return filled(outlines, shape)
