"""Text burnt into a picture is found, blanked in the stored values and looked for again; doubt holds back."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from worker_collection.pixel_text import strokes
from worker_collection.pixel_text.reader import Line, lines
from worker_collection.pixel_text.views import every_frame, looks

_ROUNDS = 4
_MOST = 0.5  # of a picture: what is mostly text is no picture
_ALONG, _ACROSS = 0.6, 0.25  # how much farther than read, in heights of the letters
_RING = 3  # pixels around a line that tell what to put in its place


@dataclass(frozen=True)
class Cleared:
    """A picture after its text was looked for.

    Attributes:
        pixels: as they came, or with text blanked; the same shape and type.
        lines: how many patches were blanked; neighbouring lines are one.
        share: of the picture that was blanked, 0 to 1.
        reasons: why it may not be released; empty when it may.
    """

    pixels: NDArray[Any]
    lines: int = 0
    share: float = 0.0
    reasons: tuple[str, ...] = field(default=())

    @property
    def passed(self) -> bool:
        """Whether a last reading found nothing."""
        return not self.reasons


def clear_text(pixels: NDArray[Any], axes: str) -> Cleared:
    """Blank every line of text, in every frame, until a reading finds none.

    Args:
        pixels: one picture of any number type; it is not changed.
        axes: `yx`, `yxc`, `zyx` or `zyxc`.
    """
    covered = np.zeros(pixels.shape[1:3] if axes[0] == "z" else pixels.shape[:2], bool)
    clear, found = pixels, False
    for _ in range(_ROUNDS):
        clear, found = _round(pixels, clear, axes, covered=covered)
        if not found:
            break
    reasons = ("text_left",) if found else _doubts(clear, axes, covered)
    share = float(covered.mean())
    count = sum(1 for _ in _patches(covered))
    return Cleared(clear, count, share, reasons + (("mostly_text",) if share > _MOST else ()))


def _round(
    pixels: NDArray[Any], clear: NDArray[Any], axes: str, *, covered: NDArray[np.bool_]
) -> tuple[NDArray[Any], bool]:
    """Read the picture once in every way, blanking what is found as it goes; whether anything was.

    `covered` grows by what was found.
    """
    found = False
    for look in looks(pixels, axes):
        for plain in look(clear):
            read = lines(plain)
            if read:
                found = True
                covered |= _mask(read, covered.shape)
                clear = blanked(pixels, axes, covered)
    return clear, found


def blanked(pixels: NDArray[Any], axes: str, mask: NDArray[np.bool_]) -> NDArray[Any]:
    """Each marked patch filled with what lies around it, frame by frame.

    Args:
        pixels: one picture.
        axes: as in `clear_text`.
        mask: shape (rows, columns), True where nothing may stay.
    """
    out = pixels.copy()
    frames = out if axes[0] == "z" else out[None]
    for part, patch, ring in _patches(mask):
        for frame in frames:
            near = frame[part]
            around = near[ring]  # (n,) or (n, colours)
            near[patch] = np.median(around, axis=0).astype(frame.dtype) if len(around) else frame.min()
    return out


Part = tuple[slice, slice]


def _patches(mask: NDArray[np.bool_]) -> Iterator[tuple[Part, NDArray[np.bool_], NDArray[np.bool_]]]:
    """Each connected patch: where it and its surroundings are, it, and the ring of unmarked pixels around."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    kernel = np.ones((2 * _RING + 1, 2 * _RING + 1), np.uint8)
    for number in range(1, count):
        left, top, wide, high = (int(value) for value in stats[number][:4])
        rows = slice(max(0, top - _RING), top + high + _RING)
        columns = slice(max(0, left - _RING), left + wide + _RING)
        patch = labels[rows, columns] == number
        ring = (cv2.dilate(patch.astype(np.uint8), kernel) > 0) & ~mask[rows, columns]
        yield (rows, columns), patch, ring


def _mask(found: Sequence[Line], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """The lines as areas, a little larger than they were read: a first letter is easily left out."""
    area = np.zeros(shape, np.uint8)
    for line in found:
        cv2.fillConvexPoly(area, np.rint(_grown(line)).astype(np.int32), 1)
    return area > 0


def _grown(line: Line) -> NDArray[np.float32]:
    centre = line.corners.mean(axis=0)
    right = line.corners[1] - line.corners[0]
    down = line.corners[3] - line.corners[0]
    wide, high = float(np.linalg.norm(right)), float(np.linalg.norm(down))
    more = (_ALONG, _ACROSS) if wide >= high else (_ACROSS, _ALONG)
    across = right / max(wide, 1e-6) * (wide / 2 + more[0] * line.height + 1)
    along = down / max(high, 1e-6) * (high / 2 + more[1] * line.height + 1)
    return np.stack(
        [centre - across - along, centre + across - along, centre + across + along, centre - across + along]
    )


def _doubts(pixels: NDArray[Any], axes: str, covered: NDArray[np.bool_]) -> tuple[str, ...]:
    """What the second family of detection still sees, where nothing was blanked."""
    for plain in every_frame(pixels, axes):
        for row in strokes.rows(plain):
            top, left, low, right = row.box
            if covered[top:low, left:right].mean() < 0.5:
                return ("text_doubtful",)
    return ()
