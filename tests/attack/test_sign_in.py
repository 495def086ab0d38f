"""Somebody who stole a key, guesses codes, replays them or takes emergency access that is not due."""

import base64
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as limits
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from api_service.auth import FRESH_SECONDS, Role
from shared.domain import totp
from shared.registry import keys, second_factors
from shared.registry.second_factors import MOST_FAILURES, Answer
from shared.registry.tables import Alert, ApiKey, AuditEvent, Emergency, SecondFactor
from tests.factories import NOW

OURS = {"Sec-Fetch-Site": "same-origin"}


def device(site, name: str) -> bytes:
    """Enrol the holder of a key; the secret as an authenticator app has it."""
    with site.sessions.begin() as session:
        row = keys.named(session, name)
        address = second_factors.enrol(session, row, vault=site.deps.vault, now=NOW, actor="test")
    secret = parse_qs(urlsplit(address).query)["secret"][0]
    return base64.b32decode(secret + "=" * (-len(secret) % 8))


def at(site, monkeypatch, instant, **settings) -> None:
    """Let the application's clock stand at an instant, under these settings."""
    changed = site.deps.settings.model_copy(update=settings)
    deps = replace(site.deps, clock=lambda: instant, settings=changed)
    deps.ring._clock = lambda: instant
    site.seconds[0] += FRESH_SECONDS + 1
    monkeypatch.setitem(site.client.application.extensions, "rounds", deps)


def enter(site, role: Role, code: str | None = None):
    wish = {"key": site.keys[role]} | ({} if code is None else {"code": code})
    return site.call("POST", "/session", json=wish, headers=OURS)


def shown(secret: bytes, instant=NOW, steps: int = 0) -> str:
    return totp.code(secret, totp.step_of(instant.timestamp()) + steps)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(59, "94287082"), (1111111109, "07081804"), (1234567890, "89005924"), (20000000000, "65353130")],
)
def test_the_codes_are_those_of_the_standard(seconds, expected):
    secret = b"12345678901234567890"
    assert totp.code(secret, totp.step_of(seconds), digits=8) == expected


def test_a_stolen_key_of_somebody_with_a_device_opens_nothing(site):
    secret = device(site, "operator")
    refused = enter(site, Role.OPERATOR)
    assert (refused.status_code, refused.json["code"], refused.json["field"]) == (
        401,
        "second_factor_needed",
        "code",
    )
    assert enter(site, Role.OPERATOR, shown(secret)).status_code == 200


def test_a_code_is_taken_once_and_an_old_one_never(site):
    secret = device(site, "admin")
    assert enter(site, Role.ADMIN, shown(secret, steps=-4)).status_code == 401
    assert enter(site, Role.ADMIN, shown(secret)).status_code == 200
    assert enter(site, Role.ADMIN, shown(secret)).status_code == 401
    assert enter(site, Role.ADMIN, shown(secret, steps=-1)).status_code == 401


def test_guessing_locks_the_key_for_every_process_and_is_written_down(site, monkeypatch):
    secret = device(site, "approver")
    wrong = "000000" if shown(secret) != "000000" else "111111"
    for _ in range(MOST_FAILURES):
        assert enter(site, Role.APPROVER, wrong).status_code == 401
    locked = enter(site, Role.APPROVER, shown(secret))
    assert (locked.status_code, locked.json["code"]) == (403, "locked_out")
    with site.sessions() as session:
        assert session.scalars(select(SecondFactor)).one().failures == MOST_FAILURES
        assert "key.locked" in session.scalars(select(AuditEvent.act)).all()
    later = NOW + timedelta(minutes=2)
    at(site, monkeypatch, later)
    assert enter(site, Role.APPROVER, shown(secret, later)).status_code == 200
    with site.sessions() as session:
        assert session.scalars(select(SecondFactor)).one().failures == 0


def test_where_it_is_required_a_key_alone_governs_nothing(site, monkeypatch):
    at(site, monkeypatch, NOW, second_factor="required")
    for role in (Role.OPERATOR, Role.APPROVER, Role.ADMIN):
        assert enter(site, role).json["code"] == "second_factor_needed"
        lone = site.post("/alerts/test", role)
        assert (lone.status_code, lone.json["code"]) == (401, "second_factor_needed")
        assert site.get("/models/available", role).status_code == 200
    assert enter(site, Role.CLINICIAN).status_code == 200
    secret = device(site, "operator")
    assert enter(site, Role.OPERATOR, shown(secret)).status_code == 200
    assert site.call("POST", "/pause", headers=OURS).status_code == 200


def test_no_secret_of_a_device_lies_in_clear(site):
    secret = device(site, "operator")
    with site.sessions() as session:
        row = session.scalars(select(SecondFactor)).one()
        assert secret not in row.sealed
        assert all(
            base64.b32encode(secret).decode() not in str(one.details)
            for one in session.scalars(select(AuditEvent))
        )


def test_emergency_access_needs_a_device_is_told_to_all_and_ends(site, monkeypatch, objects):
    case = f"/cases/{objects['case_id']}"
    why = {"why": "the site of Ann Other is down", "code": "123456"}
    assert site.get(case, Role.APPROVER).status_code == 403
    assert site.post("/session/emergency", Role.APPROVER, why).json["code"] == "second_factor_needed"
    secret = device(site, "approver")
    begun = site.post("/session/emergency", Role.APPROVER, why | {"code": shown(secret)})
    assert (begun.status_code, begun.json["gives"], begun.json["why"]) == (
        201,
        ["clinician", "operator"],
        None,
    )
    at(site, monkeypatch, NOW)
    site.deps.ring._known.clear()
    assert site.get(case, Role.APPROVER).status_code == 200
    with site.sessions() as session:
        told = session.scalars(select(Alert).filter_by(kind="emergency", severity="critical")).all()
        assert [one.title for one in told].count("Emergency access by key:approver") == 1
        assert all("Ann" not in one.title + one.body for one in told)
        assert all("Ann" not in str(one.details) for one in session.scalars(select(AuditEvent)))
        assert all(b"Ann" not in one.why_sealed for one in session.scalars(select(Emergency)))
    at(site, monkeypatch, NOW + timedelta(minutes=61))
    site.deps.ring._known.clear()
    assert site.get(case, Role.APPROVER).status_code == 403


def test_whoever_took_emergency_access_does_not_review_it_and_a_review_ends_it(site, objects):
    secret = device(site, "approver")
    wish = {"why": "night", "code": shown(secret)}
    taken = site.post("/session/emergency", Role.APPROVER, wish).json["id"]
    own = site.post(f"/emergencies/{taken}/review", Role.APPROVER, {"verdict": "justified"})
    assert (own.status_code, own.json["code"]) == (403, "same_person")
    assert site.get("/emergencies", Role.VIEWER).status_code == 403
    [listed] = [one for one in site.get("/emergencies", Role.ADMIN).json if one["id"] == taken]
    assert (listed["why"], listed["verdict"]) == ("night", None)
    done = site.post(f"/emergencies/{taken}/review", Role.ADMIN, {"verdict": "misused"}).json
    assert (done["verdict"], done["reviewed_by"]) == ("misused", "key:admin")
    again = site.post(f"/emergencies/{taken}/review", Role.ADMIN, {"verdict": "justified"})
    assert again.json["code"] == "reviewed_already"
    site.deps.ring._known.clear()
    assert site.get(f"/cases/{objects['case_id']}", Role.APPROVER).status_code == 403


def test_a_lost_device_is_removed_and_set_again(cli, settings, sessions):
    with sessions.begin() as session:
        keys.create(session, "ann", ["operator"], now=NOW)
    code, said, _ = cli("key", "factor", "ann", "--json")
    assert code == 0 and "otpauth://totp/Rounds:ann?secret=" in said
    code, _, err = cli("key", "factor", "ann")
    assert code == 1 and "--remove" in err
    assert cli("key", "factor", "ann", "--remove")[0] == 0
    assert cli("key", "factor", "ann")[0] == 0


class Guessing(RuleBasedStateMachine):
    """Whatever an attacker and the holder do in turn: no wrong or used code opens, no locked key does."""

    session = vault = None  # set by the test that runs the machine

    @initialize()
    def enrolled(self):
        self.at, self.used, self.wrong = NOW, set(), 0
        self.inner = self.session.begin_nested()
        self.key, _ = keys.create(self.session, f"k{id(self)}", ["admin"], now=NOW)
        address = second_factors.enrol(self.session, self.key, vault=self.vault, now=NOW, actor="t")
        secret = parse_qs(urlsplit(address).query)["secret"][0]
        self.secret = base64.b32decode(secret + "=" * (-len(secret) % 8))

    @rule(seconds=st.integers(0, 4000))
    def time_goes_on(self, seconds):
        self.at += timedelta(seconds=seconds)

    @rule(steps=st.integers(-6, 6))
    def a_code_is_shown(self, steps):
        step = totp.step_of(self.at.timestamp()) + steps
        answer = self._check(totp.code(self.secret, step))
        fits = abs(steps) <= totp.DRIFT_STEPS and step > max(self.used, default=0)
        if answer is Answer.RIGHT:
            assert fits
            self.used.add(step)
            self.wrong = 0
        elif answer is Answer.WRONG:
            assert not fits or totp.code(self.secret, step) in {
                totp.code(self.secret, one) for one in self.used
            }
            self.wrong += 1
        else:
            assert answer is Answer.LOCKED

    @rule(guess=st.integers(0, 10**6 - 1))
    def a_code_is_guessed(self, guess):
        now = totp.step_of(self.at.timestamp())
        fitting = {totp.code(self.secret, now + step) for step in (-1, 0, 1)}
        code = str(guess).zfill(6)
        if code in fitting:
            return
        answer = self._check(code)
        assert answer in {Answer.WRONG, Answer.LOCKED}
        self.wrong += answer is Answer.WRONG

    @invariant()
    def many_wrong_ones_lock(self):
        if getattr(self, "wrong", 0) >= MOST_FAILURES:
            row = self.session.get(SecondFactor, self.key.id)
            assert row.locked_until is not None

    def teardown(self):
        if hasattr(self, "inner"):
            self.inner.rollback()

    def _check(self, code):
        return second_factors.check(self.session, self.key, code, vault=self.vault, now=self.at)


def test_no_play_of_an_attacker_opens_a_key(session, vault):
    machine = type("Played", (Guessing,), {"session": session, "vault": vault})
    bounds = limits(
        max_examples=15,
        stateful_step_count=25,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=bounds)
    assert session.scalar(select(ApiKey.id).limit(1)) is None
