"""What the model server makes of files that are sent to it."""

import base64
import io

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage

from deployer_service import serve_pictures
from deployer_service.serve_pictures import NoPictureError, mask_from, masks_of, pixels_of
from shared.backends.base import Segmented

GREY = (np.mgrid[:20, :30][1] * 8).astype(np.uint8)


def encoded(pixels, mode=None, kind="PNG"):
    stream = io.BytesIO()
    Image.fromarray(pixels, mode).save(stream, kind)
    return base64.b64encode(stream.getvalue()).decode()


def dicom(pixels, **given):
    told = Dataset()
    told.file_meta = FileMetaDataset()
    told.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    told.file_meta.MediaStorageSOPClassUID = told.SOPClassUID = SecondaryCaptureImageStorage
    told.file_meta.MediaStorageSOPInstanceUID = told.SOPInstanceUID = "1.2.3"
    told.Rows, told.Columns = pixels.shape[:2]
    told.SamplesPerPixel, told.PhotometricInterpretation = 1, "MONOCHROME2"
    bits = pixels.dtype.itemsize * 8
    told.BitsAllocated = told.BitsStored = bits
    told.HighBit, told.PixelRepresentation = bits - 1, 0
    told.PixelData = pixels.tobytes()
    for name, value in given.items():
        setattr(told, name, value)
    stream = io.BytesIO()
    told.save_as(stream, enforce_file_format=True)
    return base64.b64encode(stream.getvalue()).decode()


def test_a_png_is_its_pixels_and_a_data_address_is_one_too():
    assert (pixels_of(encoded(GREY)) == GREY).all()
    assert (pixels_of("data:image/png;base64," + encoded(GREY)) == GREY).all()
    colours = np.stack([GREY, GREY // 2, GREY // 4], axis=2)
    assert (pixels_of(encoded(colours)) == colours).all()


def test_sixteen_bits_are_shown_from_the_first_to_the_last_percentile():
    shown = pixels_of(encoded(GREY.astype(np.uint16) * 100))
    assert shown.dtype == np.uint8
    assert (int(shown.min()), int(shown.max())) == (0, 255)


def test_a_dicom_image_is_shown_through_its_window():
    values = GREY.astype(np.uint16) * 4
    shown = pixels_of(dicom(values, WindowCenter="100", WindowWidth="100"))
    assert shown[0, 0] == 0
    assert shown[0, -1] == 255
    assert shown[values == 96].tolist() == [round((96 - 50) / 100 * 255)] * 20
    assert (pixels_of(dicom(GREY)) == GREY).all()


def test_where_0_is_white_the_picture_is_turned_over():
    assert (pixels_of(dicom(GREY, PhotometricInterpretation="MONOCHROME1")) == 255 - GREY).all()
    values = GREY.astype(np.uint16) * 4
    window = {"WindowCenter": "100", "WindowWidth": "100"}
    turned = pixels_of(dicom(values, PhotometricInterpretation="MONOCHROME1", **window))
    assert turned[0, 0] == 255
    assert turned[0, -1] == 0


@pytest.mark.parametrize(
    "sent",
    [
        "no base64!",
        base64.b64encode(b"text").decode(),
        encoded(GREY)[:60],
        encoded(GREY, kind="TIFF"),
        base64.b64encode(b"\0" * 128 + b"DICM" + b"junk" * 9).decode(),
        dicom(np.stack([GREY, GREY]).reshape(40, 30), NumberOfFrames=2, Rows=20),
        dicom(GREY, Rows=4000),
    ],
)
def test_what_is_no_picture_is_refused_without_a_word_of_it(sent):
    with pytest.raises(NoPictureError) as caught:
        pixels_of(sent)
    assert caught.value.field == "image"


def test_a_picture_larger_than_may_be_is_refused_before_it_is_read(monkeypatch):
    monkeypatch.setattr(serve_pictures, "MOST_PIXELS", 599)
    for sent in (encoded(GREY), dicom(GREY)):
        with pytest.raises(NoPictureError, match="larger"):
            pixels_of(sent)


def test_a_mask_comes_back_from_its_png():
    mask = GREY > 100
    (answer,) = masks_of([Segmented(mask, 0.7)], "object")
    assert (answer.label, answer.score) == ("object", 0.7)
    assert (mask_from(answer.mask) == mask).all()
