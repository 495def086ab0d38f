"""Every address by every role: what the table says, and nothing beyond it."""

from uuid import uuid4

import pytest

from api_service.app import MAY_BE_OPEN, UnguardedRouteError, create_app
from api_service.auth import OPEN, Role
from api_service.endpoint import Call, Endpoint, Rules
from api_service.routes import ENDPOINTS
from shared.registry import keys
from tests.factories import NOW

NUMBERS = {
    "GET /cases/statistics",
    "GET /training/jobs",
    "GET /training/jobs/{job_id}",
    "GET /models/current",
    "GET /models/available",
    "GET /models/ab-test",
    "GET /performance/current",
    "GET /performance/history",
}


def address(endpoint: Endpoint) -> str:
    filled = endpoint.path
    while "{" in filled:
        before, _, rest = filled.partition("{")
        name, _, after = rest.partition("}")
        filled = before + ("some-version" if name == "model_version" else str(uuid4())) + after
    return filled


def test_every_address_answers_the_roles_of_its_declaration_and_refuses_the_others(site):
    for endpoint in ENDPOINTS:
        for role in Role:
            answer = site.call(endpoint.method, "/" + address(endpoint), role)
            allowed = not endpoint.roles or role in endpoint.roles
            what = f"{endpoint.method} {endpoint.path} as {role}: {answer.status_code}"
            assert (answer.status_code != 403) is allowed, what
            assert answer.status_code < 500 or endpoint.name in MAY_BE_OPEN, what + answer.text


def test_without_a_key_only_the_open_addresses_answer(site):
    for endpoint in ENDPOINTS:
        answer = site.call(endpoint.method, "/" + address(endpoint))
        assert (answer.status_code == 401) is (endpoint.name not in MAY_BE_OPEN), endpoint.path
        if answer.status_code == 401:
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_wrong_revoked_or_expired_key_is_refused(site):
    with site.sessions.begin() as session:
        _, dated = keys.create(session, "dated", ["viewer"], now=NOW, expires_at=NOW)
        _, gone = keys.create(session, "gone", ["viewer"], now=NOW)
        keys.revoke(session, "gone", now=NOW)
    for key in (dated, gone, "rnd_00000000_" + "0" * 64, "nonsense", site.keys[Role.VIEWER] + "0"):
        answer = site.call("GET", "/models/current", headers={"Authorization": f"Bearer {key}"})
        assert answer.status_code == 401
        assert answer.json["code"] == "unauthenticated"


def test_the_roles_of_the_door_are_those_that_keys_can_hold():
    assert tuple(Role) == keys.ROLES


def test_the_plan_s_numbers_are_for_every_person_and_not_for_services():
    for endpoint in ENDPOINTS:
        if f"{endpoint.method} {endpoint.path.removeprefix('/api/phase-7')}" in NUMBERS:
            assert endpoint.roles == frozenset(Role) - {Role.SERVICE}


def test_an_address_without_roles_stops_the_start(site):
    def view(call: Call) -> dict:
        return {}

    stray = Endpoint("GET", "/stray", OPEN, view, Rules())
    with pytest.raises(UnguardedRouteError):
        create_app(site.deps, (*ENDPOINTS, stray))
