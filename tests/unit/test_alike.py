"""Whether two pictures are one: form does not matter, a lossy codec does not, a neighbouring slice does."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker_collection.alike import is_same
from worker_collection.likeness import likeness


def volume(seed=1, slices=6, side=96):
    """Slices of one body that changes slowly, with grain of its own in each."""
    random = np.random.default_rng(seed)
    blobs = random.uniform((15, 15, 4, 200, -1.5), (80, 80, 14, 700, 1.5), (9, 5))
    y, x = np.mgrid[0:side, 0:side]
    out = []
    for z in range(slices):
        values = random.normal(900, 14, (side, side))
        for cy, cx, size, height, drift in blobs:
            values += height * np.exp(-((y - cy - drift * z) ** 2 + (x - cx) ** 2) / size**2)
        out.append(values.astype(np.int16))
    return out


def shares_a_mark(one, other):
    return bool(set(one.marks) & set(other.marks))


@settings(max_examples=25)
@given(st.sampled_from(["<i4", ">i2", "<u2", "<f4"]), st.integers(-500, 500), st.booleans())
def test_number_type_offset_and_grey_as_colour_do_not_matter(dtype, offset, coloured):
    pixels = volume()[0]
    again = (pixels.astype(np.int32) + (offset if dtype != "<f4" else 0)).astype(dtype)
    if coloured:
        again = np.stack([again] * 3, axis=-1)
    one, other = likeness(pixels, "yx"), likeness(again, "yxc" if coloured else "yx")
    if dtype != "<f4":
        assert one.digest == other.digest
    assert is_same(one, other) and shares_a_mark(one, other)


@pytest.mark.parametrize("quality", [95, 80, 60])
def test_a_lossy_copy_is_found_by_a_mark_and_known_by_its_sketch(quality):
    for pixels in volume():
        grey = ((pixels - pixels.min()) / np.ptp(pixels) * 255).astype(np.uint8)
        copy = cv2.imdecode(cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 0)
        one, other = likeness(pixels, "yx"), likeness(copy, "yx")
        assert one.digest != other.digest and shares_a_mark(one, other) and is_same(one, other)


def test_neighbouring_slices_are_not_one():
    known = [likeness(pixels, "yx") for pixels in volume(slices=12)]
    assert not [at for at in range(11) if is_same(known[at], known[at + 1])]


def test_a_picture_that_was_cut_off_is_known_by_what_is_left():
    whole = volume()[0]
    cut = whole.copy()
    cut.reshape(-1)[int(0.9 * whole.size) :] = 0
    one, other = likeness(whole, "yx"), likeness(cut, "yx", present=0.9)
    assert shares_a_mark(one, other) and is_same(one, other)
    assert not is_same(likeness(volume(2)[0], "yx"), other)


def test_an_empty_picture_is_only_like_itself():
    empty, other = likeness(np.zeros((32, 32), np.uint8), "yx"), likeness(np.eye(32, dtype=np.uint8), "yx")
    assert is_same(empty, likeness(np.zeros((32, 32), np.int16), "yx"))
    assert not is_same(empty, other)
