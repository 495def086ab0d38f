"""Whether two pictures are one: exactly, by their pixels; after a lossy re-encoding, by a sketch.

In linear time: a picture is looked up by its marks, and the few that share one are compared by sketches of
two kilobytes. Neighbouring slices of a volume share marks often; what tells them apart is their fine
structure, which a lossy codec keeps and the next slice does not have.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

POINTS = 1024
UNSEEN = -128
_COARSE, _FINE = 0.995, 0.952  # least correlation of two that are one
_MIN_SEEN = 256  # points that both must have


@dataclass(frozen=True)
class Likeness:
    """What a picture is known by.

    Attributes:
        digest: hexadecimal, equal for equal pixels whatever their number type, offset or grey as colour.
        marks: signed 64-bit numbers; two of one picture share at least one.
        sketch: coarse and fine values at `POINTS` places, an int8 each.
    """

    digest: str
    marks: tuple[int, ...]
    sketch: bytes


def is_same(one: Likeness, other: Likeness) -> bool:
    """Whether two pictures of one shape are the same but for what a codec lost."""
    if one.digest == other.digest:
        return True
    first, second = (np.frombuffer(each.sketch, np.int8).reshape(2, -1) for each in (one, other))
    both = (first[0] != UNSEEN) & (second[0] != UNSEEN)
    if both.sum() < _MIN_SEEN:
        return False
    coarse, fine = (_correlation(first[row][both], second[row][both]) for row in (0, 1))
    return coarse >= _COARSE and fine >= _FINE


def _correlation(one: NDArray[np.int8], other: NDArray[np.int8]) -> float:
    first, second = one.astype(np.float64), other.astype(np.float64)
    first, second = first - first.mean(), second - second.mean()
    norm = float(np.sqrt((first @ first) * (second @ second)))
    return float(first @ second) / norm if norm > 0 else float(np.array_equal(one, other))
