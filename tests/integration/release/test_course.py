"""The course of a comparison over the API is what the engine decided, step by step."""

from sqlalchemy import select

from api_service.show.experiment import Course
from shared.domain.policy import Policy
from shared.registry import challenge_steps
from shared.registry.tables import ReleaseDecision


def test_a_comparison_s_course_is_that_of_its_decisions(clinic):
    with clinic.deps.sessions() as session:
        assert challenge_steps.steps(session, "diagnosis", limit=400) == []
    clinic.to_canary()
    with clinic.deps.sessions() as session:
        found = challenge_steps.steps(session, "diagnosis", limit=400)
        decided = session.scalars(select(ReleaseDecision.action).order_by(ReleaseDecision.step)).all()
        assert [step.action for step in found] == decided
        assert [step.number for step in found] == sorted(step.number for step in found)
        newest = challenge_steps.steps(session, "diagnosis", limit=1)
    assert newest == found[-1:]
    shown = Course.of("diagnosis", Policy(), found)
    assert (shown.rollback_drop, shown.ramp[0]) == (2.0, 5.0)
    last = shown.steps[-1]
    assert last.cases >= 100 and last.low <= last.effect <= last.high
    assert last.stage == "canary_5" or last.action == "advance"


def test_the_interval_of_a_step_holds_its_difference_also_when_only_agreement_was_added(clinic):
    clinic.to_canary()
    for _ in range(2):
        clinic.label(clinic.patients(100, champion="Gout", challenger="Gout"), "Gout")
        clinic.look()
    with clinic.deps.sessions() as session:
        shown = Course.of("diagnosis", Policy(), challenge_steps.steps(session, "diagnosis", limit=400)).steps
    assert shown[-1].cases > 250
    assert all(step.low <= step.effect <= step.high for step in shown)
