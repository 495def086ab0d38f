"""Headers: every planted secret is gone, what training reads stays, and the header says what was done."""

import io
import re
import secrets

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from tests.unit.dicom_secrets import SECRETS, planted
from worker_collection.dicom.headers import HeaderPolicy, capped_age, clean_header
from worker_collection.dicom.words import harmless


class Uids(dict):
    """Random UIDs, one for each of the clinic's."""

    def __missing__(self, uid):
        self[uid] = f"2.25.{secrets.randbits(120)}"
        return self[uid]


KEEPING = HeaderPolicy()


def cleaned(header, policy=KEEPING, uids=None):
    uids = Uids() if uids is None else uids
    return clean_header(header, uid=uids.__getitem__, policy=policy, this_year=2026)


def written(header) -> bytes:
    out = io.BytesIO()
    pydicom.dcmwrite(out, header, implicit_vr=False, little_endian=True, overwrite=False)
    return out.getvalue()


def read(header):
    out = io.BytesIO()
    header.save_as(out)
    return pydicom.dcmread(io.BytesIO(out.getvalue()))


def test_no_planted_secret_is_left():
    header = read(planted())
    raw = written(cleaned(header)).decode("latin-1").casefold()
    shown = str(cleaned(header)).casefold()
    left = [name for name, value in SECRETS.items() if value.casefold() in raw or value.casefold() in shown]
    assert left == []


def test_every_secret_stood_in_the_header_before():
    out = io.BytesIO()
    planted().save_as(out)
    raw = out.getvalue().decode("latin-1").casefold()
    assert [name for name, value in SECRETS.items() if value.casefold() not in raw] == []


def test_what_training_reads_stays():
    clean = cleaned(read(planted()))
    assert (clean.Modality, clean.Rows, clean.PixelSpacing) == ("CT", 8, [0.5, 0.5])
    assert (clean.RescaleIntercept, clean.SliceThickness) == (-1024, 5)
    assert clean.ImageType == ["ORIGINAL", "PRIMARY"]
    assert clean.ImageOrientationPatient == [1, 0, 0, 0, 1, 0]
    assert "HEAD" in clean.StudyDescription and "Axial 5mm" in clean.SeriesDescription
    assert (clean.PatientSex, clean.PatientAge) == ("F", "090Y")


def test_the_header_says_what_was_done():
    clean = cleaned(read(planted()))
    assert clean.PatientIdentityRemoved == "YES" and clean.DeidentificationMethod
    assert clean.LongitudinalTemporalInformationModified == "REMOVED"
    codes = [item.CodeValue for item in clean.DeidentificationMethodCodeSequence]
    assert codes == ["113100", "113101", "113103", "113105", "113108"]
    shifted = cleaned(read(planted()), HeaderPolicy(characteristics=False, shift_days=-40))
    assert (shifted.StudyDate, shifted.LongitudinalTemporalInformationModified) == ("20240206", "MODIFIED")
    assert "PatientSex" not in shifted and "PatientAge" not in shifted
    codes = [item.CodeValue for item in shifted.DeidentificationMethodCodeSequence]
    assert codes == ["113100", "113101", "113103", "113105", "113107"]


def test_uids_are_random_and_the_same_within_a_study():
    uids = Uids()
    one, other = read(planted()), read(planted())
    other.SOPInstanceUID = "1.2.3.4.99"
    first, second = cleaned(one, uids=uids), cleaned(other, uids=uids)
    assert first.StudyInstanceUID == second.StudyInstanceUID != one.StudyInstanceUID
    assert first.SOPInstanceUID != second.SOPInstanceUID
    assert first.StudyInstanceUID != cleaned(one).StudyInstanceUID
    assert re.fullmatch(r"2\.25\.\d+", first.SeriesInstanceUID)
    assert first.SOPClassUID == one.SOPClassUID


@pytest.mark.parametrize(
    ("age", "kept"),
    [("098Y", "090Y"), ("089Y", "089Y"), ("090Y", "090Y"), ("999M", "999M"), ("x", None), ("34", None)],
)
def test_ages_over_89_are_one(age, kept):
    assert capped_age(age) == kept


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("CT ABDOMEN W/O CONTRAST", "CT ABDOMEN W/O CONTRAST"),
        ("T2W_TSE sag 3mm b800", "T2W_TSE sag 3mm b800"),
        ("HEAD KOWALCZYK", "HEAD"),
        ("chest 4471129", "chest"),
        ("Zbigniew", ""),
    ],
)
def test_descriptors_keep_terms_of_imaging_only(text, left):
    assert harmless(text) == left


@settings(max_examples=60)
@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=9, max_size=16), st.sampled_from(sorted(SECRETS)))
def test_an_unknown_word_stays_nowhere(word, place):
    header = planted()
    for keyword in ("ImageType", "BodyPartExamined", "StudyDescription", "ConvolutionKernel", "ScanOptions"):
        setattr(header, keyword, word)
    if harmless(word) == "":
        assert word not in str(cleaned(header))


def test_an_unreadable_value_costs_itself():
    header = Dataset()
    header.Modality = "MR"
    header.add_new(0x00280030, "DS", "1\\2")
    header._dict[0x00280030] = pydicom.dataelem.RawDataElement(
        pydicom.tag.Tag(0x00280030), "DS", 6, b"a\\b ~~", 0, False, True
    )
    clean = cleaned(header)
    assert clean.Modality == "MR" and "PixelSpacing" not in clean
