"""Backgrounds drawn from a seed: what anatomy does to a reader of text, without anybody's anatomy."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Random = np.random.Generator


def ct_like(random: Random, side: int) -> Array:
    """Ellipses in an ellipse: a slice of a body, values 0 to 1."""
    picture = np.zeros((side, side), np.float32)
    _ellipse(picture, (side // 2, side // 2), (int(side * 0.42), int(side * 0.32)), value=0.45)
    for _ in range(random.integers(6, 14)):
        at = tuple(int(value) for value in random.normal(side / 2, side / 8, 2))
        size = tuple(int(value) for value in random.uniform(side / 40, side / 8, 2))
        _ellipse(
            picture, at, size, value=float(random.uniform(0.1, 0.95)), angle=float(random.uniform(0, 180))
        )
    cv2.circle(picture, (side // 2, int(side * 0.72)), side // 16, 0.95, thickness=max(2, side // 60))
    return _noisy(cv2.GaussianBlur(picture, (0, 0), side / 260), random, 0.02)


def mr_like(random: Random, side: int) -> Array:
    """A head: rings, folds and noise that grows with the signal."""
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j].astype(np.float32)
    radius = np.hypot(x / 0.72, y / 0.88)
    folds = np.sin(18 * radius + 5 * np.sin(6 * np.arctan2(y, x) + random.uniform(0, 6)))
    picture = np.where(radius < 0.85, 0.4 + 0.15 * folds, np.where(radius < 0.95, 0.85, 0.0))
    return _noisy(cv2.GaussianBlur(picture.astype(np.float32), (0, 0), side / 300), random, 0.03)


def us_like(random: Random, side: int) -> Array:
    """A fan of speckle on black, with a grey bar beside it."""
    rows, columns = int(side * 0.75), side
    picture = np.zeros((rows, columns), np.float32)
    corners = [
        (columns // 2, rows // 12),
        (columns // 8, rows - rows // 9),
        (columns - columns // 8, rows - rows // 9),
    ]
    fan = np.zeros_like(picture)
    cv2.fillPoly(fan, [np.array(corners, np.int32)], 1.0)
    speckle = cv2.GaussianBlur(random.rayleigh(0.5, picture.shape).astype(np.float32), (0, 0), 1.2)
    depth = cv2.GaussianBlur(random.random((rows, columns)).astype(np.float32), (0, 0), side / 16)
    depth = (depth - depth.min()) / (np.ptp(depth) + 1e-6)
    picture += fan * np.clip(speckle * (0.2 + depth), 0, 1)
    picture[rows // 5 : rows // 2, 8:20] = np.linspace(1, 0, rows // 2 - rows // 5, dtype=np.float32)[:, None]
    return picture


def radiograph_like(random: Random, side: int) -> Array:
    """A chest: bright middle, dark lungs, ribs as arcs."""
    picture = np.full((side, side), 0.55, np.float32)
    for centre in (0.3, 0.7):
        _ellipse(picture, (int(side * centre), int(side * 0.5)), (side // 6, side // 3), value=0.2)
    for rib in range(8):
        y = int(side * (0.2 + 0.08 * rib))
        for centre in (0.3, 0.7):
            cv2.ellipse(
                picture,
                (int(side * centre), y),
                (side // 6, side // 12),
                0,
                180,
                360,
                0.4,
                max(2, side // 70),
            )
    cv2.rectangle(picture, (int(side * 0.47), 0), (int(side * 0.53), side), 0.75, -1)
    return _noisy(cv2.GaussianBlur(picture, (0, 0), side / 120), random, 0.015)


BACKGROUNDS: dict[str, Callable[[Random, int], Array]] = {
    "CT": ct_like, "MR": mr_like, "US": us_like, "CR": radiograph_like,
}  # fmt: skip


def _ellipse(
    picture: Array, at: tuple[int, ...], size: tuple[int, ...], *, value: float, angle: float = 0.0
) -> None:
    cv2.ellipse(picture, at, size, angle, 0, 360, value, -1)


def _noisy(picture: Array, random: Random, sigma: float) -> Array:
    noise = random.normal(0, sigma, picture.shape).astype(np.float32)
    return np.clip(picture + noise * (0.3 + picture), 0, 1)
