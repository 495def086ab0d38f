from datetime import timedelta

import pytest
from sqlalchemy import select, text

from shared.broker.reaper import Reaper, Silence
from shared.domain.cycle import JobState, RunState
from shared.registry import attempts, jobs, leases
from shared.registry.attempts import Fault, StepDone, Weights
from shared.registry.leases import FencedOffError
from shared.registry.tables import Attempt, CollectionRun, TrainingJob
from tests.factories import a_dataset, a_job, a_run

LEASE = 10.0
FAULT, WEIGHTS = Fault("invalid_input", "it cannot be"), Weights("d", "models/x", "f", "b", ["Migraine"])

STEP = StepDone(1, 3, 1, {}, checkpointed=True)
EFFECTS = {
    "begin": lambda session, lease, now: attempts.begin(session, lease, now=now),
    "step": lambda session, lease, now: attempts.record_step(session, lease, STEP, now=now),
    "end of the training": lambda session, lease, now: attempts.begin_registering(session, lease, now=now),
    "version": lambda session, lease, now: attempts.complete(session, lease, WEIGHTS, figures={}, now=now),
    "failure": lambda session, lease, now: attempts.fail(session, lease, FAULT, now=now),
    "return": lambda session, lease, now: attempts.give_back(session, lease, why="test", now=now),
    "note": lambda session, lease, _: attempts.note(session, lease, {"a": 1}),
    "bill": lambda session, lease, _: attempts.bill(session, lease, {"seconds": 1.0}),
}


@pytest.fixture
def job_id(sessions):
    with sessions.begin() as session:
        return a_job(session, dataset_version_id=a_dataset(session).id).id


@pytest.fixture
def claim(sessions, now, job_id):
    def take(worker="w"):
        with sessions.begin() as session:
            return attempts.claim(session, job_id, worker=worker, now=now)

    return take


def state_of(sessions, table, row_id):
    with sessions() as session:
        return session.get(table, row_id).state


def listen(reaper, now, *instants) -> int:
    return sum(reaper.look(at=at, now=now) for at in instants)


def test_one_of_two_workers_gets_the_row_and_each_claim_has_a_higher_fence(sessions, claim, now):
    first = claim("a")
    assert claim("b") is None
    with sessions.begin() as session:
        leases.release(session, first, now=now, why="test")
    second = claim("b")
    assert (second.fence > first.fence, second.attempt) == (True, 2)


def test_a_job_without_a_sealed_dataset_is_not_to_be_had(sessions, now):
    with sessions.begin() as session:
        job = a_job(session)
        assert attempts.claim(session, job.id, worker="w", now=now) is None


def test_a_claim_draws_a_fence_of_its_own_whatever_stands_in_the_row(sessions, claim, now, job_id):
    with sessions.begin() as session:
        before = session.scalar(leases.FENCES.next_value())
        session.get_one(TrainingJob, job_id).fence = before
    assert claim().fence > before


def test_what_is_asked_to_stop_or_not_due_yet_is_not_to_be_had(sessions, claim, now, job_id):
    for column, value in (("cancel_requested", True), ("run_after", now + timedelta(seconds=1))):
        with sessions.begin() as session:
            before = getattr(session.get_one(TrainingJob, job_id), column)
            setattr(session.get_one(TrainingJob, job_id), column, value)
        assert claim() is None
        with sessions.begin() as session:
            setattr(session.get_one(TrainingJob, job_id), column, before)
    assert claim() is not None


def test_a_silent_worker_is_given_up_after_a_lease_and_is_then_fenced_off(sessions, claim, now, job_id):
    lease, reaper = claim(), Reaper(sessions, LEASE)
    assert listen(reaper, now, 0, 2, 4, 6, 8) == 0
    assert listen(reaper, now, 10) == 1
    assert state_of(sessions, TrainingJob, job_id) == JobState.QUEUED
    with sessions.begin() as session:
        assert not leases.beat(session, lease)
        with pytest.raises(FencedOffError):
            leases.hold(session, lease)


def test_a_worker_that_beat_and_then_fell_silent_is_given_up(sessions, claim, now):
    lease, reaper = claim(), Reaper(sessions, LEASE)
    assert listen(reaper, now, 0) == 0
    with sessions.begin() as session:
        assert leases.beat(session, lease)
    assert listen(reaper, now, 2, 4, 6, 8, 10) == 0
    assert listen(reaper, now, 12) == 1


def test_a_beat_between_the_look_and_the_deed_saves_the_row(sessions, claim, now, job_id):
    lease = claim()
    with sessions.begin() as session:
        seen = session.get_one(TrainingJob, job_id).beat_seq
        assert leases.beat(session, lease)
    with sessions.begin() as session:
        assert not leases.give_up_on(session, TrainingJob, job_id, beat_seq=seen, now=now)
        assert leases.hold(session, lease).id == job_id
        assert leases.give_up_on(session, TrainingJob, job_id, beat_seq=seen + 1, now=now)


def test_what_is_over_is_nobodys_any_more(sessions, claim, now, job_id):
    lease = claim()
    with sessions.begin() as session:
        attempts.fail(session, lease, FAULT, now=now)
    with sessions.begin() as session:
        assert not leases.beat(session, lease)
    with pytest.raises(FencedOffError), sessions.begin() as session:
        attempts.record_step(session, lease, STEP, now=now)
    with sessions.begin() as session:
        stands_at = session.get_one(TrainingJob, job_id).beat_seq
        assert not leases.give_up_on(session, TrainingJob, job_id, beat_seq=stands_at, now=now)
    assert state_of(sessions, TrainingJob, job_id) == JobState.FAILED


@pytest.mark.parametrize("effect", EFFECTS)
def test_a_lease_that_was_lost_has_no_effect_whatever_its_heir_does(sessions, claim, now, job_id, effect):
    lost = claim()
    with sessions.begin() as session:
        leases.release(session, lost, now=now, why="test")
    heir = claim("heir")
    with sessions.begin() as session:
        attempts.begin(session, heir, now=now)
        assert not leases.beat(session, lost)
    with pytest.raises(FencedOffError), sessions.begin() as session:
        EFFECTS[effect](session, lost, now)
    with sessions() as session:
        job = session.get_one(TrainingJob, job_id)
        assert (job.state, job.fence, job.step) == (JobState.RUNNING, heir.fence, 0)
        assert job.beat_seq == 0  # only its heir can keep it


def test_a_try_ends_with_its_job_and_says_why(sessions, claim, now, job_id):
    lease = claim()
    with sessions.begin() as session:
        attempts.fail(session, lease, FAULT, now=now)
        [one] = session.scalars(select(Attempt).where(Attempt.job_id == job_id))
        assert (one.ended_at, one.ended_why) == (now, FAULT.code)


def test_a_job_that_was_cancelled_while_it_ran_is_not_tried_again(sessions, claim, now, job_id):
    lease = claim()
    with sessions.begin() as session:
        jobs.request_cancel(session, job_id, now=now, actor="ann")
    with sessions.begin() as session:
        attempts.give_back(session, lease, why="stopped", now=now)
    assert state_of(sessions, TrainingJob, job_id) == JobState.CANCELLED


def test_a_row_that_waits_again_names_nobody(sessions, claim, now, job_id):
    lease = claim()
    with sessions.begin() as session:
        leases.release(session, lease, now=now, why="test")
        row = session.get_one(TrainingJob, job_id)
        assert (row.fence, row.worker) == (None, None)


def test_a_beating_worker_is_never_given_up(sessions, claim, now):
    lease, reaper = claim(), Reaper(sessions, LEASE)
    for at in range(0, 60, 4):
        with sessions.begin() as session:
            assert leases.beat(session, lease)
        assert listen(reaper, now, at) == 0


def test_silence_that_nobody_heard_proves_nothing(sessions, claim, now):
    claim()
    reaper = Reaper(sessions, LEASE)
    assert listen(reaper, now, 0, 2, 100, 102, 104) == 0
    assert listen(reaper, now, 106) == 1


def test_a_run_that_kills_its_worker_three_times_fails_and_others_stay(sessions, now):
    with sessions.begin() as session:
        run_id, other_id = a_run(session).id, a_run(session).id
    for _ in range(3):
        with sessions.begin() as session:
            assert leases.claim(session, CollectionRun, run_id, worker="w", now=now)
        reaper = Reaper(sessions, LEASE)
        assert listen(reaper, now, 0, 2, 4, 6, 8, 10) == 1
    with sessions() as session:
        assert session.get(CollectionRun, run_id).error == "poison"
    assert state_of(sessions, CollectionRun, run_id) == RunState.FAILED
    assert state_of(sessions, CollectionRun, other_id) == RunState.QUEUED


def test_silence_forgets_rows_that_are_held_no_more():
    silence = Silence(LEASE)
    silence.listen({1: (1, 5)}, at=0)
    silence.listen({}, at=2)
    for at in range(4, 14, 2):
        assert silence.listen({1: (1, 5)}, at=at) == []
    for at in range(14, 24, 2):
        assert silence.listen({1: (2, 5)}, at=at) == []
    assert silence.listen({1: (2, 5)}, at=24) == [(1, 2, 5)]


def test_a_beat_changes_its_row_in_place(sessions, claim):
    """No index names what a beat changes, and pages have room: nothing else has to be written or swept."""
    lease = claim()
    hot = text(
        "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_xact_user_tables WHERE relname = 'training_jobs'"
    )
    with sessions.begin() as session:
        before = session.execute(hot).one()
        for _ in range(20):
            assert leases.beat(session, lease)
        after = session.execute(hot).one()
    assert [now - then for now, then in zip(after, before, strict=True)] == [20, 20]
