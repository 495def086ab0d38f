"""What a segmenter is asked of a picture with a known mask, and how well its answers agree with it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from shared.domain.metrics import Z95, Estimate, NothingMeasuredError

Box = tuple[float, float, float, float]  # x0, y0, x1, y1 in pixels of the picture
MOST_OBJECTS = 8  # of one picture that are asked for one by one
HALF = 0.5  # of a pixel: from its middle, where boxes count from, to its edge, where an object ends
_LOOSE = 3 / 256  # of the picture's longest side, how far a box stands off its object
_SNUG = 1 / 8  # of the object's own longest side, the farthest: small objects are boxed closely


@dataclass(frozen=True)
class Question:
    """One prompt, None for the whole picture, with its truth.

    Attributes:
        kind: "given" for a box that came with the case, "whole", "box" around all, "object" around one.
    """

    kind: str
    box: Box | None
    truth: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Overlap:
    """Pixels in both masks, in each, and in the picture."""

    both: int
    given: int
    truth: int
    pixels: int

    @classmethod
    def of(cls, given: npt.NDArray[Any], truth: npt.NDArray[Any]) -> "Overlap":
        """Count; both masks have one shape, and what is not 0 is inside."""
        inside, wanted = given.astype(bool), truth.astype(bool)
        return cls(int((inside & wanted).sum()), int(inside.sum()), int(wanted.sum()), inside.size)

    @classmethod
    def over(cls, parts: Sequence["Overlap"]) -> "Overlap":
        """The slices of a volume, or other parts of one picture, counted together."""
        return cls(
            *(sum(getattr(part, name) for part in parts) for name in ("both", "given", "truth", "pixels"))
        )

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


def questions(
    mask: npt.NDArray[Any], *, given: Box | None = None, most: int = MOST_OBJECTS
) -> list[Question]:
    """Everything that is asked of one picture; of many objects some, at equal distances.

    The whole picture and the box around everything ask for all objects together, a box around one object for
    that one, and a box that came with the case for the objects of which more than half lies within it.
    """
    objects = objects_of(mask)
    asked = [] if given is None else [Question("given", given, meant_by(given, mask))]
    asked.append(Question("whole", None, mask != 0))
    if not objects:
        return asked
    asked.append(Question("box", loose_box(mask != 0), mask != 0))
    some = [mask == number for number in objects[:: -(-len(objects) // most)]]
    return asked + [Question("object", loose_box(one), one) for one in some]


def loose_box(truth: npt.NDArray[np.bool_]) -> Box:
    """The box that stands 3 in 256 of the longest side off an object, and less off a small one."""
    return box_off(truth, [1.0] * 4)


def box_off(truth: npt.NDArray[np.bool_], by: Sequence[float]) -> Box:
    """The box whose edges stand so many times that far off an object: 0 touches it, 1 is the loose box.

    Args:
        truth: the object, shape (height, width), True inside, somewhere.
        by: of the left, upper, right and lower edge.
    """
    box = box_around(truth)
    assert box is not None, "an object has a box"
    off = min(_LOOSE * max(truth.shape), _SNUG * longest_side(box))
    return moved(box, truth.shape, [HALF + share * off for share in by])


def longest_side(box: Box) -> float:
    """How many pixels a box spans, the outer ones included, where it is longest."""
    return max(box[2] - box[0], box[3] - box[1]) + 2 * HALF


def moved(box: Box, shape: tuple[int, ...], by: Sequence[float]) -> Box:
    """Each edge moved outward; the box stays in the picture and keeps a pixel."""
    height, width = shape[0], shape[1]
    x0, y0 = max(0.0, box[0] - by[0]), max(0.0, box[1] - by[1])
    x1, y1 = min(width - 1.0, box[2] + by[2]), min(height - 1.0, box[3] + by[3])
    return (x0, y0, x1, y1) if x1 > x0 and y1 > y0 else box


def box_around(mask: npt.NDArray[Any]) -> Box | None:
    """The box around what is not 0 (x0, y0, x1, y1), last row and column included; None around nothing."""
    rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
    if len(rows) == 0:
        return None
    return float(columns[0]), float(rows[0]), float(columns[-1]), float(rows[-1])


def meant_by(box: Box, mask: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
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
