"""Sealed versions, their difference and withdrawals over HTTP."""

from uuid import UUID

from sqlalchemy import select

from api_service.auth import Role
from shared.registry import persons
from shared.registry.tables import DatasetMember
from tests import factories as make
from worker_collection import dataset
from worker_collection.deps import make_deps


def two_versions(site):
    with site.sessions.begin() as session:
        first, second = make.a_dataset(session), make.a_dataset(session)
        person = persons.of(session, "MRN-7", vault=site.deps.vault, now=make.NOW)
        case = make.a_case(session, person=person)
        make.a_member(session, first, case, split=person.split)
        for version in (first, second):
            make.a_member(session, version, make.a_case(session))
        return first.name, second.name


def test_versions_are_listed_shown_and_compared_in_every_form(site):
    first, second = two_versions(site)
    listed = site.get("/datasets", Role.VIEWER).json
    assert {first, second} <= {one["dataset_version"] for one in listed}
    [older] = site.get("/datasets?limit=1&offset=1", Role.VIEWER).json
    assert older == listed[1]
    assert site.get("/datasets?limit=0", Role.VIEWER).status_code == 422
    assert site.get(f"/datasets/{first}", Role.VIEWER).json["dataset_version"] == first
    assert site.get("/datasets/none", Role.VIEWER).status_code == 404
    found = site.get(f"/datasets/{first}/diff/{second}", Role.VIEWER)
    assert (found.json["added"], found.json["leakage"]["across"]) == (1, 0)
    page = site.get(f"/datasets/{first}/diff/{second}?format=html", Role.VIEWER)
    assert page.content_type.startswith("text/html") and second in page.text
    assert "No person" in site.get(f"/datasets/{first}/diff/{second}?format=text", Role.VIEWER).text
    assert site.get(f"/datasets/{first}/diff/none", Role.VIEWER).status_code == 404


def test_a_withdrawal_is_made_listed_shown_and_certified(site):
    first, _ = two_versions(site)
    made = site.post("/withdrawals", Role.STEWARD, {"person": "MRN-7"})
    assert (made.status_code, made.json["cases"], made.json["datasets"]) == (201, 1, [first])
    assert "MRN-7" not in made.text
    address = f"/withdrawals/{made.json['withdrawal_id']}"
    assert site.get(address, Role.STEWARD).json["sealed_since_with_them"] == 0
    given = site.get(f"{address}/certificate", Role.STEWARD)
    assert given.data == site.get(f"{address}/certificate", Role.STEWARD).data
    assert given.json["withdrawal_id"] == made.json["withdrawal_id"]
    assert [one["cases"] for one in site.get("/withdrawals?limit=1", Role.STEWARD).json] == [1]
    assert site.post("/withdrawals", Role.STEWARD, {"person": "nobody"}).status_code == 404
    assert site.post("/withdrawals", Role.VIEWER, {"person": "MRN-7"}).status_code == 403


def test_a_sealing_is_asked_for_once_and_its_answer_kept(site, settings):
    asked = site.post("/datasets", Role.STEWARD, {"model_type": "diagnosis"})
    assert (asked.status_code, asked.json["status"]) == (202, "queued")
    assert site.post("/datasets", Role.STEWARD, {}).json["sealing_id"] == asked.json["sealing_id"]
    assert site.post("/datasets", Role.STEWARD, {"model_type": "weather"}).status_code == 404
    assert site.post("/datasets", Role.VIEWER, {}).status_code == 403
    deps = make_deps(settings)
    dataset.seal_ordered(UUID(asked.json["sealing_id"]), deps)
    ended = site.get(f"/sealings/{asked.json['sealing_id']}", Role.VIEWER).json
    assert ended["status"] == "failed" and "needs 1" in ended["message"]
    with site.sessions.begin() as session:
        for label in ("Gout", "Psoriasis") * 3:
            make.a_case(session, diagnosis=label)
    again = site.post("/datasets", Role.STEWARD, {}).json["sealing_id"]
    assert again != asked.json["sealing_id"]
    for _ in range(2):
        dataset.seal_ordered(UUID(again), deps)
    done = site.get(f"/sealings/{again}", Role.VIEWER).json
    assert done["status"] == "completed" and done["dataset_version"] == "diagnosis-data-1"
    assert done["links"]["dataset"].endswith("/datasets/diagnosis-data-1")


def test_what_learnt_from_a_case_is_listed_and_two_versions_are_compared_by_query(site):
    first, second = two_versions(site)
    assert site.get(f"/datasets/diff?a={first}&b={second}").json["added"] == 1
    with site.sessions() as session:
        case = session.scalars(select(DatasetMember.case_id).limit(1)).one()
    assert site.get(f"/cases/{case}/models", Role.VIEWER).json["datasets"]
    told = site.post(f"/cases/{case}/anonymize", Role.STEWARD)
    assert (told.status_code, told.json["status"]) == (200, "anonymized")
