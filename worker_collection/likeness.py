"""What a picture is known by: its exact pixels, marks of its outline in several strengths, and a sketch."""

import hashlib
from functools import lru_cache
from itertools import product
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from worker_collection.alike import POINTS, UNSEEN, Likeness

Plain = NDArray[np.float32]

_GRID = (16, 17)  # thumbnail: 16 rows of 16 differences
_BAND_ROWS = 2  # rows of differences in one mark
_STEPS = (0.015, 0.05, 0.12)  # of the range: a smaller difference is none


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
    values[:, rows >= seen - 4 if seen < plain.shape[0] else rows < 0] = UNSEEN
    return bytes(np.rint(values).astype(np.int8).tobytes())


@lru_cache(maxsize=64)
def _points(rows: int, columns: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The same places for every picture of a shape."""
    random = np.random.default_rng(rows * 100_003 + columns)
    return random.integers(0, rows, POINTS), random.integers(0, columns, POINTS)
