"""Each rule that the database enforces, tried from the role that the services use."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError

from shared.domain.cycle import CaseState, JobState, VersionState
from shared.registry import moves
from tests import factories as make

REFUSED = (IntegrityError, ProgrammingError, DBAPIError)


def refuses(session, statement, *, because, **values):
    with pytest.raises(REFUSED, match=because), session.begin_nested():
        session.execute(text(statement), values)


@pytest.mark.parametrize("state", ["live", "standby", "shadow"])
def test_one_version_a_type_and_slot(session, state):
    make.a_version(session, state=state)
    with pytest.raises(IntegrityError), session.begin_nested():
        make.a_version(session, state=state)


def test_one_challenger_whatever_its_step(session):
    make.a_version(session, state=VersionState.SHADOW)
    with pytest.raises(IntegrityError, match="one_challenger"), session.begin_nested():
        make.a_version(session, state=VersionState.CANARY_25)


@pytest.mark.parametrize("gate", [None, "fail", "inconclusive"])
def test_no_plan_names_a_version_without_a_passed_gate(session, gate):
    version = make.a_version(session, gate=gate)
    with pytest.raises(IntegrityError, match="no passed gate"), session.begin_nested():
        make.a_plan(session, version)


def test_the_gate_must_have_judged_the_exact_bytes(session):
    version = make.a_version(session, gate=None)
    make.a_gate_decision(session, version, digest="others")
    with pytest.raises(IntegrityError, match="no passed gate"), session.begin_nested():
        make.a_plan(session, version)


@pytest.mark.parametrize("state", ["trained", "rejected", "rolled_back", "retired"])
def test_no_plan_names_a_version_that_may_not_serve(session, state):
    version = make.a_version(session, state=state)
    with pytest.raises(IntegrityError, match="may not serve"), session.begin_nested():
        make.a_plan(session, version)


def test_no_plan_names_a_blocked_version(session):
    version = make.a_version(session, blocked=True)
    with pytest.raises(IntegrityError), session.begin_nested():
        make.a_plan(session, version)


@pytest.mark.parametrize("number", [1, 3])
def test_a_plan_follows_the_current_one(session, number):
    version = make.a_version(session)
    make.a_plan(session, version, number=1)
    with pytest.raises(DBAPIError, match="does not follow"), session.begin_nested():
        make.a_plan(session, version, number=number)


def test_a_share_needs_a_challenger(session):
    version = make.a_version(session)
    with pytest.raises(IntegrityError, match="share_needs_challenger"), session.begin_nested():
        make.a_plan(session, version, share=0.05)


def test_no_person_is_on_two_sides(session):
    person = make.a_person(session, split="evaluation")
    case, dataset = make.a_case(session, person=person), make.a_dataset(session)
    with pytest.raises(IntegrityError, match="is on the evaluation side"), session.begin_nested():
        make.a_member(session, dataset, case, split="training")
    make.a_member(session, dataset, case, split="evaluation")


def test_a_person_never_leaves_the_evaluation_side(session):
    person = make.a_person(session, split="evaluation")
    session.flush()
    refuses(session, "UPDATE persons SET split = 'training' WHERE id = :id", because="for life", id=person.id)


@pytest.mark.parametrize(
    "given", [{"state": CaseState.NEEDS_REVIEW}, {"state": CaseState.WITHDRAWN}, {"deidentified": False}]
)
def test_a_member_is_validated_and_deidentified(session, given):
    case, dataset = make.a_case(session, **given), make.a_dataset(session)
    with pytest.raises(IntegrityError, match="not validated, de-identified"), session.begin_nested():
        make.a_member(session, dataset, case)


def test_a_member_is_the_case_of_its_person(session):
    case, dataset, other = make.a_case(session), make.a_dataset(session), make.a_person(session)
    with pytest.raises(IntegrityError), session.begin_nested():
        make.a_member(session, dataset, case, person_id=other.id)


APPEND_ONLY = [
    ("dataset_versions", "sealed_by = 'x'"),
    ("dataset_members", "weight = 0"),
    ("traffic_plans", "share = 0"),
    ("predictions", "label = 'x'"),
    ("gate_decisions", "verdict = 'pass'"),
    ("policies", "reason = 'x'"),
    ("audit_events", "actor = 'x'"),
]


@pytest.fixture
def history(session):
    version = make.a_version(session)
    make.a_member(session, make.a_dataset(session), make.a_case(session))
    make.a_plan(session, version)
    make.a_prediction(session, version)
    job = make.a_job(session)
    moves.move(session, job, JobState.CANCELLED, by="test", at=make.NOW)
    return session


@pytest.mark.parametrize(("table", "change"), APPEND_ONLY)
def test_history_is_not_rewritten_by_the_services(history, table, change):
    refuses(history, f"UPDATE {table} SET {change}", because="permission denied")
    refuses(history, f"DELETE FROM {table}", because="permission denied")


@pytest.mark.parametrize(("table", "change"), APPEND_ONLY)
def test_history_is_not_rewritten_by_the_owner_either(history, table, change):
    history.execute(text("SET ROLE NONE"))
    refuses(history, f"UPDATE {table} SET {change}", because="append-only")
    refuses(history, f"DELETE FROM {table}", because="append-only")


@pytest.mark.parametrize("change", ["digest = 'x'", "labels = '[]'", "number = 77", "base = 'other'"])
def test_the_bytes_and_origin_of_a_version_never_change(session, change):
    version = make.a_version(session)
    refuses(
        session, f"UPDATE model_versions SET {change} WHERE id = :id", because="append-only", id=version.id
    )


def test_the_database_knows_the_moves_of_the_cycle(session):
    job = make.a_job(session, state=JobState.COMPLETED)
    refuses(
        session,
        "UPDATE training_jobs SET state = 'running' WHERE id = :id",
        because="cannot become",
        id=job.id,
    )


def test_a_word_that_is_no_state_is_refused(session):
    job = make.a_job(session)
    refuses(
        session, "UPDATE training_jobs SET state = 'done' WHERE id = :id", because="cannot become", id=job.id
    )


def test_a_confidence_is_a_share(session):
    with pytest.raises(IntegrityError, match="confidence_share"), session.begin_nested():
        make.a_case(session, confidence=85)


def test_an_approver_is_not_the_one_who_asked(session):
    refuses(
        session,
        "INSERT INTO approvals (subject_kind, subject_id, maker, checker, state, reason, created_at) "
        "VALUES ('version', uuidv7(), 'ann', 'ann', 'approved', 'ok', now())",
        because="two_people",
    )


def test_a_move_leaves_its_audit_event_or_does_not_happen(session):
    job = make.a_job(session)
    moves.move(session, job, JobState.CANCELLED, by="ann", at=make.NOW, why="wrong data")
    event = session.execute(
        text("SELECT actor, act, details FROM audit_events WHERE subject_id = :id"), {"id": str(job.id)}
    ).one()
    assert (event.actor, event.act) == ("ann", "move")
    assert event.details == {"from": "queued", "to": "cancelled", "why": "wrong data"}


def test_a_move_from_a_state_read_long_ago_is_refused(sessions):
    with sessions.begin() as first:
        job = make.a_job(first)
    with sessions.begin() as mine:
        stale = mine.get(type(job), job.id)
        with sessions.begin() as other:
            moves.move(other, other.get(type(job), job.id), JobState.CANCELLED, by="other", at=make.NOW)
        with pytest.raises(moves.MovedMeanwhileError):
            moves.move(mine, stale, JobState.FAILED, by="me", at=make.NOW)
