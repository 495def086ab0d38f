"""DICOM folders: pictures, their labels whenever they come, files that are broken, doubles, what is held."""

import numpy as np
import pytest
from pydicom.uid import JPEG2000Lossless, RLELossless
from sqlalchemy import select

from shared.registry import runs, sources
from shared.registry.tables import CasePicture, DicomObject, DicomUid, Person, ValidatedCase, Validator
from shared.storage.pictures import load_picture
from tests.integration.collection.dicom_files import Patient, disc, picture, put, put_pixels
from worker_collection import collect as stage
from worker_collection.mapping import mapping_text
from worker_collection.sources.opening import open_source


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "pacs"
    made.mkdir()
    return made


@pytest.fixture
def collect(deps, folder):
    """Collect the folder; the answer of the run."""

    def once(**wish):
        with deps.sessions.begin() as session:
            known = {source.name: source for source in sources.every(session)}
            source = known.get("pacs") or sources.add(
                session, "pacs", kind="dicom", address=str(folder), mapping=mapping_text("dicom"),
                model_type="segmentation", vault=deps.vault, now=deps.clock(), actor="test",
            )  # fmt: skip
            run = runs.create(session, source, now=deps.clock(), triggered_by="test", wish=wish, ring=False)
        stage.collect_run(run.id, deps)
        with deps.sessions() as session:
            answer = runs.answer(runs.get(session, run.id))
        assert answer["state"] == "completed", answer
        return answer

    return once


@pytest.fixture
def cases(deps):
    """The standing cases, by structure, in the order they were made."""

    def now():
        with deps.sessions() as session:
            found = session.scalars(select(ValidatedCase).order_by(ValidatedCase.created_at))
            return [case for case in found if case.state.value not in ("superseded", "withdrawn")]

    return now


def mask_of(case, deps):
    return load_picture(deps.storage, case.media["mask"], deps.vault).pixels


def test_an_approved_segmentation_makes_a_case_of_every_slice_it_is_on(deps, folder, collect, cases):
    patient = Patient()
    slices = [patient.slice() for _ in range(3)]
    for at, one in enumerate(slices):
        put(folder, f"a/IM{at}", one)
    masks = np.stack([disc(), disc(20, 40, 5)])
    put(folder, "seg.dcm", patient.segmentation(masks, ApprovalStatus="APPROVED", ReviewDate="20260101"))
    answer = collect()
    assert (answer["collected"], answer["pending"], answer["refused"]) == (2, 1, {})
    labelled = [case for case in cases() if case.state.value == "validated"]
    assert {case.diagnosis for case in labelled} == {"Liver"}
    assert {case.trust_rule for case in labelled} == {"image_approved"}
    drawn = sorted(int(mask_of(case, deps).sum()) for case in labelled)
    assert drawn == sorted(int(mask.sum()) for mask in masks)
    image = load_picture(deps.storage, labelled[0].media["image"], deps.vault)
    assert image.spacing == (2.0, 2.0) and image.rescale == (1.0, -1024.0)
    assert any(np.array_equal(image.pixels, one.pixel_array) for one in slices)


def test_a_structure_set_is_filled_in_on_its_pictures_by_name_or_by_place(deps, folder, collect, cases):
    for number, named in enumerate((True, False)):
        patient = Patient(number)
        for at in range(2):
            put(folder, f"{number}/{at}", patient.slice())
        square = [(-20.0, -10.0), (19.0, -10.0), (19.0, 29.0), (-20.0, 29.0)]  # mm
        label = patient.structures({0: square, 1: square}, named=named, ApprovalStatus="APPROVED")
        put(folder, f"{number}/rs", label)
    assert collect()["collected"] == 4
    expected = np.zeros((64, 64), np.uint8)
    expected[27:47, 22:42] = 1  # centres at -64 + 2 n mm
    for case in cases():
        assert case.diagnosis == "Heart"
        assert np.array_equal(mask_of(case, deps), expected)


def test_a_label_waits_for_its_pictures_and_the_pictures_for_their_label(folder, collect, cases):
    patient = Patient()
    slices = [patient.slice() for _ in range(2)]
    label = patient.segmentation(np.stack([disc(), disc()]), ApprovalStatus="APPROVED")
    put(folder, "seg", label)
    assert collect()["refused"] == {"label_without_picture": 1}
    put(folder, "0", slices[0])
    assert collect()["collected"] == 1
    other = Patient(2)
    put(folder, "other", other.slice())
    assert collect()["pending"] == 1
    put(folder, "rs", other.structures({0: [(-20, -20), (20, -20), (20, 20)]}, ApprovalStatus="APPROVED"))
    answer = collect()
    assert (answer["collected"], answer["deleted"]) == (1, 1)
    assert sorted(case.diagnosis for case in cases()) == ["Heart", "Liver"]
    assert collect()["collected"] == 0


@pytest.mark.parametrize(
    ("status", "state", "rule"),
    [
        ("APPROVED", "validated", "image_approved"),
        ("UNAPPROVED", "needs_review", "image_not_approved"),
        (None, "pending", "not_verified_yet"),
        ("REJECTED", None, None),
    ],
)
def test_the_approval_of_a_mask_decides(folder, collect, cases, status, state, rule):
    patient = Patient()
    put(folder, "0", patient.slice())
    put(folder, "seg", patient.segmentation(disc()[None], **({"ApprovalStatus": status} if status else {})))
    answer = collect()
    found = [(case.state.value, case.trust_rule) for case in cases()]
    assert found == ([(state, rule)] if state else [])
    assert answer["refused"] == ({} if state else {"image_rejected": 1})


def test_a_reviewer_who_may_not_review_holds_the_mask(deps, folder, collect, cases):
    with deps.sessions.begin() as session:
        row = {"role": "nurse", "qualified": False, "active": True, "created_at": deps.clock()}
        session.add(Validator(name="Pat Example", aliases=["pat example"], **row))
    patient = Patient()
    put(folder, "0", patient.slice())
    reviewed = {"ApprovalStatus": "APPROVED", "ReviewerName": "Pat^Example"}
    put(folder, "seg", patient.segmentation(disc()[None], **reviewed))
    assert collect()["review"] == {"validator_not_qualified": 1}
    assert cases()[0].validated_by is not None


def test_masks_that_do_not_fit_are_refused_or_looked_at(folder, collect, cases):
    outside, none, partly = Patient(1), Patient(2), Patient(3)
    for patient in (outside, none, partly):
        put(folder, f"{patient.number}/0", patient.slice())
    far, edge = [(200, 200), (240, 200), (240, 240)], [(40, -20), (90, -20), (90, 20), (40, 20)]
    put(folder, "1/rs", outside.structures({0: far}, ApprovalStatus="APPROVED"))
    put(folder, "2/seg", none.segmentation(np.zeros((1, 64, 64)), ApprovalStatus="APPROVED"))
    put(folder, "3/rs", partly.structures({0: edge}, ApprovalStatus="APPROVED"))
    answer = collect()
    assert answer["refused"] == {"mask_outside_image": 1, "mask_without_object": 1}
    assert answer["review"] == {"mask_outside_image": 1}
    assert answer["pending"] == 2 and len(cases()) == 3


def test_one_bad_file_costs_one_file(folder, collect, cases):
    patient = Patient()
    good = put(folder, "good", patient.slice())
    data = put(folder, "x", patient.slice()).read_bytes()
    (folder / "x").write_bytes(data[: len(data) - 6000])  # most of the pixels are gone
    (folder / "notes.txt").write_text("Ottoline Quillfeather, seen today")
    (folder / "empty").write_bytes(b"")
    (folder / "half.part").write_bytes(data[:100])
    put(folder, "report", patient._header("1.2.840.10008.5.1.4.1.1.88.11", "SR", patient.series))
    huge = patient.slice()
    huge.Rows = huge.Columns = 60000
    put(folder, "bomb", huge)
    answer = collect()
    assert answer["refused"] == {"truncated": 1, "not_dicom": 2, "no_pixels": 1, "too_large": 1}
    assert answer["pending"] == 1
    good.touch()
    assert collect()["refused"] == {}
    (folder / "x").write_bytes(data)  # the rest of the file arrived
    assert collect()["pending"] == 1 and len(cases()) == 2


def test_reencodings_of_a_picture_are_one_and_no_neighbour_is_lost(folder, collect, cases):
    patient = Patient()
    slices = [patient.slice() for _ in range(3)]
    for at, one in enumerate(slices):
        put(folder, f"{at}", one)
    for name, syntax in (("rle", RLELossless), ("j2k", JPEG2000Lossless)):
        again = patient.slice()
        uid = again.SOPInstanceUID
        put_pixels(again, slices[0].pixel_array)
        again.compress(syntax, generate_instance_uid=False)
        again.SOPInstanceUID = uid
        put(folder, name, again)
    same = slices[1]
    put_pixels(same, slices[1].pixel_array.astype(np.int32))  # the same instance in another form
    put(folder, "wide", same)
    cut = patient.slice()
    put_pixels(cut, slices[2].pixel_array)
    cut.PixelData = cut.PixelData[:-300]
    put(folder, "cut", cut)
    answer = collect()
    assert (answer["pending"], answer["duplicates"], answer["refused"]) == (3, 4, {})
    assert len(cases()) == 3


def test_a_lossy_copy_is_found_and_another_patients_case_of_it_never_made(deps, folder, collect, cases):
    original = Patient(1).slice()
    other = Patient(2)
    copy = other.slice()
    grey = original.pixel_array.astype(np.float64)
    low, high = grey.min(), grey.max()
    put_pixels(copy, np.rint((grey - low) / (high - low) * 255).astype(np.uint8))  # as an export writes it
    copy.LossyImageCompression = "01"
    put(folder, "1", original)
    put(folder, "2", copy)
    answer = collect()
    assert (answer["pending"], answer["duplicates"]) == (1, 1)


def test_text_in_the_pixels_is_blanked_in_what_is_stored(deps, folder, collect, cases):
    import cv2

    patient = Patient()
    one = patient.slice()
    pixels = np.zeros((160, 256), np.uint8)
    pixels[60:, 60:200] = np.kron(picture(5)[:50, :35] // 16, np.ones((2, 4), np.int16)).astype(np.uint8)
    cv2.putText(pixels, "QUILLFEATHER 770001", (6, 24), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 255, 1, cv2.LINE_AA)
    put_pixels(one, pixels)
    put(folder, "0", one)
    assert collect()["pending"] == 1
    kept = load_picture(deps.storage, cases()[0].media["image"], deps.vault).pixels
    assert kept[8:30, 6:150].max() < 40
    assert np.array_equal(kept[60:], pixels[60:])


def test_what_says_it_has_text_and_shows_none_is_held(folder, collect, cases):
    put(folder, "0", Patient(1).slice(BurnedInAnnotation="YES"))
    put(folder, "1", Patient(2).slice(Modality="XC"))
    answer = collect()
    assert answer["quarantined"] == 2
    reasons = {reason for case in cases() for reason in case.review_reasons}
    assert {"burned_in_text_not_found", "recognizable_features"} <= reasons
    assert not any(case.is_anonymized for case in cases())


def test_nothing_of_a_header_lies_anywhere_in_clear(deps, folder, collect, cases):
    patient = Patient(SOPInstanceUID="1.2.3.444555")
    one = patient.slice()
    put(folder, "Quillfeather/0", one)
    collect()
    case = cases()[0]
    said = [case.source_record, str(case.details), str(case.media), case.content_hash, str(case.subgroup)]
    with deps.sessions() as session:
        for table in (DicomObject, CasePicture, DicomUid, Person):
            said += [str(vars(row)) for row in session.scalars(select(table))]
        source = session.scalar(select(sources.Source))
        said += [str(source.watermark)]
    for key in deps.storage.keys("pictures/"):
        said.append(deps.storage.get(key).decode("latin-1"))
    for secret in ("Quillfeather", "Ottoline", "MRN77", "1.2.3.444555", patient.study, "19600102"):
        assert not [place for place in said if secret.casefold() in place.casefold()]
    assert case.details["study"].startswith("2.25.")


def test_a_loading_that_was_cut_short_goes_on_without_doubles(deps, folder, collect, cases):
    patient = Patient()
    for at in range(4):
        put(folder, f"{at}", patient.slice())
    put(folder, "5", patient.segmentation(np.stack([disc(), disc()]), ApprovalStatus="APPROVED"))
    with deps.sessions.begin() as session:
        source = sources.add(
            session, "pacs", kind="dicom", address=str(folder), mapping=mapping_text("dicom"),
            model_type="segmentation", vault=deps.vault, now=deps.clock(), actor="test",
        )  # fmt: skip
    for pages in (2, 4, 6):  # taken in, and never told anybody
        site = (deps.sessions, deps.clock())
        reader = open_source(source, None, deps.vault, site=site, storage=deps.storage)
        for _ in zip(range(pages), reader.pages({}, 100), strict=False):
            pass
    answer = collect()
    assert (answer["collected"], answer["pending"], answer["duplicates"]) == (2, 2, 0)
    assert len(cases()) == 4 and collect()["collected"] == 0


def test_a_rehearsal_counts_and_leaves_nothing(deps, folder, collect, cases):
    put(folder, "0", Patient().slice())
    assert collect(dry_run=True)["pending"] == 1
    assert cases() == [] and list(deps.storage.keys("pictures/")) == []
    assert collect()["pending"] == 1
