"""Day-0 replay: what a challenge may be told of before it begins, and what not."""

import json

import pytest
from sqlalchemy import select, update

from shared.registry import decisions
from shared.registry.tables import Person, Prediction


def audited_before(clinic, *, read, trained=False):
    """Twenty answers of the audit sample that stand before the challenge, read blind or not."""
    clinic.clock.move(hours=1)  # after both versions had learnt
    given = clinic.patients(20, champion="Gout", challenger="Migraine", audited=True)
    if trained:
        with clinic.deps.sessions.begin() as session:
            mine = select(Prediction.person_id).where(Prediction.id.in_(given))
            session.execute(update(Person).where(Person.id.in_(mine)).values(trained=True))
    clinic.label(given, "Migraine", blind=read)
    return given


def evidence_of(clinic):
    with clinic.deps.sessions() as session:
        return json.loads(decisions.of_version(session, clinic.challenger, 1)[0].answer)["state"]["counts"]


def test_a_challenge_begins_with_what_the_audit_sample_says_of_both(clinic):
    audited_before(clinic, read=True)
    clinic.patients(20, champion="Gout", challenger="Migraine")  # drawn by nobody: not told
    clinic.to_shadow()
    clinic.look()
    counts = evidence_of(clinic)
    assert (counts["pairs"], counts["wins"], counts["exposed"]) == (20, 20, 0)
    clinic.look()
    assert evidence_of(clinic)["wins"] == 20


@pytest.mark.parametrize("given", [{"read": False}, {"read": True, "trained": True}])
def test_what_was_not_read_blind_or_is_of_somebody_learnt_from_is_not_replayed(clinic, given):
    audited_before(clinic, **given)
    clinic.to_shadow()
    clinic.patients(1, champion="Gout", challenger="Gout")
    clinic.look()
    assert evidence_of(clinic)["pairs"] == 1
