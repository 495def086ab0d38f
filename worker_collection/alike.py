"""Whether two pictures are one: exactly, by their pixels; after a lossy re-encoding, by marks and a sketch.

Pure and in linear time: a picture is looked up by its marks, and the few that share one are compared by
sketches of a kilobyte. Neighbouring slices of a volume share marks often; what tells them apart is their fine
structure, which a lossy codec keeps and the next slice does not have.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Plain = NDArray[np.float32]

POINTS = 1024
_GRID = (16, 17)  # thumbnail: 16 rows of 16 differences are 256 bits
_BAND_ROWS = 2  # rows of differences in one mark
_STEPS = (0.015, 0.05, 0.12)  # of the range: a smaller difference is none
_COARSE, _FINE = 0.995, 0.9  # least correlation of two that are one
_UNSEEN = -128
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


def likeness(pixels: NDArray[Any], axes: str, *, present: float = 1.0) -> Likeness:
    """What a picture will be known by.

    Args:
        pixels: one picture of any number type.
        axes: `yx`, `yxc`, `zyx` or `zyxc`.
        present: share of the values that the file held; what lies behind it is not looked at.
    """
    grey = _grey(pixels, axes)
    digest = hashlib.sha256(f"{grey.shape} ".encode() + _exact(grey)).hexdigest()
    frame = grey if grey.ndim == 2 else grey[len(grey) // 2]
    seen = frame.shape[0] if present >= 1 or grey.ndim == 3 else max(1, int(frame.shape[0] * present))
    plain = _plain(frame[:seen])
    whole = np.zeros(frame.shape, np.float32)
    whole[:seen] = plain
    return Likeness(digest, (_mark(digest), *_bands(whole, grey.shape)), _sketch(whole, seen))


def is_same(one: Likeness, other: Likeness) -> bool:
    """Whether two pictures of one shape are the same but for what a codec lost."""
    if one.digest == other.digest:
        return True
    first, second = (np.frombuffer(each.sketch, np.int8).reshape(2, -1) for each in (one, other))
    both = (first[0] != _UNSEEN) & (second[0] != _UNSEEN)
    if both.sum() < _MIN_SEEN:
        return False
    coarse, fine = (_correlation(first[row][both], second[row][both]) for row in (0, 1))
    return coarse >= _COARSE and fine >= _FINE


def _grey(pixels: NDArray[Any], axes: str) -> NDArray[Any]:
    """Shape (rows, columns) or (frames, rows, columns); colours weighed unless they are grey."""
    if axes[-1] != "c":
        return pixels
    if pixels.shape[-1] == 1 or bool((pixels[..., :1] == pixels).all()):
        return pixels[..., 0]
    weights = np.array([299, 587, 114], np.int64)
    return np.asarray((pixels[..., :3].astype(np.int64) * weights).sum(axis=-1))


def _exact(grey: NDArray[Any]) -> bytes:
    if grey.dtype.kind == "f":
        return np.ascontiguousarray(grey, "<f8").tobytes()
    return np.ascontiguousarray(grey.astype(np.int64) - int(grey.min()), "<i8").tobytes()


def _plain(frame: NDArray[Any]) -> Plain:
    values = np.nan_to_num(frame.astype(np.float32))
    low, high = np.percentile(values, (1, 99))
    shown: Plain = np.clip((values - low) / max(float(high - low), 1e-6), 0, 1).astype(np.float32)
    return shown


def _bands(plain: Plain, shape: tuple[int, ...]) -> list[int]:
    """Marks of the thumbnail, two rows each; rows without any structure mark nothing."""
    small = cv2.resize(plain, (_GRID[1], _GRID[0]), interpolation=cv2.INTER_AREA)
    steps = small[:, 1:] - small[:, :-1]
    marks = []
    for row, least in product(range(0, _GRID[0], _BAND_ROWS), _STEPS):
        band = steps[row : row + _BAND_ROWS]
        bits = np.concatenate([band > least, band < -least])
        if bits.sum() >= _BAND_ROWS * 2:
            marks.append(_mark(f"{shape} {row} {least} {np.packbits(bits).tobytes().hex()}"))
    return marks


def _mark(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big", signed=True)


def _sketch(plain: Plain, seen: int) -> bytes:
    rows, columns = _points(plain.shape[0], plain.shape[1])
    side = max(plain.shape) / 32
    coarse = cv2.GaussianBlur(plain, (0, 0), max(1.0, side))
    fine = cv2.GaussianBlur(plain, (0, 0), 0.8) - cv2.GaussianBlur(plain, (0, 0), 3.0)
    fine = fine / max(float(fine[:seen].std()), 1e-6)
    values = np.stack([coarse[rows, columns] * 254 - 127, np.clip(fine[rows, columns] * 40, -127, 127)])
    values[:, rows >= seen - 4 if seen < plain.shape[0] else rows < 0] = _UNSEEN
    return bytes(np.rint(values).astype(np.int8).tobytes())


@lru_cache(maxsize=64)
def _points(rows: int, columns: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The same places for every picture of a shape."""
    random = np.random.default_rng(rows * 100_003 + columns)
    return random.integers(0, rows, POINTS), random.integers(0, columns, POINTS)


def _correlation(one: NDArray[np.int8], other: NDArray[np.int8]) -> float:
    first, second = one.astype(np.float64), other.astype(np.float64)
    first, second = first - first.mean(), second - second.mean()
    norm = float(np.sqrt((first @ first) * (second @ second)))
    return float(first @ second) / norm if norm > 0 else float(np.array_equal(one, other))
