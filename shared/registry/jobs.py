"""Training jobs as their askers see them: a wish becomes a row and a doorbell, is listed, is ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from shared.domain.bells import TaskName
from shared.domain.cycle import JobState, ended, public_job_status
from shared.domain.recipe import parse_recipe
from shared.domain.repair import mended
from shared.errors import ConflictError, InvalidInputError, NotFoundError
from shared.registry import alerts, audit, events, models, moves, outbox
from shared.registry.alerts import Trouble
from shared.registry.tables import DatasetVersion, TrainingJob

OPEN = tuple(state for state in JobState if not ended(state))


@dataclass(frozen=True)
class JobWish:
    """What somebody wants trained. Without a dataset version one is sealed first; no base: the type's."""

    model_type: str
    base: str | None = None
    dataset_version: str | None = None  # its name, like "diagnosis-data-3"
    recipe: Mapping[str, object] = field(default_factory=dict)
    seed: int = 0
    priority: int = 100
    auto_deploy: bool = True
    triggered_by: str = "manual"
    retry_of: UUID | None = None  # the job that failed, whose last good state this one goes on from


class SameJobOpenError(ConflictError):
    """A job with the same inputs is queued or running; `job_id` names it."""

    code = "same_job_open"

    def __init__(self, job_id: UUID) -> None:
        super().__init__(
            f"training job {job_id} is open with the same inputs",
            fix="wait for it, cancel it or change the seed",
        )
        self.job_id = job_id


def create(session: Session, wish: JobWish, *, now: datetime, actor: str) -> TrainingJob:
    """Queue one job and ring for its first step: sealing its dataset, or the training itself.

    Raises:
        NotFoundError: the model type or the dataset version is not known.
        InvalidInputError: the dataset version is another model type's, or a hyperparameter is wrong.
        SameJobOpenError: a job with the same inputs is open.
    """
    live = models.live(session, wish.model_type)
    kind = models.model_type(session, wish.model_type)
    # One door at a time for each type, so that of two equal wishes at once the second meets the first.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"jobs:{kind.name}"))))
    dataset = _named_dataset(session, wish)
    job = TrainingJob(
        model_type=kind.name,
        base=wish.base or kind.base,
        dataset_version_id=dataset.id if dataset else None,
        dataset_size=dataset.counts["training"] if dataset else None,
        parent_model_version=live.name if live else None,
        seed=wish.seed,
        recipe=parse_recipe(kind.family, wish.recipe).model_dump(exclude_unset=True),
        auto_deploy=wish.auto_deploy,
        priority=wish.priority,
        triggered_by=wish.triggered_by,
        requested_by=actor,
        retry_of=wish.retry_of,
        created_at=now,
    )
    _refuse_twin(session, job)
    session.add(job)
    session.flush()
    details = {"model_type": kind.name, "triggered_by": wish.triggered_by, "seed": wish.seed}
    audit.write(
        session, act="create", subject=("training_jobs", job.id), actor=actor, at=now, details=details
    )
    events.emit(session, kind="training_jobs.queued", subject=job.id, at=now, data=details)
    outbox.ring(session, next_bell(session, job), job.id)
    return job


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
    if job.dataset_version_id is None:
        return TaskName.SEAL_FOR_JOB
    family = models.model_type(session, job.model_type).family
    return TaskName.RUN_IMAGE_JOB if family == "segmentation" else TaskName.RUN_JOB


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


def _named_dataset(session: Session, wish: JobWish) -> DatasetVersion | None:
    if wish.dataset_version is None:
        return None
    dataset = session.scalar(select(DatasetVersion).where(DatasetVersion.name == wish.dataset_version))
    if dataset is None:
        raise NotFoundError(
            f"there is no dataset version {wish.dataset_version}",
            field="dataset_version",
            fix="`rounds dataset list`",
        )
    if dataset.model_type != wish.model_type:
        raise InvalidInputError(
            f"{dataset.name} holds cases of {dataset.model_type}, not of {wish.model_type}",
            field="dataset_version",
        )
    return dataset


def _refuse_twin(session: Session, job: TrainingJob) -> None:
    twin = session.scalar(
        select(TrainingJob.id).where(
            TrainingJob.model_type == job.model_type,
            TrainingJob.state.in_(OPEN),
            TrainingJob.base == job.base,
            TrainingJob.dataset_version_id.is_not_distinct_from(job.dataset_version_id),
            TrainingJob.seed == job.seed,
            TrainingJob.recipe == job.recipe,
        )
    )
    if twin is not None:
        raise SameJobOpenError(twin)
