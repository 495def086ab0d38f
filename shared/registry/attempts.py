"""A worker's side of a training job: claim, steps, loss and completion, each written under the lease."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.domain.bells import TaskName
from shared.domain.cost import total
from shared.domain.cycle import JobState, VersionState
from shared.registry import audit, events, jobs, leases, models, moves, outbox
from shared.registry.leases import Lease
from shared.registry.tables import Attempt, JobMetric, ModelVersion, TrainingJob

MOST = 3  # attempts that may end in the death of their process


@dataclass(frozen=True)
class StepDone:
    """Where a training stands; `values` are its live figures."""

    step: int
    steps: int
    epoch: int
    values: Mapping[str, float] = field(default_factory=dict)
    checkpointed: bool = False
    seconds_left: float | None = None
    trial: Mapping[str, object] | None = None  # news of a search


@dataclass(frozen=True)
class Weights:
    """What a finished training left in the store."""

    digest: str
    artifact_key: str
    fingerprint: str
    base_digest: str
    labels: Sequence[str]


@dataclass(frozen=True)
class Fault:
    """Why a job ends without a version: its cause class, one sentence without patient data, and a remedy."""

    code: str
    message: str
    fix: str | None = None


def claim(session: Session, job_id: UUID, *, worker: str, now: datetime) -> Lease | None:
    """Take a queued job whose dataset is sealed and open an attempt; None when it is not to be had."""
    sealed = select(TrainingJob.dataset_version_id).where(TrainingJob.id == job_id)
    if session.scalar(sealed) is None:
        return None
    lease = leases.claim(session, TrainingJob, job_id, worker=worker, now=now)
    if lease is None:
        return None
    job = held(session, lease)
    job.start_time = job.start_time or now
    session.add(
        Attempt(job_id=job_id, fence=lease.fence, attempt=lease.attempt, worker=worker, started_at=now)
    )
    return lease


def held(session: Session, lease: Lease) -> TrainingJob:
    """The job, locked for this transaction.

    Raises:
        FencedOffError: the lease is over.
    """
    return cast(TrainingJob, leases.hold(session, lease))


def begin(session: Session, lease: Lease, *, now: datetime) -> TrainingJob:
    """Say that the training runs; the job with what it is to learn from."""
    job = held(session, lease)
    moves.move(session, job, JobState.RUNNING, by=lease.worker, at=now)
    return job


def begin_registering(session: Session, lease: Lease, *, now: datetime) -> None:
    """Say that the training is over and its weights are stored and registered."""
    moves.move(session, held(session, lease), JobState.EVALUATING, by=lease.worker, at=now)


def record_step(session: Session, lease: Lease, done: StepDone, *, now: datetime) -> None:
    """Write progress and one row of figures. The caller keeps it to one call a second."""
    job = held(session, lease)
    job.step, job.current_epoch = done.step, done.epoch
    job.progress = min(done.step / max(done.steps, 1), 1.0)
    if done.seconds_left is not None:
        job.estimated_completion = now + timedelta(seconds=done.seconds_left)
    state = JobState.CHECKPOINTED if done.checkpointed else JobState.RUNNING
    if job.state != state:
        moves.move(session, job, state, by=lease.worker, at=now)
    figures = {"epoch": done.epoch, **done.values}
    row = insert(JobMetric).values(job_id=job.id, fence=lease.fence, step=done.step, at=now, values=figures)
    session.execute(row.on_conflict_do_nothing())
    data = {"step": done.step, "steps": done.steps, "progress": job.progress, **figures}
    data["fence"] = lease.fence
    events.emit(session, kind="training_jobs.progress", subject=job.id, at=now, data=data)


def note(session: Session, lease: Lease, facts: Mapping[str, object]) -> None:
    """Add to what the job says that it was made with."""
    job = held(session, lease)
    job.provenance = {**job.provenance, **facts}


def bill(session: Session, lease: Lease, entry: Mapping[str, object]) -> None:
    """Enter what the attempt cost, in the transaction that ends it."""
    _enter(session, held(session, lease), entry, fence=lease.fence)


def complete(
    session: Session, lease: Lease, weights: Weights, *, figures: Mapping[str, object], now: datetime
) -> ModelVersion:
    """Register the version and end the job in the caller's one transaction, then ring for the judge."""
    job = held(session, lease)
    version = _version(session, job, weights)
    version.fence, version.state_since, version.created_at = lease.fence, now, now
    session.add(version)
    session.flush()
    details = {"job": str(job.id), "digest": weights.digest, "number": version.number}
    subject = ("model_versions", version.id)
    audit.write(session, act="create", subject=subject, actor=lease.worker, at=now, details=details)
    events.emit(session, kind="model_versions.trained", subject=version.id, at=now, data=details)
    job.result, job.progress, job.end_time = dict(figures), 1.0, now
    job.estimated_completion = None
    moves.move(session, job, JobState.COMPLETED, by=lease.worker, at=now)
    end(session, job.id, lease.fence, why="completed", now=now)
    outbox.ring(session, TaskName.JUDGE_VERSION, version.id)
    return version


def _version(session: Session, job: TrainingJob, weights: Weights) -> ModelVersion:
    """The next version of the type; two jobs that end at once draw their numbers one after the other."""
    assert job.dataset_version_id is not None
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"versions:{job.model_type}"))))
    number = models.next_number(session, job.model_type)
    parent = models.by_name(session, job.parent_model_version).id if job.parent_model_version else None
    return ModelVersion(
        name=f"{job.model_type}-{number}",
        model_type=job.model_type,
        number=number,
        state=VersionState.TRAINED,
        job_id=job.id,
        dataset_version_id=job.dataset_version_id,
        base=job.base,
        base_digest=weights.base_digest,
        digest=weights.digest,
        artifact_key=weights.artifact_key,
        labels=list(weights.labels),
        fingerprint=weights.fingerprint,
        parent_id=parent,
    )


def fail(session: Session, lease: Lease, fault: Fault, *, now: datetime) -> None:
    """End the job for a reason that another attempt would meet again."""
    job = held(session, lease)
    job.error_fix = fault.fix
    jobs.fail(session, job, code=fault.code, message=fault.message, by=lease.worker, now=now)
    end(session, lease.id, lease.fence, why=fault.code, now=now)


def give_back(session: Session, lease: Lease, *, why: str, now: datetime, count_attempt: bool = True) -> None:
    """Put the job back into the queue for another attempt, or give it up when its attempts are used."""
    leases.release(session, lease, now=now, why=why, count_attempt=count_attempt)
    after_loss(session, lease.id, fence=lease.fence, why=why, now=now)


def repair(session: Session, lease: Lease, change: Mapping[str, object], *, why: str, now: datetime) -> None:
    """Put the job back with a recipe that avoids what it failed of; the attempt is not counted."""
    job = held(session, lease)
    said = {
        "cause": why,
        "change": dict(change),
        "fence": lease.fence,
        "step": job.step,
        "at": now.isoformat(),
    }
    job.repairs = [*job.repairs, said]
    subject = ("training_jobs", job.id)
    audit.write(session, act="repair", subject=subject, actor=lease.worker, at=now, details=said)
    events.emit(session, kind="training_jobs.repaired", subject=job.id, at=now, data=said)
    give_back(session, lease, why=why, now=now, count_attempt=False)


def after_loss(session: Session, job_id: UUID, *, fence: int | None, why: str, now: datetime) -> None:
    """End the attempt of a job that was just requeued; ring again, or call it poison after the last one."""
    job = jobs.get(session, job_id)
    if fence is not None:
        _bill_by_the_clock(session, job, fence, now=now)
        end(session, job_id, fence, why=why, now=now)
    if job.cancel_requested:
        jobs.fail(session, job, code="cancelled", message="cancelled while it ran", by="reaper", now=now)
    elif job.attempt >= MOST:
        message = f"its process died in {job.attempt} attempts, the last one by {why}"
        jobs.fail(session, job, code="poison", message=message, by="reaper", now=now)
    else:
        outbox.ring(session, jobs.next_bell(session, job), job_id)


def end(session: Session, job_id: UUID, /, fence: int, *, why: str, now: datetime) -> None:
    """Close the attempt; one that is closed stays as it is."""
    mine = (Attempt.job_id == job_id) & (Attempt.fence == fence) & Attempt.ended_at.is_(None)
    session.execute(update(Attempt).where(mine).values(ended_at=now, ended_why=why))


def _enter(session: Session, job: TrainingJob, entry: Mapping[str, object], *, fence: int) -> None:
    session.get_one(Attempt, (job.id, fence)).cost = dict(entry)
    job.cost = total((job.cost, entry))
    session.flush()


def _bill_by_the_clock(session: Session, job: TrainingJob, fence: int, *, now: datetime) -> None:
    """A worker that is lost left no entry: its seconds are known by the clock, its energy is not."""
    attempt = session.get(Attempt, (job.id, fence), populate_existing=True)
    if attempt is not None and attempt.ended_at is None and not attempt.cost:
        seconds = max(0.0, (now - attempt.started_at).total_seconds())
        _enter(session, job, {"seconds": seconds}, fence=fence)
