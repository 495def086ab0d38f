"""A second way to find text that shares nothing with the OCR: rows of small strokes of one height.

It cannot read. It looks at the pixels for what writing is made of: several small marks, alike in height, on
one line, at the distance of letters, each much lighter or darker than what lies around it.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from worker_collection.pixel_text.views import Grey, Plain, local_contrast

MIN_MARKS = 5
_CONTRAST = 62  # of 127, from the middle of a view of local contrast
_HEIGHTS = (5, 48)  # pixels
_ALIKE = 1.5  # the highest mark of a line to the lowest
_GAP = 1.1  # between marks, in heights
_GRAINS = 4.0  # standard deviations of what lies around
_FILLED = (0.16, 0.9)  # share of its box that a mark covers


@dataclass(frozen=True)
class Row:
    """Marks in a row, as a box of pixels: top, left, bottom, right; how many there are."""

    box: tuple[int, int, int, int]
    marks: int


def rows(plain: Plain) -> list[Row]:
    """Every row of marks that writing could be, lying or standing, and that is no grain of the picture.

    Args:
        plain: shape (rows, columns), 0 to 1.
    """
    return [row for row in in_view(local_contrast(plain)) if _stands_out(row, plain)]


def in_view(view: Grey) -> list[Row]:
    """Every row of marks in a view of local contrast, grain too."""
    found = [row for side in (view, 255 - view) for row in _lying(side)]
    for side in (view.T, 255 - view.T):
        found += [Row((x, y, right, low), n) for (y, x, low, right), n in map(_parts, _lying(side))]
    return found


def _stands_out(row: Row, plain: Plain) -> bool:
    """Whether the marks differ from what lies around them by more than that differs from itself."""
    top, left, low, right = row.box
    margin = low - top if right - left > low - top else right - left
    near = plain[max(0, top - margin) : low + margin, max(0, left - margin) : right + margin]
    around = np.ones(near.shape, bool)
    inner = (min(top, margin), min(left, margin))
    around[inner[0] : inner[0] + low - top, inner[1] : inner[1] + right - left] = False
    if not around.any():
        return True
    middle = float(np.median(near[around]))
    grain = float(np.median(np.abs(near[around] - middle))) * 1.4826
    inside = np.abs(plain[top:low, left:right] - middle)
    return float(np.percentile(inside, 90)) > _GRAINS * grain


def _parts(row: Row) -> tuple[tuple[int, int, int, int], int]:
    return row.box, row.marks


def _lying(view: Grey) -> list[Row]:
    marks = _marks(np.ascontiguousarray(view))
    return [row for row in _chained(marks) if row.marks >= MIN_MARKS]


def _marks(view: Grey) -> NDArray[np.int32]:
    """Left, top, width and height of every mark that a letter could be, in order of its left side."""
    bright = (view > 128 + _CONTRAST).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(bright, connectivity=8)
    boxes = np.asarray(stats[1:], np.int32)
    wide, high, area = boxes[:, 2], boxes[:, 3], boxes[:, 4]
    share = area / np.maximum(1, wide * high)
    fits = (high >= _HEIGHTS[0]) & (high <= _HEIGHTS[1]) & (wide <= 1.6 * high) & (wide >= 0.1 * high)
    fits &= (share > _FILLED[0]) & ((share < _FILLED[1]) | (wide < 0.4 * high))
    kept = boxes[fits][:, :4]
    return kept[np.argsort(kept[:, 0], kind="stable")]


def _chained(marks: NDArray[np.int32]) -> list[Row]:
    """Marks joined to the rows that they continue, from left to right."""
    open_rows: list[list[Any]] = []
    for mark in marks:
        best = next((row for row in reversed(open_rows) if _continues(row[-1], mark)), None)
        if best is None:
            open_rows.append([mark])
        else:
            best.append(mark)
    return [_as_row(np.array(row)) for row in open_rows if len(row) >= MIN_MARKS]


def _continues(last: NDArray[np.int32], mark: NDArray[np.int32]) -> bool:
    tall, low = max(last[3], mark[3]), min(last[3], mark[3])
    gap = mark[0] - (last[0] + last[2])
    feet = abs((mark[1] + mark[3]) - (last[1] + last[3]))
    return bool(tall <= _ALIKE * low and -0.3 * low <= gap <= _GAP * tall and feet <= 0.25 * tall)


def _as_row(row: NDArray[np.int32]) -> Row:
    top, left = int(row[:, 1].min()), int(row[:, 0].min())
    low, right = int((row[:, 1] + row[:, 3]).max()), int((row[:, 0] + row[:, 2]).max())
    return Row((top, left, low, right), len(row))
