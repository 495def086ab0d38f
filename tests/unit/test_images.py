"""Picture files as cases: what they hold, what is wrong with them, and nothing that they say beside."""

import base64
import io
import zipfile

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from worker_collection.dicom.isolated import IsolatedDecoder
from worker_collection.images.masks import boxed, mask_of
from worker_collection.images.opening import ImageError, open_image
from worker_collection.images.rows import Gallery
from worker_collection.sources.base import Broken

DECODER = IsolatedDecoder()  # starts its process at the first DICOM file


def scene(rows=96, columns=80, seed=0):
    """A soft blob on noise, and where it is."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:rows, :columns]
    mask = (y - rows / 2) ** 2 + (x - columns / 2) ** 2 < 300
    return (60 + 80 * mask + random.integers(0, 25, mask.shape)).astype(np.uint8), mask


def png(pixels, **how):
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", **how)
    return stream.getvalue()


def npz(**arrays):
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


@pytest.fixture
def kept():
    """What was stored, by key."""
    return {}


@pytest.fixture
def gallery(tmp_path, kept):
    def save(picture):
        kept[f"key-{len(kept)}"] = picture
        return f"key-{len(kept) - 1}"

    return Gallery(save, DECODER, tmp_path)


def rows_of(gallery, tmp_path, row, **files):
    for name, data in files.items():
        (tmp_path / name.replace("_", ".")).write_bytes(data)
    return gallery.rows({"source_id": "one", **row})


def reason(gallery, tmp_path, row, **files):
    found = rows_of(gallery, tmp_path, row, **files)
    assert [type(one) for one in found] == [Broken]
    return found[0].reason


def test_a_row_without_a_picture_passes_as_it_is(gallery):
    row = {"source_id": "one", "text": "cough"}
    assert gallery.rows(row) == [row]


def test_a_picture_and_its_mask_are_kept_bare(gallery, tmp_path, kept):
    pixels, mask = scene()
    (row,) = rows_of(
        gallery, tmp_path, {"image": "a.png", "mask": "m.png"}, a_png=png(pixels), m_png=png(mask)
    )
    assert np.array_equal(kept[row["picture"]["image"]].pixels, pixels)
    assert np.array_equal(kept[row["picture"]["mask"]].pixels, mask)
    assert row["diagnosis"] == "object"
    assert "image" not in row
    assert row["picture"]["doubts"] == ()


def test_nothing_that_a_file_says_beside_its_pixels_is_kept(gallery, tmp_path, kept):
    pixels, _ = scene()
    said = PngImagePlugin.PngInfo()
    said.add_text("Comment", "Marjorie Holloway")
    exif = Image.Exif()
    exif[0x010E], exif[0x9C9B] = "Marjorie Holloway", "Holloway".encode("utf-16le")
    rows = rows_of(
        gallery, tmp_path, {"image": "holloway.png"}, holloway_png=png(pixels, pnginfo=said, exif=exif)
    )
    assert "olloway" not in repr(rows) + repr(kept)


def test_a_photograph_is_turned_as_it_says(gallery):
    pixels, _ = scene()
    exif = Image.Exif()
    exif[0x0112] = 6
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", exif=exif)
    opened = open_image(stream.getvalue(), DECODER)
    assert opened.pixels.shape == pixels.shape[::-1]
    assert opened.lossy


def test_a_volume_becomes_the_slices_that_show_an_object(gallery, tmp_path, kept):
    volume = np.stack([scene(seed=z)[0] for z in range(5)], axis=2)
    label = np.zeros(volume.shape, np.uint8)
    label[40:60, 30:50, 1], label[40:50, 30:40, 3] = 1, 2
    found = rows_of(gallery, tmp_path, {"image": "v.npz"}, v_npz=npz(image=volume, label=label))
    assert [row["source_id"] for row in found] == ["one#1", "one#3"]
    assert np.array_equal(kept[found[1]["picture"]["image"]].pixels, volume[:, :, 3])
    assert np.array_equal(kept[found[1]["picture"]["mask"]].pixels, label[:, :, 3] > 0)
    moved = npz(image=np.moveaxis(volume, 2, 0), label=np.moveaxis(label, 2, 0))
    again = rows_of(gallery, tmp_path, {"image": "w.npz", "slices": 0}, w_npz=moved)
    assert [row["source_id"] for row in again] == ["one#1", "one#3"]


def test_numbered_objects_stay_apart(gallery, tmp_path, kept):
    pixels, _ = scene()
    numbers = np.zeros(pixels.shape, np.uint16)
    numbers[5:15, 5:15], numbers[30:40, 30:50], numbers[60:70, 10:20] = 7, 9, 300
    (row,) = rows_of(
        gallery, tmp_path, {"image": "a.png", "mask": "m.png"}, a_png=png(pixels), m_png=png(numbers)
    )
    assert sorted(np.unique(kept[row["picture"]["mask"]].pixels)) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("row", "files", "expected"),
    [
        ({"image": "gone.png"}, {}, "no_image_file"),
        ({"image": "../out.png"}, {}, "no_image_file"),
        ({"image": 7}, {}, "bad_image"),
        ({"image": "a.png"}, {"a_png": b"no picture"}, "undecodable"),
        ({"image": "a.png"}, {"a_png": png(scene()[0])[:900]}, "undecodable"),
        ({"image": "a.png"}, {"a_png": png(np.full((40, 40), 9, np.uint8))}, "blank_picture"),
        ({"image": "a.png", "mask": "m.png"}, {"m_png": png(np.ones((9, 9), bool))}, "mask_of_another_size"),
        (
            {"image": "a.png", "mask": "m.png"},
            {"m_png": png(np.zeros((96, 80), bool))},
            "mask_without_object",
        ),
        ({"image": "a.png", "mask": "m.png", "box": [5, 5, 2, 9]}, {"m_png": png(scene()[1])}, "bad_box"),
        ({"image": "a.png", "mask": "m.png", "box": [5, 5, 500, 9]}, {"m_png": png(scene()[1])}, "bad_box"),
        ({"image": "m.png", "mask": "a.png"}, {"m_png": png(scene()[1])}, "picture_and_mask_exchanged"),
        ({"image": "a.npz"}, {"a_npz": npz(picture=scene()[0])}, "no_image_array"),
        ({"image": "a.npz"}, {"a_npz": npz(image=np.array([{}], dtype=object))}, "undecodable"),
        ({"image": "a.png", "spacing": [0, 1]}, {}, "bad_spacing"),
    ],
)
def test_what_makes_no_case_costs_itself_with_its_reason(gallery, tmp_path, row, files, expected):
    assert reason(gallery, tmp_path, row, **{"a_png": png(scene()[0]), **files}) == expected


def test_a_path_leads_nowhere_else(gallery, tmp_path):
    outside = tmp_path.parent / f"{tmp_path.name}-outside.png"
    outside.write_bytes(png(scene()[0]))
    (tmp_path / "link.png").symlink_to(outside)
    for name in (f"../{outside.name}", str(outside), "link.png"):
        assert reason(gallery, tmp_path, {"image": name}) == "image_outside_folder"


@pytest.mark.slow
def test_a_bomb_is_refused_before_it_is_unpacked(gallery, tmp_path):
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("image.npy", "w", force_zip64=True) as member,
    ):
        for _ in range(1100):
            member.write(bytes(1 << 20))
    assert reason(gallery, tmp_path, {"image": "a.npz"}, a_npz=stream.getvalue()) == "too_large"


@pytest.mark.parametrize(
    ("drawn", "doubt"),
    [
        (np.ones((96, 80), np.uint8), "mask_covers_everything"),
        (scene()[0], "mask_of_many_values"),
    ],
)
def test_a_doubtful_mask_is_looked_at(gallery, tmp_path, drawn, doubt):
    pixels, _ = scene(seed=5)
    (row,) = rows_of(
        gallery, tmp_path, {"image": "a.png", "mask": "m.png"}, a_png=png(pixels), m_png=png(drawn)
    )
    assert doubt in row["picture"]["doubts"]


def test_masks_that_contradict_each_other_are_looked_at():
    one, other = np.zeros((20, 20), bool), np.zeros((20, 20), bool)
    one[2:10, 2:10], other[4:12, 4:12] = True, True
    assert mask_of([one, other], (20, 20), instances=None).doubts == ("masks_overlap",)
    other[:10] = False
    assert mask_of([one, other], (20, 20), instances=None).doubts == ()


def test_a_box_must_hold_its_mask():
    mask = mask_of([scene()[1]], (96, 80), instances=None)
    assert boxed(mask, (0, 0, 80, 96)).doubts == ()
    assert boxed(mask, (0, 0, 30, 40)).doubts == ("box_without_mask",)


def test_posted_rows_carry_their_pictures(kept):
    pixels, mask = scene()
    gallery = Gallery(lambda picture: kept.setdefault("x", picture) and "x", DECODER, None)
    row = {"source_id": "p", "image": base64.b64encode(png(pixels)).decode()}
    row["mask"] = "data:image/png;base64," + base64.b64encode(png(mask)).decode()
    (found,) = gallery.rows(row)
    assert found["picture"]["mask"] == "x"
    assert [one.reason for one in gallery.rows({"source_id": "p", "image": "/etc/passwd"})] == ["bad_image"]


def test_an_array_of_another_kind_is_named():
    with pytest.raises(ImageError):
        open_image(npz(image=np.zeros((2, 2, 2, 2, 2))), DECODER)
