"""`POST /predict` of a picture: a mask from the version in service, its input sealed, by text nothing."""

import base64
import io
import json
from datetime import timedelta

import pytest
from PIL import Image
from sqlalchemy import select

from api_service.auth import Role
from shared.domain.cycle import VersionState
from shared.registry import predictions
from shared.registry.tables import MaskFeedback, Person, Prediction, PredictionInput, Reading
from tests.factories import NOW, a_plan, a_version
from tests.integration.api.world import database_away

ASK = {"model_type": "segmentation", "image": "cGl4ZWxz", "box": [1, 2, 30, 40]}


@pytest.fixture
def champion(site):
    with site.sessions.begin() as session:
        champion = a_version(session, model_type="segmentation", state=VersionState.LIVE, labels=["object"])
        a_plan(session, champion)
    site.deps.router.cache.refresh()
    return champion


def ask(site, **more):
    return site.post("/predict", Role.SERVICE, ASK | more)


def rows(site, table):
    with site.sessions() as session:
        return list(session.scalars(select(table)))


def test_a_picture_is_answered_with_a_mask_and_its_input_is_sealed(site, champion):
    answer = ask(site, person="p-1", encounter="e-1")
    assert answer.status_code == 200, answer.text
    told = answer.json
    assert told["mask"] == "mask of cGl4ZWxz in (1.0, 2.0, 30.0, 40.0)"
    assert (told["score"], told["label"], told["confidence"]) == (0.625, "object", 0.625)
    assert (told["model_version"], told["digest"]) == (champion.name, champion.digest)
    [kept], [sealed] = rows(site, Prediction), rows(site, PredictionInput)
    assert (kept.label, kept.confidence) == ("object", 0.625)
    assert b"cGl4ZWxz" not in sealed.sealed
    assert json.loads(site.deps.vault.open(sealed.sealed, "prediction")) == {
        "image": ASK["image"],
        "box": ASK["box"],
    }


def test_a_picture_of_nobody_is_answered_and_two_of_them_are_not_one_person(site, champion):
    assert [ask(site, box=None).status_code for _ in range(2)] == [200, 200]
    assert len(rows(site, Person)) == 2
    text = site.post("/predict", Role.SERVICE, {"text": "cough", "encounter": "e"})
    assert text.status_code in {409, 422}


def test_text_and_picture_together_or_neither_are_refused(site, champion):
    assert ask(site, text="cough").status_code == 422
    assert site.post("/predict", Role.SERVICE, {"model_type": "segmentation"}).status_code == 422
    assert ask(site, box=[1, 2, 3]).status_code == 422


def test_a_text_says_who_it_is_about(site):
    site.serve(share=0.0)
    asked = site.post("/predict", Role.SERVICE, {"text": "cough", "encounter": "e"})
    assert (asked.status_code, asked.json["field"]) == (422, "person")


def test_no_mask_is_drawn_to_be_read_or_corrected_by_a_word(site, champion):
    while not any(row.in_audit for row in rows(site, Prediction)):
        told = ask(site).json
    assert rows(site, Reading) == []
    said = {"diagnosis": "object", "validated_by": "dr-1", "validated_at": NOW.isoformat()}
    answer = site.post(f"/predictions/{told['prediction_id']}/feedback", Role.CLINICIAN, said)
    assert (answer.status_code, answer.json["field"]) == (422, "mask")


def a_png(width, height):
    stream = io.BytesIO()
    Image.new("L", (width, height), 255).save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


def test_a_picture_is_answered_by_its_right_mask_which_lies_sealed(site, champion):
    told = ask(site, image=a_png(30, 20)).json
    address = f"/predictions/{told['prediction_id']}/feedback"
    said = {"validated_by": "dr-1", "validated_at": NOW.isoformat(), "mask": a_png(30, 20)}
    for _ in range(2):
        assert site.post(address, Role.CLINICIAN, said).status_code == 200
    [kept] = rows(site, MaskFeedback)
    assert site.deps.vault.open(kept.sealed, "mask feedback").decode() == said["mask"]
    assert site.post(address, Role.CLINICIAN, said | {"diagnosis": "object"}).status_code == 422
    another = site.post(address, Role.CLINICIAN, said | {"mask": a_png(20, 30)})
    assert (another.status_code, another.json["field"]) == (422, "mask")
    assert site.post(address, Role.CLINICIAN, said | {"mask": "cGl4ZWxz"}).json["field"] == "mask"


def test_a_mask_whose_picture_is_gone_has_no_place(site, champion):
    told = ask(site).json
    with site.sessions.begin() as session:
        predictions.forget_expired(session, now=NOW + timedelta(days=10_000))
    said = {"validated_by": "dr-1", "validated_at": NOW.isoformat(), "mask": a_png(30, 20)}
    address = f"/predictions/{told['prediction_id']}/feedback"
    assert site.post(address, Role.CLINICIAN, said).status_code == 409


def test_with_the_database_away_the_champion_answers_and_the_picture_is_filed_later(site, champion):
    assert ask(site).status_code == 200  # the caller's key is known from here on
    with database_away(site):
        answer = ask(site, person="p-9", encounter="e-9")
        assert answer.status_code == 200, answer.text
        assert answer.json["mask"].startswith("mask of")
    [entry] = site.deps.filing.answers.entries()
    assert entry["asked"]["picture"] == ASK["image"]
