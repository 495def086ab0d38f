"""What a challenge takes over from the year before it."""

import json
from datetime import timedelta
from uuid import uuid4

from shared.domain.cycle import VersionState
from shared.registry import approvals, decisions, lifetime, models
from shared.registry.tables import GateDecision, ReleaseDecision
from tests.factories import NOW


def verdict(session, version_id, answers):
    """What the gate stored on a version: every case is Gout."""
    cases = [
        {"case_id": str(number), "truth": "Gout", "candidate": {"label": label, "confidence": 0.8}}
        for number, label in enumerate(answers)
    ]
    session.add(
        GateDecision(
            model_version_id=version_id, digest=models.get(session, version_id).digest, policy_version=1,
            verdict="pass", rules=[], inputs={"cases": cases}, inputs_sha256=uuid4().hex,
            created_at=NOW + timedelta(hours=1),
        )
    )  # fmt: skip


def promoted(session, version_id, *, at, alpha=0.05):
    for step, action in ((0, "hold"), (1, "promote")):
        session.add(
            ReleaseDecision(
                run=f"run {at}", step=step, model_type="diagnosis", model_version_id=version_id,
                policy_version=1, message=json.dumps({"config": {"alpha_promote": alpha}}), answer="{}",
                action=action, cursors={}, at=at,
            )
        )  # fmt: skip


def standing(clinic):
    with clinic.deps.sessions() as session:
        challenger = models.get(session, clinic.challenger)
        return lifetime.standing(session, challenger, now=clinic.clock())


def test_a_year_is_counted_and_what_is_older_is_not(clinic):
    with clinic.deps.sessions.begin() as session:
        for days in (10, 100, 400):
            promoted(session, clinic.champion, at=clinic.clock() - timedelta(days=days))
    assert standing(clinic).spent == 0.10


def test_the_anchor_reads_the_cases_that_judged_both(clinic):
    with clinic.deps.sessions.begin() as session:
        verdict(session, clinic.champion, ["Gout"] * 300)
        verdict(session, clinic.challenger, ["Migraine"] * 40 + ["Gout"] * 160)
    found = standing(clinic)
    assert (found.anchor.cases, found.anchor.wins, found.anchor.losses) == (200, 0, 40)
    assert found.failed_this_year


def test_where_the_account_is_spent_an_automatic_site_waits_for_a_person(clinic):
    with clinic.deps.sessions.begin() as session:
        for days in (10, 20, 30, 40):
            promoted(session, clinic.champion, at=clinic.clock() - timedelta(days=days))
    clinic.to_live()
    assert clinic.state(clinic.challenger) is VersionState.CANARY_50
    with clinic.deps.sessions() as session:
        [request] = approvals.waiting(session)
        assert "because the risk that automatic promotions may take in a year is spent" in request.reason
        run = decisions.of_version(session, clinic.challenger)[0].run
        assert "spent" in lifetime.why_person(session, run)
