"""Pictures at rest: equal in and out, sealed, one key for equal ones, nothing but numbers accepted."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.config import load_settings
from shared.errors import NotFoundError
from shared.storage.objects import open_storage
from shared.storage.pictures import Picture, PictureError, load_picture, picture_key, save_picture
from shared.vault import SecretFileError, Vault

VAULT = Vault(bytes(range(32)))
SHAPES = {"yx": (5, 7), "yxc": (5, 7, 3), "zyx": (2, 5, 7), "zyxc": (2, 5, 7, 3)}


@pytest.fixture
def store(tmp_path):
    return open_storage(load_settings(storage_url=f"file://{tmp_path}/artifacts"))


def a_picture(axes="yx", dtype="<i2", seed=1, **given):
    pixels = np.random.default_rng(seed).integers(0, 200, SHAPES[axes]).astype(dtype)
    return Picture(pixels, axes, **given)


@pytest.mark.parametrize("axes", SHAPES)
@pytest.mark.parametrize("dtype", ["u1", "<u2", "<i2", ">i2", "<i4", "<f4", "?"])
def test_a_picture_comes_back_as_it_was(store, axes, dtype):
    before = a_picture(axes, dtype, spacing=(0.5, 0.4), rescale=(1.0, -1024.0), window=(40.0, 400.0))
    after = load_picture(store, save_picture(store, before, VAULT), VAULT)
    assert np.array_equal(after.pixels, before.pixels)
    assert (after.axes, after.spacing) == (axes, (0.5, 0.4))
    assert (after.rescale, after.window) == ((1.0, -1024.0), (40.0, 400.0))


@settings(max_examples=20)
@given(st.integers(0, 9), st.integers(0, 9))
def test_keys_are_equal_exactly_when_pictures_are(one, other):
    same = picture_key(a_picture(seed=one), VAULT) == picture_key(a_picture(seed=other), VAULT)
    assert same == (one == other)


def test_the_store_holds_no_pixel_in_clear_and_another_site_reads_none(store):
    picture = Picture(np.full((64, 64), 77, np.uint8))
    key = save_picture(store, picture, VAULT)
    assert save_picture(store, picture, VAULT) == key
    assert bytes([77]) * 8 not in store.get(key)
    assert picture_key(picture, Vault(b"x" * 32)) != key
    with pytest.raises(SecretFileError):
        load_picture(store, key, Vault(b"x" * 32))
    with pytest.raises(NotFoundError):
        load_picture(store, "pictures/00/none", VAULT)


@pytest.mark.parametrize(
    "pixels", [np.array([["a"]]), np.array([[object()]]), np.zeros((2, 2, 2)), np.zeros((0, 4))]
)
def test_what_is_no_array_of_numbers_is_refused(store, pixels):
    with pytest.raises(PictureError):
        save_picture(store, Picture(pixels), VAULT)
