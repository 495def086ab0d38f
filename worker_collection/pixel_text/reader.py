"""Reading text in a picture with an OCR whose weights are in its wheel: where a line stands, what it says."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from worker_collection.pixel_text.views import Grey, Plain, local_contrast

MIN_SCORE = 0.55
MIN_SIGNS = 2
_LARGE = 0.12  # of the smaller side: letters as high as that are mostly organs
_NEVER_LARGE = 24.0  # pixels
_SURE = 0.9
_NEARER_LINES, _NEARER_HEIGHT = 12, 28.0  # looked at again by themselves, with letters of so many pixels
_ALONG, _ACROSS = 6.0, 1.2  # how far around them, in heights of their letters
_SIGN = re.compile(r"[^\W_]")
_SHORT_SIDE, _MOST_ENLARGED = 960, 2.0  # small letters are read enlarged
_BIG_SIDE = 1400  # from here on the picture is read at half its size too, for large letters


@dataclass(frozen=True)
class Line:
    """One line of text: its four corners, shape (4, 2), x before y; what it says, and how sure that is."""

    corners: NDArray[np.float32]
    words: str
    score: float

    @property
    def height(self) -> float:
        """Of the letters, about, in pixels."""
        return float(min(_side(self.corners, 0), _side(self.corners, 1)))


def lines(plain: Plain) -> list[Line]:
    """Every line of text in a grey picture, at any quarter turn, faint ones too.

    Args:
        plain: shape (rows, columns), 0 to 1.
    """
    view = local_contrast(plain)
    found = _in_view(view, scale=_scale(view)) + _on_its_side(view, scale=_scale(view))
    if min(plain.shape) > _BIG_SIDE:
        found += _in_view(view, scale=0.5)
    sure = [line for line in found if is_text(line, plain.shape)]
    near = [one for line in sure[:_NEARER_LINES] for one in _nearer(view, line)]
    return sure + [line for line in near if is_text(line, plain.shape)]


def _nearer(view: Grey, line: Line) -> list[Line]:
    """What stands on a line and beside it, read by itself: the first reading often leaves out an end."""
    (left, top), (right, low) = line.corners.min(axis=0), line.corners.max(axis=0)
    lies = right - left >= low - top
    more_x, more_y = (_ALONG, _ACROSS) if lies else (_ACROSS, _ALONG)
    x, y = max(0, int(left - more_x * line.height)), max(0, int(top - more_y * line.height))
    part = view[y : int(low + more_y * line.height) + 1, x : int(right + more_x * line.height) + 1]
    scale = float(np.clip(_NEARER_HEIGHT / max(line.height, 1.0), 1, 3))
    part = np.ascontiguousarray(part)
    found = _in_view(part, scale=scale) if lies else _on_its_side(part, scale=scale)
    moved = np.array([x, y], np.float32)
    return [Line(one.corners + moved, one.words, one.score) for one in found]


def _on_its_side(view: Grey, *, scale: float) -> list[Line]:
    """The lines of a view turned a quarter clockwise: (x, y) there is (y, rows - x) here."""
    turned = _in_view(np.ascontiguousarray(np.rot90(view, -1)), scale=scale)
    last = view.shape[0] - 1
    return [
        Line(np.stack([one.corners[:, 1], last - one.corners[:, 0]], axis=1), one.words, one.score)
        for one in turned
    ]


def _scale(view: Grey) -> float:
    """How much a whole view is enlarged, so that small letters can be read."""
    return float(np.clip(_SHORT_SIDE / min(view.shape), 1, _MOST_ENLARGED))


def is_text(line: Line, shape: tuple[int, ...]) -> bool:
    """Whether a reading is text: two signs at least, and no organ that looks like a letter."""
    signs = _SIGN.findall(line.words)
    if line.height > max(_NEVER_LARGE, _LARGE * min(shape)):
        return len(signs) > MIN_SIGNS and line.score >= _SURE
    return len(signs) >= MIN_SIGNS and line.score >= MIN_SCORE


def _in_view(view: Grey, *, scale: float) -> list[Line]:
    """Every place that the detector takes for text, with the best reading of it."""
    engine, way = _engine(), cv2.INTER_CUBIC if scale >= 1 else cv2.INTER_AREA
    view = np.asarray(cv2.resize(view, None, fx=scale, fy=scale, interpolation=way), np.uint8)
    shown = cv2.cvtColor(view, cv2.COLOR_GRAY2BGR)
    corners, _ = engine.text_det(shown)
    if corners is None or not len(corners):
        return []
    places = [np.asarray(one, np.float32) for one in corners]
    crops = [_crop(np.asarray(shown), place) for place in places]
    readings = _read(
        engine, [turned for crop in crops for turned in (crop, np.ascontiguousarray(crop[::-1, ::-1]))]
    )
    return [
        Line(place / scale, *max(readings[2 * at : 2 * at + 2], key=lambda one: one[1]))
        for at, place in enumerate(places)
    ]


def _crop(shown: NDArray[Any], corners: NDArray[Any]) -> NDArray[Any]:
    """One line by itself, lying down."""
    wide, high = max(1, round(_side(corners, 0))), max(1, round(_side(corners, 1)))
    frame = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
    warp = cv2.getPerspectiveTransform(corners, frame)
    crop = cv2.warpPerspective(
        shown, warp, (wide, high), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.rot90(crop) if high > 1.5 * wide else crop


def _read(engine: Any, crops: Sequence[NDArray[np.uint8]]) -> list[tuple[str, float]]:
    readings, _ = engine.text_rec(list(crops))
    return [(str(reading[0]), float(reading[1])) for reading in readings]


def _side(corners: NDArray[np.float32], at: int) -> float:
    return float(np.linalg.norm(corners[at] - corners[at + 1]))


@cache
def _engine() -> Any:
    """The models, loaded at the first picture of a process."""
    from rapidocr_onnxruntime import RapidOCR

    return RapidOCR(intra_op_num_threads=1, inter_op_num_threads=1, det_limit_side_len=32)
