"""The shapes of training jobs and schedules."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from secrets import randbelow
from uuid import UUID, uuid4

from api_service.show.shape import Shape, link, percent_or_zero
from shared.domain.cost import per_point
from shared.domain.cycle import public_job_status
from shared.registry.stats import JobFacts
from shared.registry.tables import Attempt, JobMetric, TrainingJob


class Job(Shape):
    """One training job as the dashboards of clients know it; `final_accuracy` is in percent, or null."""

    id: str
    job_id: str
    model_type: str
    status: str
    state: str
    progress_percentage: float
    dataset_size: int | None
    dataset_version: str | None
    final_accuracy: float | None
    final_accuracy_n: int | None
    model_version: str | None
    base_model: str
    start_time: datetime | None
    end_time: datetime | None
    created_at: datetime
    estimated_completion: datetime | None
    current_epoch: int | None
    attempt: int
    priority: int
    seed: str
    triggered_by: str
    auto_deploy: bool
    hyperparameters: dict[str, object]
    error_code: str | None
    error_message: str | None
    error_fix: str | None
    repairs: list[dict[str, object]]
    retry_of: UUID | None
    links: dict[str, str]

    @classmethod
    def of(cls, job: TrainingJob, facts: JobFacts) -> "Job":
        """One row of the list."""
        return cls(**job_fields(job, facts))


class AttemptShown(Shape):
    """One claim of the job by a worker."""

    attempt: int
    fence: int
    worker: str
    device: str | None
    cost: dict[str, object]
    started_at: datetime
    ended_at: datetime | None
    ended_why: str | None


class MetricShown(Shape):
    """Live figures at one step."""

    step: int
    at: datetime
    values: dict[str, object]


class JobDetail(Job):
    """One job with its attempts, its metrics series and what it cost."""

    attempts: list[AttemptShown]
    metrics: list[MetricShown]
    resources: dict[str, object]
    provenance: dict[str, object]
    cost: dict[str, object]
    cost_per_point_gained: dict[str, object] | None
    points_gained: float | None
    parent_model_version: str | None

    @classmethod
    def whole(
        cls,
        job: TrainingJob,
        facts: JobFacts,
        *,
        attempts: Sequence[Attempt],
        metrics: Sequence[JobMetric],
        points_gained: float | None,
    ) -> "JobDetail":
        """Everything that is known of a job."""
        return cls(
            **job_fields(job, facts),
            attempts=[_attempt(row) for row in attempts],
            metrics=[MetricShown(step=row.step, at=row.at, values=dict(row.values)) for row in metrics],
            resources=dict(job.result),
            provenance=dict(job.provenance),
            cost=dict(job.cost),
            cost_per_point_gained=per_point(job.cost, points_gained),
            points_gained=points_gained,
            parent_model_version=job.parent_model_version,
        )


class LogLine(Shape):
    """One line of a job's log; `data` holds figures and states."""

    seq: int
    at: datetime
    event: str
    data: dict[str, object]


class TrainingStarted(Shape):
    """`POST /training/start`: the queued job; version and size are null until they are known."""

    status: str
    job_id: str
    model_type: str
    model_version: str | None
    dataset_size: int | None
    message: str
    final_accuracy: float | None
    error_message: str | None
    links: dict[str, str]

    @classmethod
    def of(cls, job: TrainingJob, facts: JobFacts) -> "TrainingStarted":
        """The job as it stands, with a sentence."""
        shown = Job.of(job, facts)
        return cls(
            status=shown.status,
            job_id=shown.job_id,
            model_type=shown.model_type,
            model_version=shown.model_version,
            dataset_size=shown.dataset_size,
            message=f"training of {job.model_type} is {shown.status}",
            final_accuracy=shown.final_accuracy,
            error_message=shown.error_message,
            links=shown.links,
        )


@lru_cache(maxsize=1000)
def started_form(model_type: str, dataset_version: str | None) -> str:
    """The answer to a fresh job before it is one: %1$s stands for its id, %2$s for the size of its data."""
    job, size = str(uuid4()), 10**17 + randbelow(10**17)  # found nowhere else in the text
    shown = TrainingStarted(
        status="queued",
        job_id=job,
        model_type=model_type,
        model_version=None,
        dataset_size=size,
        message=f"training of {model_type} is queued",
        final_accuracy=None,
        error_message=None,
        links=job_links(job, dataset_version),
    )
    form = shown.model_dump_json().replace("%", "%%")
    return form.replace(job, "%1$s").replace(str(size), "%2$s")


class Scheduled(Shape):
    """`POST /training/schedule`: the schedule as it now stands."""

    status: str
    message: str
    schedule_id: UUID
    model_type: str | None
    cron: str | None
    timezone: str
    after_new_cases: int | None
    quiet_hours: str | None
    enabled: bool
    next_run_at: datetime | None


def job_fields(job: TrainingJob, facts: JobFacts) -> dict[str, object]:
    """The fields that every view of a job shows."""
    accuracy = facts.accuracy
    return {
        "id": str(job.id),
        "job_id": str(job.id),
        "model_type": job.model_type,
        "status": public_job_status(job.state),
        "state": job.state.value,
        "progress_percentage": percent_or_zero(job.progress),
        "dataset_size": job.dataset_size,
        "dataset_version": facts.dataset_version,
        "final_accuracy": None if accuracy is None else percent_or_zero(accuracy),
        "final_accuracy_n": facts.n,
        "model_version": facts.model_version,
        "base_model": job.base,
        "start_time": job.start_time,
        "end_time": job.end_time,
        "created_at": job.created_at,
        "estimated_completion": job.estimated_completion,
        "current_epoch": job.current_epoch,
        "attempt": job.attempt,
        "priority": job.priority,
        "seed": str(job.seed),
        "triggered_by": job.triggered_by,
        "auto_deploy": job.auto_deploy,
        "hyperparameters": dict(job.recipe),
        "error_code": job.error_code,
        "error_message": job.error_message,
        "error_fix": job.error_fix,
        "repairs": list(job.repairs),
        "retry_of": job.retry_of,
        "links": job_links(job.id, facts.dataset_version),
    }


def job_links(job_id: UUID | str, dataset_version: str | None) -> Mapping[str, str]:
    """Where a job is found, ended and tried again, and its data."""
    found = {name: link("training", "jobs", job_id, name) for name in ("cancel", "retry")}
    found["self"] = link("training", "jobs", job_id)
    if dataset_version:
        found["dataset"] = f"{link('cases', 'export')}?dataset_version={dataset_version}"
    return found


def _attempt(row: Attempt) -> AttemptShown:
    return AttemptShown(
        attempt=row.attempt,
        fence=row.fence,
        worker=row.worker,
        device=row.device,
        cost=dict(row.cost),
        started_at=row.started_at,
        ended_at=row.ended_at,
        ended_why=row.ended_why,
    )
