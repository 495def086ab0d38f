"""Archives of pictures: masks and boxes as they were, equal bytes, nothing that names anybody."""

import io
import json
import zipfile
from uuid import UUID

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from shared.domain.example import PictureExample
from shared.exports.pictures import as_bytes, plates, run_lengths, write
from shared.storage.pictures import Picture


def example(number=1, **fields):
    return PictureExample(UUID(int=number), UUID(int=9), "image", "mask", "object", **fields)


def archive(file_format, pictures, examples=None):
    stream = io.BytesIO()
    found = plates([(one, "training") for one in examples or [example()]], pictures.__getitem__)
    count = write(found, stream, file_format)
    return count, zipfile.ZipFile(stream), stream.getvalue()


def image_of(opened, name):
    return np.asarray(Image.open(io.BytesIO(opened.read(name))))


def two_objects():
    pixels = np.arange(12 * 9, dtype=np.uint8).reshape(12, 9)
    mask = np.zeros((12, 9), np.uint8)
    mask[2:5, 1:4], mask[7:10, 5:8] = 1, 2
    return {"image": Picture(pixels), "mask": Picture(mask)}


def test_pictures_and_masks_come_out_as_they_were():
    kept = two_objects()
    count, opened, data = archive("png+mask", kept, [example(box=(1.0, 2.0, 8.0, 10.0))])
    (case,) = (json.loads(line) for line in opened.read("cases.jsonl").decode().splitlines())
    assert count == 1
    assert np.array_equal(image_of(opened, case["image"]), kept["image"].pixels)
    assert np.array_equal(image_of(opened, case["mask"]), kept["mask"].pixels)
    assert (case["mask_values"], case["box"]) == ("instances", [1.0, 2.0, 8.0, 10.0])
    assert data == archive("png+mask", kept, [example(box=(1.0, 2.0, 8.0, 10.0))])[2]


def test_coco_says_every_object_with_its_box_and_area():
    kept = two_objects()
    _, opened, _ = archive("coco", kept)
    said = json.loads(opened.read("annotations.json"))
    assert [one["bbox"] for one in said["annotations"]] == [[1, 2, 3, 3], [5, 7, 3, 3]]
    assert [one["area"] for one in said["annotations"]] == [9, 9]
    assert {one["image_id"] for one in said["annotations"]} == {said["images"][0]["id"]}
    assert said["categories"] == [{"id": 1, "name": "object"}]


def test_a_volume_gives_the_slices_with_an_object():
    mask = np.zeros((4, 6, 5), np.uint8)
    mask[1, 2:4, 1:3] = mask[3, 0:2, 0:2] = 1
    volume = np.arange(4 * 6 * 5, dtype=np.int16).reshape(4, 6, 5)
    kept = {"image": Picture(volume, "zyx"), "mask": Picture(mask, "zyx")}
    _, opened, _ = archive("coco", kept)
    names = [one["file_name"] for one in json.loads(opened.read("annotations.json"))["images"]]
    assert names == [f"images/{UUID(int=1)}-1.png", f"images/{UUID(int=1)}-3.png"]


def test_a_window_in_the_modality_s_own_values_decides_black_and_white():
    stored = np.array([[0, 1000, 1064, 1128, 3000]], np.int16)
    picture = Picture(stored, rescale=(1.0, -1024.0), window=(40.0, 128.0))
    shown, edges = as_bytes(picture)
    assert edges == (1000.0, 1128.0)
    assert shown.tolist() == [[0, 0, 128, 255, 255]]


@given(arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_run_lengths_say_the_mask_again(mask):
    counts = run_lengths(mask)
    flat = np.repeat(np.arange(len(counts)) % 2, counts).astype(bool)
    assert np.array_equal(flat.reshape(mask.shape[::-1]).T, mask)
