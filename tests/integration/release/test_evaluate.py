"""A trained version before the gate: measured beside the champion on the same frozen cases."""

import hashlib
import json

import pytest
from sqlalchemy import select

from deployer_service import replay
from deployer_service.evaluate import judge_version
from shared.domain.cycle import VersionState
from shared.domain.envelope import Change
from shared.domain.gate import Given, JudgedCase, judge, within
from shared.domain.policy import Policy
from shared.domain.policy_change import changed
from shared.registry import deployments, models, plans, policies
from shared.registry.evidence import canonical
from shared.registry.tables import DatasetVersion, Deployment, EvidenceRecord, GateDecision, ModelPerformance
from tests.factories import a_case, a_member, a_person, a_version
from tests.integration.release.world import CHALLENGER, CHAMPION, an_exam

RIGHT, WRONG = "Gout", "Migraine"


def rows(count, **said):
    return [(RIGHT, {CHAMPION: WRONG, CHALLENGER: WRONG} | said)] * count


BETTER = rows(60, champion=RIGHT, challenger=RIGHT) + rows(20, challenger=RIGHT) + rows(4)
WORSE = rows(60, champion=RIGHT, challenger=RIGHT) + rows(20, champion=RIGHT)


def a_candidate(deps, exam, *, champion=None):
    """A trained version whose frozen set is `exam`; the champion knows the label."""
    with deps.sessions.begin() as session:
        dataset = an_exam(session, deps.vault, exam)
        version = a_version(
            session,
            gate=None,
            state=VersionState.TRAINED,
            dataset_version_id=dataset.id,
            labels=[RIGHT, WRONG],
        )
        deps.model_server.roles[version.digest] = CHALLENGER
        return version.id


def test_a_better_candidate_passes_and_asks_for_a_challenge(clinic):
    candidate = a_candidate(clinic.deps, BETTER)
    judge_version(candidate, clinic.deps)
    assert clinic.state(candidate) is VersionState.GATED
    with clinic.deps.sessions() as session:
        measured = models.performance(session, candidate)
        assert (measured.n, measured.accuracy) == (84, pytest.approx(80 / 84))
        assert measured.intervals["accuracy"][0] < 80 / 84 < measured.intervals["accuracy"][1]
        assert deployments.wanted(session, "diagnosis").id == candidate


def test_the_newest_gated_version_supersedes_the_one_that_waits(clinic):
    candidate = a_candidate(clinic.deps, BETTER)
    judge_version(candidate, clinic.deps)
    assert clinic.state(clinic.challenger) is VersionState.RETIRED


def test_a_worse_candidate_is_refused_with_the_failing_rule(clinic):
    candidate = a_candidate(clinic.deps, WORSE)
    judge_version(candidate, clinic.deps)
    assert clinic.state(candidate) is VersionState.REJECTED
    with clinic.deps.sessions() as session:
        reasons = deployments.why_not(session, models.get(session, candidate))
        record = session.scalars(select(EvidenceRecord)).one()
    assert any("accuracy" in reason for reason in reasons)
    assert record.transition == "trained>rejected"
    with clinic.deps.sessions() as session:
        assert plans.current(session, "diagnosis").champion.id == clinic.champion


def test_a_change_outside_what_was_declared_is_refused_however_good_it_is(clinic):
    wanted = changed(Policy(), {"envelope.labels_lost": 0, "envelope.other_base": False})
    with clinic.deps.sessions.begin() as session:
        policies.adopt(session, wanted, reason="our authorisation", actor="ben", now=clinic.clock())
    candidate = a_candidate(clinic.deps, BETTER)  # cannot name sepsis, as the champion can
    judge_version(candidate, clinic.deps)
    assert clinic.state(candidate) is VersionState.REJECTED
    with clinic.deps.sessions() as session:
        reasons = deployments.why_not(session, models.get(session, candidate))
        name = models.get(session, candidate).name
    assert "within the declared changes: it loses 1 diagnoses, 0 are declared" in reasons
    assert all(one.same for one in replay.version(name, clinic.deps.sessions))


def test_the_first_version_of_a_type_goes_live(deps):
    exam = rows(40, challenger=RIGHT) + [(WRONG, {CHALLENGER: WRONG})] * 40
    candidate = a_candidate(deps, exam)
    judge_version(candidate, deps)
    with deps.sessions() as session:
        assert models.get(session, candidate).state is VersionState.LIVE
        assert plans.current(session, "diagnosis").champion.id == candidate


def test_judging_twice_writes_once(clinic):
    candidate = a_candidate(clinic.deps, BETTER)
    judge_version(candidate, clinic.deps)
    judge_version(candidate, clinic.deps)
    with clinic.deps.sessions() as session:
        assert len(list(session.scalars(select(GateDecision).filter_by(model_version_id=candidate)))) == 1
        measured = list(session.scalars(select(ModelPerformance)))
        assert len(measured) == 2  # the candidate and the champion, on one frozen set
        assert len({(one.dataset_version_id, one.n) for one in measured}) == 1
        assert len(list(session.scalars(select(Deployment)))) == 1


def test_a_version_that_does_not_answer_as_trained_is_refused(clinic):
    candidate = a_candidate(clinic.deps, BETTER)
    clinic.server.fingerprint = "another"
    judge_version(candidate, clinic.deps)
    assert clinic.state(candidate) is VersionState.REJECTED


def test_a_candidate_without_an_evaluation_case_is_not_let_through(clinic):
    candidate = a_candidate(clinic.deps, [])
    judge_version(candidate, clinic.deps)
    assert clinic.state(candidate) is VersionState.REJECTED


def test_the_stored_inputs_give_the_stored_verdict_again(clinic):
    candidate = a_candidate(clinic.deps, WORSE)
    judge_version(candidate, clinic.deps)
    with clinic.deps.sessions() as session:
        decision = session.scalars(select(GateDecision).filter_by(model_version_id=candidate)).one()
    cases = [
        JudgedCase(
            case["truth"],
            Given(**case["candidate"]),
            Given(**case["champion"]),
            case["is_old"],
            case["known"],
            case["subgroup"],
        )
        for case in decision.inputs["cases"]
    ]
    told = {name: decision.inputs[name] for name in ("must_not_miss", "timed")}
    again = within(judge(cases, Policy(), **told), Change(**decision.inputs["change"]), Policy())
    assert again.as_rows() == decision.rules
    assert hashlib.sha256(canonical(decision.inputs).encode()).hexdigest() == decision.inputs_sha256


def test_the_audit_sample_is_measured_by_what_its_cases_stand_for(clinic):
    candidate = a_candidate(clinic.deps, BETTER)
    with clinic.deps.sessions.begin() as session:
        dataset = session.get_one(DatasetVersion, models.get(session, candidate).dataset_version_id)
        for probability, answer in ((0.5, RIGHT), (0.5, RIGHT), (0.1, WRONG)):
            sealed = clinic.deps.vault.seal(
                json.dumps({CHALLENGER: answer, CHAMPION: WRONG}).encode(), "case"
            )
            case = a_case(
                session, person=a_person(session, split="evaluation"), diagnosis=RIGHT, input_sealed=sealed
            )
            drawn = {"audit_probability": probability, "weight": 1 / probability}
            a_member(session, dataset, case, split="evaluation", **drawn)
    judge_version(candidate, clinic.deps)
    with clinic.deps.sessions() as session:
        gate, audit = (models.performance(session, candidate, purpose) for purpose in ("gate", "audit"))
    assert (gate.n, audit.n) == (87, 3)
    assert audit.accuracy == pytest.approx(4 / 14)
