"""The weekly lists: filled from what nobody has read, within the budget, apart from the audit sample."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from shared.registry import hard_cases, outcomes, readings, validators
from shared.registry.tables import Outcome, PredictionInput, Reading, SilentScore
from shared.registry.validators import Staff
from tests import factories as make
from worker_collection.hard_cases import renew

TEXT = "A throbbing headache with flashes of light on one side"


@pytest.fixture
def site(deps):
    """Two doctors and one who may not validate, and a version that answers."""
    with deps.sessions.begin() as session:
        for name, qualified in (("Ann", True), ("Bob", True), ("Eve", False)):
            staff = Staff(name, (name,), "doctor", qualified=qualified, active=True)
            validators.add(session, staff, now=deps.clock(), actor="test")
        return make.a_version(session).id


@pytest.fixture
def predicted(deps, site, now):
    """One answer with its input; `margin` is how far its best label leads."""

    def predict(text=TEXT, margin=0.1, disputed=False, **given):
        top = [["Migraine", (1 + margin) / 2], ["Gout", (1 - margin) / 2]]
        with deps.sessions.begin() as session:
            version = session.get_one(make.ModelVersion, site)
            row = make.a_prediction(session, version, top=top, **given)
            sealed = deps.vault.seal(text.encode(), "prediction")
            kept = {"prediction_id": row.id, "expires_at": now + timedelta(days=9)}
            session.add(PredictionInput(sealed=sealed, **kept))
            if disputed:
                other = make.a_version(session)
                score = {"prediction_id": row.id, "model_version_id": other.id, "at": now}
                session.add(SilentScore(label="Gout", confidence=0.9, **score))
            return row.id

    return predict


def lists(deps):
    with deps.sessions() as session:
        return hard_cases.waiting(session, "diagnosis")


def test_the_budget_of_everybody_who_validates_is_filled_once_a_week(deps, predicted):
    for n in range(60):
        predicted(f"{TEXT}, day {n}", margin=n / 100)
    assert renew("diagnosis", deps, actor="test") == 40
    assert {one.wanted_of: sum(x.wanted_of == one.wanted_of for x in lists(deps)) for one in lists(deps)} == {
        "Ann": 20,
        "Bob": 20,
    }
    assert renew("diagnosis", deps, actor="test") == 0


def test_who_reads_nothing_is_asked_for_no_more(deps, predicted, now):
    for n in range(60):
        predicted(f"{TEXT}, day {n}", margin=n / 100)
    renew("diagnosis", deps, actor="test")
    later = replace(deps, clock=lambda: now + timedelta(days=8))
    with deps.sessions.begin() as session:
        for one in hard_cases.waiting(session, "diagnosis", "Ann")[:5]:
            readings.answer(session, one.id, label="Gout", reader="Ann", now=now)
    assert renew("diagnosis", later, actor="test") == 5
    assert sorted(one.wanted_of for one in lists(deps)) == ["Ann"] * 20 + ["Bob"] * 20


def test_what_is_audited_read_or_asked_already_is_on_no_list(deps, predicted, now):
    fresh = predicted(disputed=True)
    audited, read = predicted(in_audit=True), predicted()
    with deps.sessions.begin() as session:
        said = {"kind": "feedback", "label": "Gout", "blind": False, "validated_by": "Ann"}
        outcomes.add(session, Outcome(prediction_id=read, validated_at=now, received_at=now, **said))
    assert renew("diagnosis", deps, actor="test") == 1
    (one,) = lists(deps)
    assert (one.prediction_id, one.why["disagreement"]) == (fresh, 1.0)
    assert audited not in {row.prediction_id for row in lists(deps)}


def test_the_answer_to_a_hard_case_is_feedback_and_decides_nothing_blind(deps, predicted, now):
    key = predicted()
    renew("diagnosis", deps, actor="test")
    with deps.sessions.begin() as session:
        asked = session.scalars(select(Reading)).one()
        readings.answer(session, asked.id, label="Gout", reader="Ann", now=now)
    with deps.sessions() as session:
        said = session.scalars(select(Outcome)).one()
    assert (said.prediction_id, said.kind, said.blind) == (key, "feedback", False)
    assert lists(deps) == []
