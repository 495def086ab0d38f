"""Text in pixels: found whatever its colour, strength and turn; blanked in every frame; anatomy stays."""

import cv2
import numpy as np
import pytest

from worker_collection.pixel_text import strokes
from worker_collection.pixel_text.blank import blanked, clear_text
from worker_collection.pixel_text.reader import Line, is_text

NAME = "QUILLFEATHER 4471"


def slice_of(seed=1, rows=128, columns=224):
    """Blobs and grain, values 0 to 1000."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:rows, 0:columns]
    values = random.normal(120, 8, (rows, columns))
    for _ in range(8):
        cy, cx, size = random.uniform(50, 110), random.uniform(20, 200), random.uniform(5, 18)
        values += random.uniform(100, 600) * np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / size**2)
    return values.clip(0, 1000).astype(np.int16)


def written(pixels, *, by=500, turn=0, words=NAME):
    """The picture with words along its upper (or, turned, its left) edge, and where their strokes are."""
    stamp = np.zeros((22, 215), np.uint8)
    cv2.putText(stamp, words, (4, 15), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 255, 1, cv2.LINE_AA)
    out, strokes_at = pixels.astype(np.int32), np.zeros(pixels.shape[:2], bool)
    if turn:
        stamp = np.rot90(stamp, turn)[-pixels.shape[0] :, :]
    high, wide = stamp.shape[0], min(stamp.shape[1], pixels.shape[1])
    strokes_at[:high, :wide] = stamp[:, :wide] > 128
    out[:high, :wide] += (stamp[:, :wide].astype(np.int32) * by) // 255
    return out.clip(0, 32000).astype(pixels.dtype), strokes_at


def covered(before, after, strokes_at):
    return ((before != after) & strokes_at).sum() / strokes_at.sum()


@pytest.mark.slow
@pytest.mark.parametrize(("by", "turn"), [(500, 0), (-100, 0), (90, 0), (500, 1)])
def test_text_is_blanked_and_what_lies_elsewhere_stays(by, turn):
    plain = slice_of() if not turn else slice_of(rows=224, columns=224)
    before, strokes_at = written(plain, by=by, turn=turn)
    cleared = clear_text(before, "yx")
    assert cleared.passed and cleared.lines >= 1
    assert covered(before, cleared.pixels, strokes_at) > 0.9
    far = cv2.dilate(strokes_at.astype(np.uint8), np.ones((31, 31), np.uint8)) == 0
    assert np.array_equal(cleared.pixels[far], before[far])
    assert cleared.pixels.dtype == before.dtype


@pytest.mark.parametrize("seed", range(3))
def test_a_picture_without_text_is_left_as_it_is(seed):
    pixels = slice_of(seed)
    cleared = clear_text(pixels, "yx")
    assert cleared.passed and cleared.lines == 0 and np.array_equal(cleared.pixels, pixels)


@pytest.mark.slow
def test_text_of_one_frame_is_blanked_in_all_of_them():
    frames = np.stack([slice_of(seed) for seed in (1, 2, 3)])
    frames[1], strokes_at = written(frames[1])
    cleared = clear_text(frames, "zyx")
    assert cleared.passed
    assert covered(frames[1], cleared.pixels[1], strokes_at) > 0.9
    assert covered(frames[0], cleared.pixels[0], strokes_at) > 0.9


@pytest.mark.slow
def test_coloured_text_of_the_brightness_behind_it_is_found():
    grey = (slice_of().astype(np.float32) / 1000 * 120).astype(np.uint8)
    colours = np.stack([grey, grey, grey], axis=-1)
    colours[:30] = (150, 30, 30)
    stamp = np.zeros(grey.shape, np.uint8)
    cv2.putText(stamp, NAME, (4, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 255, 1)
    colours[stamp > 128] = (30, 90, 60)
    cleared = clear_text(colours, "yxc")
    assert covered(colours.max(-1), cleared.pixels.max(-1), stamp > 128) > 0.9 and cleared.passed


def test_the_second_family_sees_rows_of_marks_without_reading():
    plain = slice_of().astype(np.float32) / 1000
    assert strokes.rows(plain) == []
    marked = plain.copy()
    for at in range(9):  # no letters of any alphabet
        cv2.rectangle(marked, (20 + 11 * at, 20), (26 + 11 * at, 31), 0.9, 1 + at % 2)
    assert strokes.rows(marked)
    lying = strokes.rows(np.ascontiguousarray(marked.T))
    assert lying and lying[0].box[0] < lying[0].box[2]


@pytest.mark.parametrize(
    ("words", "score", "height", "expected"),
    [("R", 0.99, 12, False), ("SMITH", 0.9, 12, True), ("SMITH", 0.3, 12, False), ("89", 0.95, 100, False)],
)
def test_single_letters_and_organs_are_no_text(words, score, height, expected):
    corners = np.array([[0, 0], [200, 0], [200, height], [0, height]], np.float32)
    assert is_text(Line(corners, words, score), (256, 256)) == expected


def test_a_patch_takes_the_value_of_what_lies_around_it():
    pixels = np.full((2, 20, 20), 7, np.int16)
    pixels[1] = 9
    pixels[:, 5:9, 5:15] = 500
    mask = np.zeros((20, 20), bool)
    mask[5:9, 5:15] = True
    out = blanked(pixels, "zyx", mask)
    assert (out[0] == 7).all() and (out[1] == 9).all() and pixels.max() == 500
