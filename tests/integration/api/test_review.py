"""The worklist with its cases, words on cases, second readers, validators and labels over HTTP."""

import json

import pytest

from api_service.auth import Role
from shared.domain.bells import TaskName
from shared.domain.cycle import CaseState
from shared.registry import keys, testimonies
from shared.registry.cases import CASE_PURPOSE
from shared.registry.tables import Label, Outbox, Testimony, ValidatedCase
from tests import factories as make
from tests.factories import NOW


@pytest.fixture
def app(site):
    """The key of an app that signs its own people in."""
    with site.sessions.begin() as session:
        site.keys["app"] = keys.create(session, "app", [Role.CLINICIAN, Role.SERVICE], now=NOW)[1]
    return "app"


@pytest.fixture
def cases(site):
    """Two cases under review, the second with a dangerous label; one unmapped."""
    vault = site.deps.vault
    with site.sessions.begin() as session:
        for label, dangerous in (("Migraine", False), ("Stroke", True)):
            row = Label(model_type="diagnosis", label=label, aliases=[], codes=[], created_at=NOW)
            row.must_not_miss = dangerous
            make.add(session, row)
        common = {"state": CaseState.NEEDS_REVIEW, "input_sealed": vault.seal(b"a note", CASE_PURPOSE)}
        first = make.a_case(session, review_reasons=["low_confidence"], **common)
        second = make.a_case(session, diagnosis="Stroke", review_reasons=["burst_signing"], **common)
        third = make.a_case(session, diagnosis=None, review_reasons=["unmapped_label"], **common)
        kept = json.dumps({"diagnosis": "hemicrania", "shown": "hemicrania", "icd_code": "G43.9"}).encode()
        session.add(
            Testimony(
                case_id=third.id,
                model_type="diagnosis",
                words=testimonies.words_of("hemicrania", vault),
                sealed=vault.seal(kept, testimonies.PURPOSE),
                created_at=NOW,
            )
        )
    return first, second, third


def test_the_worklist_holds_cases_with_reasons_and_words_without_label(site, cases):
    first, second, third = cases
    listed = site.get("/worklist?kind=review", Role.CLINICIAN).json
    assert [item["case_id"] for item in listed] == [str(one.id) for one in (second, first, third)]
    assert (listed[0]["reasons"], listed[0]["diagnosis"], listed[0]["text"]) == (
        ["burst_signing"],
        "Stroke",
        "a note",
    )
    [words] = site.get("/worklist?kind=unmapped", Role.CLINICIAN).json
    assert (words["words"], words["count"], words["icd_code"]) == ("hemicrania", 1, "G43.9")
    assert {item["kind"] for item in site.get("/worklist", Role.CLINICIAN).json} == {"review", "unmapped"}
    assert site.get("/worklist", Role.VIEWER).status_code == 403


def test_a_word_on_a_case_moves_it_and_the_same_again_does_not(site, cases):
    first, second, _ = cases
    said = {"case_id": str(first.id), "kind": "confirm", "saw_model_answer": True, "seconds_spent": 40}
    done = site.post("/validations", Role.CLINICIAN, said).json
    assert (done["state"], done["kind"], done["diagnosis"]) == ("validated", "confirm", "Migraine")
    assert site.post("/validations", Role.CLINICIAN, said).json["state"] == "validated"
    gone = {"case_id": str(second.id), "kind": "reject"}
    assert site.post("/validations", Role.CLINICIAN, gone).json["state"] == "rejected"
    wrong = site.post("/validations", Role.CLINICIAN, {"diagnosis": "Migraine"})
    assert wrong.status_code == 422
    with site.sessions.begin() as session:
        session.get_one(ValidatedCase, first.id).state = CaseState.WITHDRAWN
    late = site.post("/validations", Role.CLINICIAN, said | {"kind": "amend", "diagnosis": "Stroke"})
    assert (late.status_code, late.json["code"]) == (409, "not_open")


def test_a_second_reader_sees_no_label_and_a_third_decides(site, app, cases):
    first, _, _ = cases
    confirm = {"case_id": str(first.id), "kind": "confirm", "validated_by": "dr-1"}
    assert site.post("/validations", app, confirm).status_code == 200
    assert site.post(f"/cases/{first.id}/second-read", Role.STEWARD, {}).json["status"] == "waiting"
    [asked] = site.get("/worklist?kind=second_read", Role.CLINICIAN).json
    assert (asked["case_id"], asked["diagnosis"], asked["options"]) == (str(first.id), None, [])
    second = {"case_id": str(first.id), "kind": "second_read", "diagnosis": "Stroke"}
    own = site.post("/validations", app, second | {"validated_by": "dr-1"})
    assert (own.status_code, own.json["code"]) == (409, "own_reading")
    apart = site.post("/validations", app, second | {"validated_by": "dr-2"}).json
    assert apart["state"] == "needs_review"
    [torn] = site.get("/worklist?kind=adjudicate", Role.CLINICIAN).json
    assert torn["options"] == ["Migraine", "Stroke"]
    third = second | {"kind": "adjudicate", "validated_by": "dr-3"}
    assert site.post("/validations", app, third).json["state"] == "validated"
    told = site.get("/validations/agreement").json
    assert (told["overall"]["n"], told["overall"]["kappa"]) == (1, 0.0)
    assert told["automation_bias"]["difference"] is None


def test_a_validator_who_is_not_qualified_may_not_read(site, app, cases):
    first, _, _ = cases
    wish = {"name": "Dr. Bo Lark", "aliases": ["bo@clinic.example"], "qualified": False}
    made = site.post("/validators", Role.STEWARD, wish).json
    said = {"case_id": str(first.id), "kind": "confirm", "validated_by": "bo@clinic.example"}
    refused = site.post("/validations", app, said)
    assert (refused.status_code, refused.json["code"]) == (403, "reader_not_qualified")
    changed = site.post(f"/validators/{made['id']}", Role.STEWARD, {"qualified": True}).json
    assert changed["qualified"]
    assert site.post("/validations", app, said).json["state"] == "validated"
    [listed] = site.get("/validators").json
    assert (listed["name"], listed["by_hand"], listed["findings"]) == ("Dr. Bo Lark", True, [])
    assert site.post("/validators", Role.CLINICIAN, wish).status_code == 403


def test_words_are_mapped_and_what_waits_is_rung_for(site, cases):
    wish = {"words": "hemicrania", "label": "Migraine", "language": "la"}
    assert site.post("/labels/map", Role.STEWARD, wish).json["judged_again"] == 1
    told = {row["label"]: row for row in site.get("/labels").json}
    assert (told["Migraine"]["aliases"], told["Migraine"]["languages"]) == (
        ["hemicrania"],
        {"hemicrania": "la"},
    )
    unknown = site.post("/labels/map", Role.STEWARD, wish | {"label": "Nonsense"})
    assert (unknown.status_code, unknown.json["field"]) == (404, "label")
    other = site.post("/labels/map", Role.STEWARD, wish | {"words": "stroke"})
    assert other.status_code == 409
    with site.sessions() as session:
        assert TaskName.JUDGE_AGAIN.value in {row.task for row in session.query(Outbox)}
