"""How a picture is shown to a reader of text: grey, with its local contrast raised."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]  # shape (rows, columns)
Plain = NDArray[np.float32]  # the same, 0 to 1

_SPREAD = 12.0  # pixels around which contrast is local: a few letters
_LEAST = 0.01  # of the range: what differs less is noise
_SAMPLES = 16  # frames of a long film that are read one by one
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_COLOURED = 0.08  # mean difference of the channels from which on colour can carry text


Look = Callable[[NDArray[Any]], Iterable[Plain]]


def looks(pixels: NDArray[Any], axes: str) -> list[Look]:
    """The ways to look at a picture, each applied to it as it is by then.

    Of several frames first the brightest and the darkest of all, where standing text shows at once, then each
    frame, or some of a long film.

    Args:
        pixels: one picture of any number type.
        axes: `yx`, `yxc`, `zyx` or `zyxc`.
    """
    low, high = _range(pixels)
    if axes[0] != "z":
        return [lambda now: _greys(now, low, high)]
    over: list[Look] = [
        lambda now: _greys(now.max(axis=0), low, high),
        lambda now: _greys(now.min(axis=0), low, high),
    ]
    chosen = np.unique(np.linspace(0, len(pixels) - 1, min(len(pixels), _SAMPLES)).astype(int))
    return over + [partial(_frame, number=int(number), low=low, high=high) for number in chosen]


def every_frame(pixels: NDArray[Any], axes: str) -> Iterator[Plain]:
    """Each frame as grey."""
    low, high = _range(pixels)
    for frame in pixels if axes[0] == "z" else pixels[None]:
        yield from _greys(frame, low, high)


def _frame(now: NDArray[Any], *, number: int, low: float, high: float) -> Iterator[Plain]:
    return _greys(now[number], low, high)


def local_contrast(plain: Plain, spread: float = _SPREAD) -> Grey:
    """What differs from its surroundings, as much as it differs: faint text on anything stands out."""
    mean = cv2.GaussianBlur(plain, (0, 0), spread)
    off = plain - mean
    usual = np.sqrt(cv2.GaussianBlur(off * off, (0, 0), spread)) + _LEAST
    return (np.clip(off / usual / 3, -1, 1) * 127 + 128).astype(np.uint8)


def _greys(frame: NDArray[Any], low: float, high: float) -> Iterator[Plain]:
    """One frame as grey; one with colours also as how strong they are."""
    scaled = (frame.astype(np.float32) - low) / max(high - low, 1e-6)
    if scaled.ndim == 2:
        yield scaled
        return
    yield (scaled @ _LUMA).astype(np.float32)
    strength = scaled.max(axis=-1) - scaled.min(axis=-1)
    if float(strength.mean()) > _COLOURED:
        yield strength


def _range(frames: NDArray[Any]) -> tuple[float, float]:
    """The lowest and highest value; what is no number counts as nothing."""
    if frames.dtype.kind == "f":
        frames = np.nan_to_num(frames, nan=0.0, posinf=0.0, neginf=0.0)
    return float(frames.min()), float(frames.max())
