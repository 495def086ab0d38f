"""The closed loop of a segmenter: predicted pictures with the masks that clinicians drew become cases."""

import base64
import io
import json
from datetime import timedelta

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select

from shared.registry import mask_feedback, predictions, sources, validators
from shared.registry import runs as collections
from shared.registry.tables import MaskFeedback, ValidatedCase
from shared.registry.validators import Staff
from shared.storage.pictures import load_picture
from tests import factories as make
from tests.small_pictures import drawing
from worker_collection import collect as stage


def png(array):
    stream = io.BytesIO()
    Image.fromarray(array).save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


@pytest.fixture
def predicted(deps, now):
    """A picture that was answered by a version in service."""
    pixels, mask = drawing(1)
    with deps.sessions.begin() as session:
        doctor = Staff("Dr. Ora Lindqvist", ("ora@clinic.example",), "doctor", qualified=True, active=True)
        validators.add(session, doctor, now=now, actor="test")
        version = make.a_version(session, model_type="segmentation", labels=["object"])
        row = make.a_prediction(session, version, label="object")
        asked = json.dumps({"image": png(pixels), "box": None}).encode()
        sealed = deps.vault.seal(asked, "prediction")
        kept = predictions.PredictionInput(
            prediction_id=row.id, sealed=sealed, expires_at=now + timedelta(days=9)
        )
        session.add(kept)
    return row.id, (mask > 0).astype(np.uint8)


def draw(deps, prediction_id, mask, *, minutes=0, blind=False):
    at = deps.clock() + timedelta(minutes=minutes)
    told = {"validated_by": "ora@clinic.example", "validated_at": at, "received_at": at, "blind": blind}
    with deps.sessions.begin() as session:
        row = MaskFeedback(prediction_id=prediction_id, **told)
        return mask_feedback.add(session, row, png(mask * 255), vault=deps.vault)


def collected(deps):
    with deps.sessions.begin() as session:
        known = {source.name: source for source in sources.every(session)}
        made = {"kind": "feedback", "address": "", "mapping": "", "model_type": "segmentation"}
        more = {"vault": deps.vault, "now": deps.clock(), "actor": "test"}
        source = known.get("masks") or sources.add(session, "masks", **made, **more)
        run = collections.create(session, source, now=deps.clock(), triggered_by="test")
    stage.collect_run(run.id, deps)
    with deps.sessions() as session:
        cases = session.scalars(select(ValidatedCase).order_by(ValidatedCase.version))
        return collections.answer(collections.get(session, run.id)), list(cases)


def test_a_drawn_mask_becomes_a_case_and_a_correction_its_next_version(deps, predicted):
    prediction_id, mask = predicted
    assert draw(deps, prediction_id, mask)
    answer, [case] = collected(deps)
    assert (answer["collected"], case.state, case.trust_rule) == (1, "validated", "validated_answer")
    assert case.diagnosis == "object"
    kept = load_picture(deps.storage, case.media["mask"], deps.vault)
    assert np.array_equal(kept.pixels > 0, mask > 0)
    assert draw(deps, prediction_id, np.roll(mask, 2, axis=0), minutes=1)
    answer, cases = collected(deps)
    assert [one.state for one in cases] == ["superseded", "validated"]
    assert cases[1].media["mask"] != cases[0].media["mask"]


def test_a_blind_mask_stands_before_others(deps, predicted):
    prediction_id, mask = predicted
    draw(deps, prediction_id, mask, blind=True)
    draw(deps, prediction_id, np.roll(mask, 2, axis=0), minutes=1)
    with deps.sessions() as session:
        [found] = mask_feedback.after(session, "segmentation", 0, limit=10)
    assert found.answer.blind
    assert found.seq == found.answer.seq + 1


def test_the_same_again_changes_nothing_and_another_at_the_same_time_is_refused(deps, predicted):
    prediction_id, mask = predicted
    assert draw(deps, prediction_id, mask)
    assert not draw(deps, prediction_id, mask)
    with pytest.raises(mask_feedback.AnotherMaskError):
        draw(deps, prediction_id, np.roll(mask, 2, axis=0))


def test_the_mask_goes_when_the_picture_goes(deps, predicted):
    prediction_id, mask = predicted
    draw(deps, prediction_id, mask)
    with deps.sessions.begin() as session:
        assert predictions.forget_expired(session, now=deps.clock() + timedelta(days=10)) == 1
    with deps.sessions() as session:
        assert session.scalars(select(MaskFeedback)).all() == []
        assert mask_feedback.after(session, "segmentation", 0, limit=10) == []


def test_a_pushed_picture_counts_by_whom_the_site_knows(deps, now, hand_in):
    with deps.sessions.begin() as session:
        doctor = Staff("Dr. Ora Lindqvist", ("ora@clinic.example",), "doctor", qualified=True, active=True)
        validators.add(session, doctor, now=now, actor="test")
    rows = []
    for number, signed in enumerate(("ora@clinic.example", "somebody@elsewhere.example", None)):
        pixels, mask = drawing(number)
        row = {"source_id": f"s-{number}", "person": f"p-{number}", "image": png(pixels), "mask": png(mask)}
        rows.append(row | {"validated_by": signed, "validated_at": now.isoformat(), "status": None})
    rows[1]["status"] = "approved"
    answer = hand_in(rows, model_type="segmentation")
    assert (answer["collected"], answer["pending"]) == (1, 1)
    assert answer["review"] == {"validator_unknown": 1}
