"""Files that may leave: no secret in any byte, the pixels as they were, text blanked or the file held."""

import io

import cv2
import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGBaseline8Bit

from tests.unit.dicom_secrets import SECRETS, planted
from worker_collection.dicom.decode import MAX_PIXEL_BYTES, UnfitError, decode
from worker_collection.dicom.files import FolderPictures, Uids, clean_file, is_dicom
from worker_collection.dicom.headers import HeaderPolicy
from worker_collection.dicom.isolated import IsolatedDecoder


def file_of(header) -> bytes:
    out = io.BytesIO()
    header.save_as(out)
    return out.getvalue()


@pytest.fixture
def uids(tmp_path):
    return Uids(tmp_path / "uids.jsonl")


def left(data: bytes) -> pydicom.FileDataset:
    return pydicom.dcmread(io.BytesIO(data))


def clean(data: bytes, uids) -> bytes:
    return clean_file(decode(data), uid=uids.of, policy=HeaderPolicy(), this_year=2026).data


def test_no_byte_of_a_secret_leaves(uids):
    header = planted()
    header.PixelData = np.arange(64, dtype="<u2").tobytes()
    said = clean(file_of(header), uids).decode("latin-1").casefold()
    assert [name for name, value in SECRETS.items() if value.casefold() in said] == []
    after = left(clean(file_of(header), uids))
    assert np.array_equal(after.pixel_array, np.arange(64).reshape(8, 8))
    assert after.preamble == bytes(128) and "SourceApplicationEntityTitle" not in after.file_meta
    assert (after.BurnedInAnnotation, after.PatientIdentityRemoved) == ("NO", "YES")


def test_what_hides_in_the_pixel_data_stays_behind(uids):
    header = planted()
    header.BitsStored, header.HighBit = 8, 7
    header.PixelData = (np.arange(64, dtype="<u2") + (ord("Q") << 8)).tobytes()  # an overlay in unused bits
    assert left(clean(file_of(header), uids)).pixel_array.max() == 63
    jpeg = cv2.imencode(".jpg", np.full((64, 64), 90, np.uint8))[1].tobytes()
    comment = b"\xff\xfe\x00\x0eQuillfeather"
    header.Rows = header.Columns = 64
    header.BitsAllocated = 8
    header.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    header.PixelData = encapsulate([jpeg[:2] + comment + jpeg[2:]])
    header["PixelData"].VR = "OB"
    data = file_of(header)
    assert b"\x0eQuillfeather" in data
    assert b"Quillfeather" not in clean(data, uids)


def test_uids_are_the_same_in_a_later_run(tmp_path):
    first = Uids(tmp_path / "kept").of("1.2.3")
    assert Uids(tmp_path / "kept").of("1.2.3") == first != Uids(tmp_path / "other").of("1.2.3")
    assert (tmp_path / "kept").stat().st_mode & 0o077 == 0


def test_a_bomb_is_refused_before_it_is_unpacked():
    header = planted()
    header.NumberOfFrames, header.Rows, header.Columns = 8000, 30000, 30000
    assert MAX_PIXEL_BYTES < 8000 * 30000 * 30000
    with pytest.raises(UnfitError, match="too_large"):
        decode(file_of(header))


@pytest.mark.parametrize("keep", [0, 3, 100, 140, 400, 900])
def test_files_cut_off_anywhere_are_unfit_or_read(keep):
    data = file_of(planted())
    try:
        assert decode(data[:keep]).present <= 1
    except UnfitError as error:
        assert error.reason in ("not_dicom", "no_pixels", "truncated")


@pytest.mark.slow
def test_a_decoder_that_hangs_or_dies_costs_one_file(tmp_path):
    data = file_of(planted())
    decoding = IsolatedDecoder(timeout_seconds=60)
    assert decoding.decode(data).kind == "picture"
    assert decoding._process is not None
    decoding._process.kill()
    decoding._process.wait()
    with pytest.raises(UnfitError, match="undecodable"):
        decoding.decode(data)
    assert decoding.decode(data).kind == "picture"
    decoding.close()
    hasty = IsolatedDecoder(timeout_seconds=0)
    with pytest.raises(UnfitError, match="undecodable"):
        hasty.decode(data)
    assert hasty._process is None


def test_a_file_with_text_that_cannot_be_cleared_is_held(tmp_path):
    header = planted()
    header.BurnedInAnnotation = "YES"
    pictures = FolderPictures(tmp_path / "uids", policy=HeaderPolicy(), this_year=2026)
    with pytest.raises(UnfitError, match="burned_in_text_not_found"):
        pictures.clean(file_of(header))
    pictures.close()


def test_files_are_known_by_name_or_by_their_mark(tmp_path):
    for name, data, expected in (
        ("a.dcm", b"", True),
        ("b", bytes(128) + b"DICM", True),
        ("c.txt", b"x", False),
    ):
        (tmp_path / name).write_bytes(data)
        assert is_dicom(tmp_path / name) == expected
