"""How well masks agree: Dice and IoU of each, and their means with intervals over persons."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from shared.domain.metrics import Z95, Estimate, NothingMeasuredError


@dataclass(frozen=True)
class Overlap:
    """Pixels in both masks, and in each."""

    both: int
    given: int
    truth: int

    @classmethod
    def of(cls, given: npt.NDArray[Any], truth: npt.NDArray[Any]) -> "Overlap":
        """Count; both masks have one shape, and what is not 0 is inside."""
        inside, wanted = given.astype(bool), truth.astype(bool)
        return cls(int((inside & wanted).sum()), int(inside.sum()), int(wanted.sum()))

    @property
    def dice(self) -> float:
        """Twice the common part over both; 1 when both are empty."""
        total = self.given + self.truth
        return 2 * self.both / total if total else 1.0

    @property
    def iou(self) -> float:
        """The common part over the union; 1 when both are empty."""
        union = self.given + self.truth - self.both
        return self.both / union if union else 1.0


def mean_of(values: Sequence[tuple[str, float]]) -> Estimate:
    """The mean of values between 0 and 1 with its 95 % interval; `n` counts the values.

    The slices of one person are alike, so the error comes from how persons differ, not pictures.

    Args:
        values: whose it is, and the value.

    Raises:
        NothingMeasuredError: there are none.

    Source: cluster-robust variance of a mean, Liang and Zeger, Biometrika 1986.
    """
    if not values:
        raise NothingMeasuredError
    mean = sum(value for _, value in values) / len(values)
    error = error_of(values)
    return Estimate(mean, max(0.0, mean - Z95 * error), min(1.0, mean + Z95 * error), len(values))


def error_of(values: Sequence[tuple[str, float]]) -> float:
    """The standard error of the mean over persons; 1, which is to know nothing, where there is one person."""
    mean = sum(value for _, value in values) / len(values)
    pulls: dict[str, float] = defaultdict(float)
    for person, value in values:
        pulls[person] += value - mean
    persons = len(pulls)
    if persons < 2:
        return 1.0
    spread = sum(pull * pull for pull in pulls.values()) * persons / (persons - 1)
    return sqrt(spread) / len(values)


def objects_of(mask: npt.NDArray[Any]) -> list[int]:
    """The numbers of the objects in a mask, in order."""
    return [int(number) for number in np.unique(mask) if number != 0]


def box_around(mask: npt.NDArray[Any]) -> tuple[float, float, float, float] | None:
    """The box around what is not 0 (x0, y0, x1, y1), last row and column included; None around nothing."""
    rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
    if len(rows) == 0:
        return None
    return float(columns[0]), float(rows[0]), float(columns[-1]), float(rows[-1])


def meant_by(box: tuple[float, float, float, float], mask: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """What a box asks for: the objects of which more than half lies within it."""
    x0, y0, x1, y1 = (round(edge) for edge in box)
    within = np.zeros(mask.shape, dtype=bool)
    within[max(0, y0) : max(0, y1 + 1), max(0, x0) : max(0, x1 + 1)] = True
    mask = mask.astype(np.int64)
    top = int(mask.max(initial=0))
    counted = np.bincount(mask.ravel(), minlength=top + 1)
    inside = np.bincount(mask[within].ravel(), minlength=top + 1)
    wanted = inside * 2 > counted
    wanted[0] = False
    found: npt.NDArray[np.bool_] = wanted[mask]
    return found
