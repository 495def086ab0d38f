"""Where a picture lies in the patient, and where a contour falls on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
_BIN_MM = 0.5
_SAME_MM = 0.15  # planes closer than that are one


@dataclass(frozen=True)
class Grid:
    """The pixel grid of one slice.

    Attributes:
        origin: of the centre of the first pixel, in mm (x, y, z) of the patient.
        turned: direction of the columns' index, then of the rows' index; six cosines.
        spacing: mm between rows, then between columns.
    """

    origin: tuple[float, float, float]
    turned: tuple[float, float, float, float, float, float]
    spacing: tuple[float, float]

    @classmethod
    def of(cls, header: Any, pixels: Any = None) -> "Grid | None":
        """The grid that a header (or a frame's part of it) tells; None where it does not."""
        measures = pixels if pixels is not None else header
        try:
            origin = tuple(float(value) for value in header.ImagePositionPatient)
            turned = tuple(float(value) for value in header.ImageOrientationPatient)
            spacing = tuple(float(value) for value in measures.PixelSpacing)
        except (AttributeError, TypeError, ValueError):
            return None
        if (len(origin), len(turned), len(spacing)) != (3, 6, 2) or min(spacing) <= 0:
            return None
        return cls(origin, turned, spacing)  # type: ignore[arg-type]

    def normal(self) -> Vector:
        """The unit vector across the slice, its largest component positive."""
        return _upward(np.cross(self.turned[:3], self.turned[3:]))

    def height(self) -> float:
        """How far the slice lies along its normal, in mm."""
        return float(self.normal() @ np.array(self.origin))

    def pixels_of(self, points: Sequence[float]) -> NDArray[np.float64]:
        """Points (x, y, z, x, y, z, …) in mm as rows and columns, shape (n, 2); whole numbers are centres."""
        off = np.array(points, np.float64).reshape(-1, 3) - np.array(self.origin)
        column = off @ np.array(self.turned[:3]) / self.spacing[1]
        row = off @ np.array(self.turned[3:]) / self.spacing[0]
        return np.stack([row, column], axis=1)  # (n, 2)


def plane_of_points(points: Sequence[float]) -> tuple[Vector, float] | None:
    """The normal and the height of a flat contour; None for fewer than three points that span a plane."""
    at = np.array(points, np.float64).reshape(-1, 3)
    if len(at) < 3:
        return None
    area = sum(np.cross(at[i] - at[0], at[i + 1] - at[0]) for i in range(1, len(at) - 1))
    length = float(np.linalg.norm(area))
    if length < 1e-9:
        return None
    normal = _upward(np.asarray(area) / length)
    return normal, float(normal @ at.mean(axis=0))


def plane_names(series: str, normal: Vector, height: float, *, beside: bool = False) -> list[str]:
    """The name under which a plane of a series is found, with its neighbours' where `beside`."""
    axis = ",".join(f"{value:.1f}" for value in np.round(normal, 1) + 0.0)
    near = floor(height / _BIN_MM)
    return [f"{series}|{axis}|{near + step}" for step in ((0, -1, 1) if beside else (0,))]


def is_same_plane(one: float, other: float) -> bool:
    """Whether two heights along one normal are one slice."""
    return abs(one - other) <= _SAME_MM


def filled(outlines: Sequence[NDArray[np.float64]], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """The pixels whose centres lie inside, by the even-odd rule: an outline inside another is a hole.

    Args:
        outlines: rows and columns of the corners of each, shape (n, 2).
        shape: rows and columns of the picture.
    """
    inside = np.zeros(shape, bool)
    columns = np.arange(shape[1])
    for outline in outlines:
        row, column = outline[:, 0], outline[:, 1]
        row_after, column_after = np.roll(row, -1), np.roll(column, -1)
        low = max(0, int(np.ceil(row.min())))
        high = min(shape[0] - 1, int(np.floor(row.max())))
        for y in range(low, high + 1):
            crossing = (row <= y) != (row_after <= y)
            share = (y - row[crossing]) / (row_after[crossing] - row[crossing])
            at = column[crossing] + share * (column_after[crossing] - column[crossing])
            inside[y] ^= (np.searchsorted(np.sort(at), columns, side="right") % 2).astype(bool)
    return inside


def _upward(vector: NDArray[Any]) -> Vector:
    length = float(np.linalg.norm(vector))
    unit = np.asarray(vector, np.float64) / (length or 1.0)
    return unit if unit[int(np.argmax(np.abs(unit)))] >= 0 else -unit
