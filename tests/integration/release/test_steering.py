"""People steer a comparison: one holds its ramp, two take it a step further, harm stops them both."""

import json

import pytest
from sqlalchemy import select

from deployer_service import replay
from shared.domain.cycle import VersionState
from shared.errors import ForbiddenError
from shared.registry import approvals, models, steering
from shared.registry.steering import NotComparedError
from shared.registry.tables import EvidenceRecord, ReleaseDecision


@pytest.fixture
def say(clinic):
    """One act on the challenger, in a transaction of its own."""

    def said(act, **words):
        clinic.clock.move(minutes=1)
        with clinic.deps.sessions.begin() as session:
            version = models.get(session, clinic.challenger)
            return act(session, version, reason="the board wants it", now=clinic.clock(), **words)

    return said


@pytest.fixture
def agree(clinic):
    def agreed(request, *, approve=True):
        with clinic.deps.sessions.begin() as session:
            word = {"checker": "ben", "approve": approve, "reason": "agreed", "now": clinic.clock()}
            approvals.decide(session, request.id, **word)

    return agreed


def test_a_held_ramp_waits_and_goes_on_when_it_is_let_go(clinic, say):
    clinic.to_shadow()
    assert say(steering.hold, on=True, actor="ann")
    assert not say(steering.hold, on=True, actor="ann")
    clinic.to_canary()
    assert clinic.state(clinic.challenger) is VersionState.SHADOW
    say(steering.hold, on=False, actor="ann")
    clinic.look()
    assert clinic.state(clinic.challenger) is VersionState.CANARY_5


def test_a_held_ramp_is_still_rolled_back(clinic, say):
    clinic.to_shadow()
    say(steering.hold, on=True, actor="ann")
    clinic.patients(20, champion="Gout", challenger="Migraine")
    clinic.look()
    clinic.read("Gout")
    clinic.look()
    assert clinic.state(clinic.challenger) is VersionState.ROLLED_BACK


def test_two_people_take_it_one_step_and_each_step_needs_both_again(clinic, say, agree):
    clinic.to_shadow()
    request = say(steering.ask, maker="ann")
    clinic.look()
    assert clinic.state(clinic.challenger) is VersionState.SHADOW
    assert say(steering.ask, maker="cleo").id == request.id
    agree(request)
    for _ in range(3):
        clinic.look()
    assert clinic.state(clinic.challenger) is VersionState.CANARY_5
    for after in (VersionState.CANARY_25, VersionState.CANARY_50, VersionState.LIVE):
        agree(say(steering.ask, maker="ann"))
        clinic.look()
        assert clinic.state(clinic.challenger) is after
    with clinic.deps.sessions() as session:
        newest = select(EvidenceRecord).order_by(EvidenceRecord.seq.desc())
        record = next(one for one in session.scalars(newest) if one.transition == "canary_50>live")
        assert record.actor == "ben"
        assert record.body["live_evidence"]["asked_by"] == "ann"
        assert replay.version(models.get(session, clinic.challenger).name, clinic.deps.sessions)


def test_every_decision_of_a_steered_run_is_decided_again_byte_for_byte(clinic, say, agree):
    clinic.to_shadow()
    agree(say(steering.ask, maker="ann"))
    clinic.patients(40, champion="Gout", challenger="Gout")
    clinic.look()
    with clinic.deps.sessions() as session:
        name = models.get(session, clinic.challenger).name
        asked = [json.loads(row.message).get("asked") for row in session.scalars(select(ReleaseDecision))]
    assert any(asked)
    again = replay.version(name, clinic.deps.sessions)
    assert again and all(one.same for one in again)


def test_a_refusal_ends_the_request_and_not_the_comparison(clinic, say, agree):
    clinic.to_shadow()
    first = say(steering.ask, maker="ann")
    agree(first, approve=False)
    clinic.look()
    assert clinic.state(clinic.challenger) is VersionState.SHADOW
    second = say(steering.ask, maker="ann")
    assert second.id != first.id
    with pytest.raises(ForbiddenError), clinic.deps.sessions.begin() as session:
        approvals.decide(session, second.id, checker="ann", approve=True, reason="mine", now=clinic.clock())


def test_a_word_for_an_older_step_says_nothing_any_more(clinic, say, agree):
    clinic.to_shadow()
    request = say(steering.ask, maker="ann")
    clinic.clock.move(minutes=1)
    clinic.to_canary()
    assert clinic.state(clinic.challenger) is VersionState.CANARY_5
    with clinic.deps.sessions() as session:
        assert approvals.waiting(session) == []
    with pytest.raises(approvals.DecidedAlreadyError):
        agree(request)
    clinic.look()
    assert clinic.state(clinic.challenger) is VersionState.CANARY_5


def test_a_version_that_is_not_compared_cannot_be_steered(clinic, say):
    with pytest.raises(NotComparedError):
        say(steering.hold, on=True, actor="ann")
    with pytest.raises(NotComparedError):
        say(steering.ask, maker="ann")
