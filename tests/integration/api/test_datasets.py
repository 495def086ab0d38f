"""Sealed versions, their difference and withdrawals over HTTP."""

from api_service.auth import Role
from shared.registry import persons
from tests import factories as make


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
