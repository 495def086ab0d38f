"""Every address by every role on a record that is there and on one that is not, by the table of roles.

The matrix is made of the application's own addresses: one that is declared tomorrow is attacked tomorrow.
"""

import re
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from api_service.app import MAY_BE_OPEN
from api_service.auth import Role
from api_service.endpoint import Endpoint
from api_service.routes import ENDPOINTS
from shared.registry import keys
from shared.registry.tables import ApiKey, Approval, Table, Validation
from tests.attack.world import MAKER
from tests.factories import NOW, a_case

TAKE_ANYTHING = {*MAY_BE_OPEN, "sources.ingest"}  # a source's own rows have columns of their own: data
IDENTITIES = [*Role, None]


def filled_in(endpoint: Endpoint, records: dict[str, str]) -> str:
    return re.sub(r"{(\w+)}", lambda found: records[found[1]], endpoint.path)


def strangers(records: dict[str, str]) -> dict[str, str]:
    """The same parameters for records that nobody made."""
    return {name: str(uuid4()) if is_id(value) else "nobody-s" for name, value in records.items()}


def is_id(value: str) -> bool:
    try:
        return bool(UUID(value))
    except ValueError:
        return False


def rows(site) -> dict[str, int]:
    """How many rows each table holds, but for the notes of when a key was used last."""
    with site.sessions() as session:
        tables = [mapper.local_table for mapper in Table.registry.mappers]
        return {table.name: session.scalar(select(func.count()).select_from(table)) for table in tables}


def cells() -> Iterator[tuple[Endpoint, Role | None]]:
    for endpoint in ENDPOINTS:
        for who in IDENTITIES:
            yield endpoint, who


def test_who_may_not_is_refused_whatever_the_record_and_nothing_is_written(site, objects):
    before, answered = rows(site), 0
    for endpoint, who in cells():
        if endpoint.name in MAY_BE_OPEN or who in endpoint.roles:
            continue
        for records in (objects, strangers(objects)):
            answer = site.call(endpoint.method, "/" + filled_in(endpoint, records), who, json={"x": 1})
            expected = 401 if who is None else 403
            assert answer.status_code == expected, f"{endpoint.method} {endpoint.path} as {who}"
            assert all(value not in answer.text for value in records.values() if is_id(value))
            answered += 1
    assert answered > 500
    assert rows(site) == before


def test_who_may_meets_the_record_and_a_stranger_s_is_not_there(site, objects):
    for endpoint, who in cells():
        if who is None or who not in endpoint.roles or endpoint.method != "GET":
            continue
        answer = site.call("GET", "/" + filled_in(endpoint, objects), who)
        assert answer.status_code not in {401, 403, 500}, f"{endpoint.path} as {who}: {answer.text}"
        if "{" in endpoint.path:
            missing = site.call("GET", "/" + filled_in(endpoint, strangers(objects)), who)
            assert missing.status_code == 404, f"{endpoint.path} as {who}: {missing.status_code}"


def test_nothing_is_routed_beside_the_table(site):
    declared = {(one.method, one.path) for one in ENDPOINTS}
    for rule in site.client.application.url_map.iter_rules():
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            assert (method, path) in declared or rule.endpoint.startswith(("pages.", "static")), rule


def test_no_method_beyond_the_declared_one_is_served(site, objects):
    declared = {(one.method, one.path) for one in ENDPOINTS}
    for path in {one.path for one in ENDPOINTS}:
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            if (method, path) in declared:
                continue
            filled = re.sub(r"{(\w+)}", lambda found: objects[found[1]], path)
            answer = site.call(method, "/" + filled, Role.ADMIN)
            assert answer.status_code in {404, 405}, f"{method} {path}: {answer.status_code}"


def test_a_person_s_key_speaks_for_nobody_else(site, objects):
    with site.sessions.begin() as session:
        case = a_case(session)
    said = {"case_id": str(case.id), "kind": "confirm", "validated_by": "key:somebody"}
    refused = site.post("/validations", Role.CLINICIAN, said)
    assert (refused.status_code, refused.json["field"]) == (403, "validated_by")
    own = {"case_id": str(case.id), "kind": "confirm", "validated_by": "clinician"}
    assert site.post("/validations", Role.CLINICIAN, own).status_code == 200
    again = {"case_id": str(case.id), "kind": "second_read", "diagnosis": "Gout"}
    site.post(f"/cases/{case.id}/second-read", Role.CLINICIAN)
    assert site.post("/validations", Role.CLINICIAN, again).json["code"] == "own_reading"
    with site.sessions() as session:
        (only,) = session.scalars(select(Validation))
        assert only.validator.endswith("key:clinician")


def test_who_asked_may_not_approve_and_a_word_counts_once(site, objects):
    with site.sessions.begin() as session:
        both = keys.create(session, "both", ["operator", "approver"], now=NOW)[1]
        waiting = session.scalars(select(Approval).filter_by(maker=MAKER)).all()
        for row in waiting:
            row.maker = "key:both"
        ids = [str(row.id) for row in waiting]
    for approval in ids:
        wish = {"approval_id": approval, "approve": True, "reason": "mine"}
        own = site.call("POST", "/approvals", json=wish, headers={"Authorization": f"Bearer {both}"})
        assert (own.status_code, own.json["code"]) == (403, "same_person")


@pytest.mark.parametrize("field", ["actor", "by", "roles", "caller", "checker", "maker", "user"])
def test_no_body_takes_an_identity(site, objects, field):
    for endpoint in (one for one in ENDPOINTS if one.method == "POST" and one.name not in TAKE_ANYTHING):
        who = sorted(endpoint.roles)[0]
        answer = site.call("POST", "/" + filled_in(endpoint, objects), who, json={field: "key:admin"})
        assert answer.status_code in {404, 409, 422}, f"{endpoint.path}: {answer.status_code} {answer.text}"


def test_a_key_says_its_roles_only_by_its_row(site):
    with site.sessions.begin() as session:
        assert {role for row in session.scalars(select(ApiKey)) for role in row.roles} == set(Role)
    header = {"X-Roles": "admin", "X-Forwarded-User": "key:admin", "X-Remote-User": "admin"}
    assert site.get("/audit", Role.VIEWER, headers=header).status_code == 403
