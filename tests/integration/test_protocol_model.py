"""The protocol of a job on real Postgres, played by chance: workers die, hang, wake up and write late.

The clock is simulated, the broker is a bag of doorbells that may be lost or doubled; what the rules may do is
what processes do in bad years. Every play ends with the history checker.
"""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from sqlalchemy import select, update

from shared.broker.reaper import Reaper
from shared.domain.cycle import JobState, ended
from shared.domain.history import violations
from shared.errors import ConflictError
from shared.registry import attempts, histories, jobs, leases, outbox, turns
from shared.registry.attempts import Fault, StepDone, Weights
from shared.registry.leases import Lease
from shared.registry.tables import Attempt, TrainingJob
from tests.factories import NOW, a_dataset, a_job

LEASE, BEAT, REAP = 10.0, 2.5, 0.5
STEPS = 3
chosen = st.integers(0, 1 << 16)


class Worker:
    """A worker with at most one lease; what it believes may be out of date."""

    def __init__(self, name: str) -> None:
        self.name, self.lease, self.step, self.beats = name, None, 0, True
        self.hung = False  # at any time since its claim


class Protocol(RuleBasedStateMachine):
    """The rules; the checks stand in `look` and `teardown`."""

    sessions = None

    def __init__(self) -> None:
        super().__init__()
        self.at, self.beat_at = 0.0, 0.0
        self.ours: list[UUID] = []
        self.bells: list[UUID] = []
        self.saved: dict[UUID, int] = {}  # what a checkpoint folder holds
        self.silent: dict[Lease, float] = {}  # leases whose worker fell silent, and when
        self.closed: dict[tuple[UUID, int], object] = {}  # tries that ended, as they ended
        self.workers = [Worker(f"w{n}") for n in range(3)]
        self.reaper = Reaper(self.sessions, LEASE)
        with self.sessions.begin() as session:
            session.execute(  # jobs of the play before are of no interest to the reaper of this one
                update(TrainingJob).where(TrainingJob.fence.is_not(None)).values(beat_seq=-1, fence=None)
            )
            self.dataset = a_dataset(session).id

    @property
    def now(self):
        return NOW + timedelta(seconds=self.at)

    @rule()
    def submit(self):
        with self.sessions.begin() as session:
            job = a_job(session, dataset_version_id=self.dataset, created_at=self.now, seed=len(self.ours))
            outbox.ring(session, jobs.next_bell(session, job), job.id)
            self.ours.append(job.id)

    @rule(twice=st.booleans())
    def relay(self, twice):
        with self.sessions.begin() as session:
            taken = [subject for _, subject in outbox.take(session, 50) if subject in self.ours]
        self.bells += taken * (2 if twice else 1)

    @precondition(lambda self: self.bells)
    @rule()
    def the_broker_forgets(self):
        self.bells.clear()

    @rule()
    def ring_again(self):
        with self.sessions() as session:
            queued = select(TrainingJob.id).where(TrainingJob.state == JobState.QUEUED)
            self.bells += [one for one in session.scalars(queued) if one in self.ours]

    @precondition(lambda self: self.bells)
    @rule(which=chosen, worker=st.integers(0, 2))
    def a_worker_hears_a_bell(self, which, worker):
        one = self.workers[worker]
        if one.lease is not None:
            return
        hint = self.bells.pop(which % len(self.bells))
        with self.sessions.begin() as session:
            one.lease = attempts.claim(session, hint, worker=one.name, now=self.now)
            if one.lease is not None:
                attempts.begin(session, one.lease, now=self.now)
                one.step, one.beats, one.hung = self.saved.get(hint, 0), True, False

    @rule(worker=st.integers(0, 2))
    def a_step(self, worker):
        one = self.workers[worker]
        if one.lease is None or one.step >= STEPS:
            return
        done = StepDone(one.step + 1, STEPS, 1, {}, checkpointed=True)
        if self.try_to(one, lambda session: attempts.record_step(session, one.lease, done, now=self.now)):
            one.step += 1
            self.saved[one.lease.id] = one.step

    @rule(worker=st.integers(0, 2))
    def the_end_of_a_training(self, worker):
        one = self.workers[worker]
        if one.lease is None or one.step < STEPS:
            return
        weights = Weights(uuid4().hex, "models/x", "f", "b", ["Migraine"])

        def register(session):
            attempts.begin_registering(session, one.lease, now=self.now)
            attempts.complete(session, one.lease, weights, figures={}, now=self.now)

        self.try_to(one, register)
        one.lease = None

    @rule(worker=st.integers(0, 2))
    def a_training_fails(self, worker):
        one, fault = self.workers[worker], Fault("invalid_input", "it cannot be")
        if one.lease is not None:
            self.try_to(one, lambda session: attempts.fail(session, one.lease, fault, now=self.now))
            one.lease = None

    @rule(worker=st.integers(0, 2), counted=st.booleans())
    def a_worker_gives_back(self, worker, counted):
        one = self.workers[worker]
        if one.lease is not None:
            given = lambda session: attempts.give_back(  # noqa: E731
                session, one.lease, why="stopped", now=self.now, count_attempt=counted
            )
            self.try_to(one, given)
            one.lease = None

    @rule(worker=st.integers(0, 2))
    def a_worker_is_killed(self, worker):
        one = self.workers[worker]
        if one.lease is not None:
            self.silent.setdefault(one.lease, self.at)
            one.lease = None

    @rule(worker=st.integers(0, 2))
    def a_worker_hangs(self, worker):
        one = self.workers[worker]
        if one.lease is not None and one.beats:
            self.silent[one.lease] = self.at
            one.beats, one.hung = False, True

    @rule(worker=st.integers(0, 2))
    def a_worker_wakes_up(self, worker):
        one = self.workers[worker]
        one.beats = True
        self.silent.pop(one.lease, None)

    @precondition(lambda self: self.ours)
    @rule(which=chosen)
    def somebody_cancels(self, which):
        job_id = self.ours[which % len(self.ours)]
        with self.sessions.begin() as session:
            if not ended(jobs.get(session, job_id).state):
                jobs.request_cancel(session, job_id, now=self.now, actor="ann")

    @rule(seconds=st.sampled_from([0.5, 3.0, 12.0]))
    def time_passes(self, seconds):
        until = self.at + seconds
        while self.at < until:
            self.at += REAP
            if self.at >= self.beat_at:
                self.beat_at = self.at + BEAT
                for one in self.workers:
                    self.beat(one)
            self.reaper.look(at=self.at, now=self.now)
        self.look(at_rest=False)

    def beat(self, one: Worker) -> None:
        if one.lease is None or not one.beats:
            return
        with self.sessions.begin() as session:
            alive = leases.beat(session, one.lease)
            job = jobs.get(session, one.lease.id)
            held = job.fence == one.lease.fence and job.state in leases.HELD[TrainingJob]
        assert alive == (held and not job.cancel_requested), "a beat is heard of whoever holds the row"
        if alive:
            return
        with self.sessions() as session:
            wanted = jobs.get(session, one.lease.id).cancel_requested
        assert one.hung or wanted, "a worker that lives was given up"
        with self.sessions.begin() as session:  # cancelled or fenced off: it ends what it may still end
            job = jobs.get(session, one.lease.id)
            if job.fence == one.lease.fence and job.state in leases.HELD[TrainingJob]:
                attempts.fail(session, one.lease, Fault("cancelled", "cancelled while it ran"), now=self.now)
        one.lease = None

    def try_to(self, one: Worker, write) -> bool:
        """A write of a worker; a lease that is over refuses it, and then it must have been over."""
        lease: Lease = one.lease
        try:
            with self.sessions.begin() as session:
                write(session)
        except ConflictError:
            with self.sessions() as session:
                job = jobs.get(session, lease.id)
                assert job.fence != lease.fence or job.state not in leases.HELD[TrainingJob]
            one.lease = None
            return False
        return True

    def look(self, *, at_rest: bool) -> None:
        with self.sessions() as session:
            found = violations(histories.of(session, self.ours), at_rest=at_rest)
            tries = session.scalars(select(Attempt).where(Attempt.job_id.in_(self.ours))).all()
            at_work = select(TrainingJob.id, TrainingJob.fence).where(
                TrainingJob.state.in_(leases.HELD[TrainingJob])
            )
            held = dict(session.execute(at_work).all())
        assert found == []
        ended_now = {(one.job_id, one.fence): (one.ended_at, one.ended_why) for one in tries if one.ended_at}
        assert self.closed.items() <= ended_now.items(), "the end of a try was written anew"
        self.closed = ended_now
        for lease, since in self.silent.items():
            patience = LEASE + BEAT + 2 * REAP
            assert self.at - since < patience or held.get(lease.id) != lease.fence, (
                "nobody missed a dead worker"
            )

    def teardown(self):
        """Let good years come: workers that live, a broker that forgets nothing. Then nothing may be open."""
        for _ in range(6 * len(self.ours) + 8):
            self.relay(twice=False)
            self.ring_again()
            for number, one in enumerate(self.workers):
                one.beats = True
                self.silent.pop(one.lease, None)
                if self.bells and one.lease is None:
                    self.a_worker_hears_a_bell(0, number)
                while one.lease is not None and one.step < STEPS:
                    self.a_step(number)
                self.the_end_of_a_training(number)
            self.bells.clear()
            self.time_passes(3.0)
            with self.sessions() as session:
                states = session.scalars(select(TrainingJob.state).where(TrainingJob.id.in_(self.ours)))
                if all(map(ended, states)):
                    break
        self.look(at_rest=True)
        with self.sessions() as session:
            assert not set(turns.next_up(session, now=self.now)) & set(self.ours)


@pytest.mark.parametrize("examples", [25])
def test_no_play_loses_doubles_or_writes_late(sessions, examples):
    machine = type("Played", (Protocol,), {"sessions": sessions})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=40,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
