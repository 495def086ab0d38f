"""Training jobs as their askers see them: a wish becomes a row and a doorbell, is listed, is ended."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from shared.domain.bells import TaskName, first_bell
from shared.domain.cycle import JobState, ended, public_job_status
from shared.domain.repair import mended
from shared.errors import ConflictError, NotFoundError
from shared.registry import alerts, audit, events, job_door, models, moves, outbox
from shared.registry.alerts import Trouble
from shared.registry.job_door import JobWish
from shared.registry.tables import DatasetVersion, TrainingJob

OPEN = tuple(state for state in JobState if not ended(state))


def create(session: Session, wish: JobWish, *, now: datetime, actor: str) -> TrainingJob:
    """Queue one job and ring for its first step: sealing its dataset, or the training itself.

    Raises:
        NotFoundError: the model type or the dataset version is not known.
        InvalidInputError: the dataset version is another model type's, or a hyperparameter is wrong.
        SameJobOpenError: a job with the same inputs is open.
    """
    family = models.model_type(session, wish.model_type).family
    session.flush()
    values = job_door.words(wish, family=family, actor=actor, now=now)
    outcome, job_id, _ = session.connection().exec_driver_sql(job_door.CREATE, values).one()
    if outcome != "created":
        raise job_door.refusal(wish, outcome, job_id)
    outbox.wake(session)
    events.wake(session)
    return session.get_one(TrainingJob, job_id)


def retry(
    session: Session, job_id: UUID, *, changes: Mapping[str, object], now: datetime, actor: str
) -> TrainingJob:
    """Queue a job that failed or was cancelled again, with its data, seed and repairs, and some changes.

    Raises:
        ConflictError: it is open still, or came to its end.
        RecipeError: a change is unknown or out of bounds.
    """
    failed = get(session, job_id)
    if failed.state not in (JobState.FAILED, JobState.CANCELLED):
        raise ConflictError(
            f"training job {job_id} is {failed.state.value}",
            field="job_id",
            fix="only a failed or cancelled job is tried again",
        )
    dataset = session.get(DatasetVersion, failed.dataset_version_id) if failed.dataset_version_id else None
    wish = JobWish(
        model_type=failed.model_type,
        base=failed.base,
        dataset_version=dataset.name if dataset else None,
        recipe=mended(failed.recipe, failed.repairs) | dict(changes),
        seed=failed.seed,
        priority=failed.priority,
        auto_deploy=failed.auto_deploy,
        retry_of=failed.id,
    )
    return create(session, wish, now=now, actor=actor)


def next_bell(session: Session, job: TrainingJob) -> TaskName:
    """The task that a queued job waits for."""
    family = models.model_type(session, job.model_type).family
    return first_bell(family, has_data=job.dataset_version_id is not None)


def get(session: Session, job_id: UUID) -> TrainingJob:
    """The job as it stands in the database now.

    Raises:
        NotFoundError: there is none of that id.
    """
    job = session.get(TrainingJob, job_id, populate_existing=True)
    if job is None:
        raise NotFoundError(f"there is no training job {job_id}", field="job_id")
    return job


def page(
    session: Session,
    *,
    status: str | None = None,
    model_type: str | None = None,
    before: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[TrainingJob]:
    """Jobs newest first; `before` is created_at and id of the last row of the page before."""
    wanted = select(TrainingJob).order_by(TrainingJob.created_at.desc(), TrainingJob.id.desc()).limit(limit)
    if status is not None:
        states = [state for state in JobState if public_job_status(state) == status]
        wanted = wanted.where(TrainingJob.state.in_(states))
    if model_type is not None:
        wanted = wanted.where(TrainingJob.model_type == model_type)
    if before is not None:
        wanted = wanted.where(tuple_(TrainingJob.created_at, TrainingJob.id) < tuple_(*before))
    return list(session.scalars(wanted))


def has_open(session: Session, model_type: str) -> bool:
    """Whether a job of this type is queued or running."""
    mine = (TrainingJob.model_type == model_type) & TrainingJob.state.in_(OPEN)
    return bool(session.scalar(select(select(TrainingJob.id).where(mine).exists())))


def request_cancel(session: Session, job_id: UUID, *, actor: str, now: datetime) -> TrainingJob:
    """End a queued job at once; ask the worker of a running one to stop, which its next heartbeat tells it.

    Raises:
        ConflictError: the job has ended.
    """
    job = session.get(TrainingJob, job_id, with_for_update=True, populate_existing=True)
    if job is None:
        raise NotFoundError(f"there is no training job {job_id}", field="job_id")
    if ended(job.state):
        raise ConflictError(f"training job {job_id} is {job.state.value} already", field="job_id")
    job.cancel_requested = True
    audit.write(session, act="cancel", subject=("training_jobs", job_id), actor=actor, at=now)
    if job.state == JobState.QUEUED:
        job.end_time = now
        job.error_code, job.error_message = "cancelled", "cancelled before it ran"
        moves.move(session, job, JobState.CANCELLED, by=actor, at=now, why="cancelled")
    return job


def fail(session: Session, job: TrainingJob, *, code: str, message: str, by: str, now: datetime) -> None:
    """End a job that its caller has locked; the message is one sentence without patient data."""
    job.error_code, job.error_message, job.end_time = code, message, now
    if code == "cancelled":
        moves.move(session, job, JobState.CANCELLED, by=by, at=now, why=code)
        return
    moves.move(session, job, JobState.FAILED, by=by, at=now, why=code)
    trouble = Trouble(
        kind="training_failed",
        severity="warning",
        dedup_key=f"training_failed:{job.model_type}:{code}",
        title=f"Training of {job.model_type} failed: {code}",
        body=f"Job {job.id}: {message}",
        subject=str(job.id),
    )
    alerts.raise_alert(session, trouble, now=now)
