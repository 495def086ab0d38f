"""`POST /predictions/{id}/replay`: the same bytes asked again."""

from datetime import timedelta
from uuid import uuid4

from api_service.auth import Role
from shared.domain.example import Answer
from shared.errors import NotFoundError
from shared.registry import predictions
from tests.factories import NOW

ASK = {"person": "p-1", "encounter": "e-1", "text": "throbbing headache with nausea"}


def given(site):
    return site.post("/predict", Role.SERVICE, ASK).json


def test_a_past_answer_comes_out_the_same_and_one_that_was_altered_does_not(site, monkeypatch):
    champion, _ = site.serve(share=0.0)
    path = f"/predictions/{given(site)['prediction_id']}/replay"
    told = site.post(path, Role.OPERATOR)
    assert told.status_code == 200, told.text
    assert (told.json["status"], told.json["same"]) == ("same", True)
    assert (told.json["digest"], told.json["model_version"]) == (champion.digest, champion.name)
    other = Answer("something else", 0.5, (("something else", 0.5),))
    monkeypatch.setattr(site.server, "answer", lambda digest, texts: [other])
    again = site.post(path, Role.CLINICIAN).json
    assert (again["same"], again["again"]["label"]) == (False, "something else")
    assert again["stored"] == told.json["stored"]


def test_a_version_that_is_in_memory_no_longer_is_loaded_for_it(site):
    site.serve(share=0.0)
    path = f"/predictions/{given(site)['prediction_id']}/replay"
    site.server.asked.clear()

    def missing_at_first() -> None:
        if len(site.server.asked) == 1:
            raise NotFoundError("the version is not in memory")

    site.server.before = missing_at_first
    assert site.post(path, Role.OPERATOR).json["same"] is True


def test_what_cannot_be_asked_again_is_said_so(site):
    site.serve(share=0.0)
    path = f"/predictions/{given(site)['prediction_id']}/replay"
    assert site.post(path, Role.VIEWER).status_code == 403
    assert site.post(f"/predictions/{uuid4()}/replay", Role.OPERATOR).status_code == 404
    with site.sessions.begin() as session:
        predictions.forget_expired(session, now=NOW + timedelta(days=1000))
    gone = site.post(path, Role.OPERATOR)
    assert (gone.status_code, gone.json["code"]) == (409, "input_gone")
