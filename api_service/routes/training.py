"""Training: start one, look at the jobs, cancel, say when it runs by itself."""

from datetime import timedelta
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api_service.auth import READERS, Role
from api_service.endpoint import Call, Group, Reply, Rules
from api_service.once import ReplayedError
from api_service.parse import PAGE_MOST, Body, Name, ScheduleWish, TrainingWish, TypeQuery
from api_service.show.planning import CostsShown, DeviceShown, ForecastShown
from api_service.show.training import Job, JobDetail, Scheduled, TrainingStarted, started_form
from shared.domain.cycle import JobState, ended
from shared.errors import TooBusyError
from shared.registry import costs, curves, devices, jobs, lists, models, policies, schedules, stats
from shared.registry.idempotency import Stored
from shared.registry.job_door import JobWish, Terms, Visit
from shared.registry.tables import TrainingJob

group = Group()
OPERATORS = frozenset({Role.OPERATOR})
QUEUE_MOST = 100
BY_STATEMENT = Rules(status=202, own_transactions=True)  # the registry's job door is the whole transaction


class JobsQuery(Body):
    """Which jobs; `offset` counts from the newest."""

    status: Literal["queued", "running", "completed", "failed", "cancelled"] | None = None
    model_type: Name | None = None
    limit: int = Field(50, ge=1, le=PAGE_MOST)
    offset: int = Field(0, ge=0, le=10_000)


class CostsQuery(TypeQuery):
    """Which trainings; of the last 30 days where no day is named."""

    since: AwareDatetime | None = None


class RetryWish(Body):
    """`POST /training/jobs/{id}/retry`; hyperparameters that are not named stay."""

    hyperparameters: dict[Name, str | int | float | bool] = Field(default_factory=dict, max_length=50)


@group.post("/training/start", roles=OPERATORS, rules=BY_STATEMENT)
def start(call: Call, wish: TrainingWish) -> Reply[TrainingStarted]:
    """Queue one training; refused with the reason while one with the same inputs is open."""
    assert call.caller.key_id is not None  # the address is not open
    made = call.deps.door.submit(
        _job_wish(wish),
        call.deps.families.of(wish.model_type),
        visit=Visit(call.caller.name, call.caller.key_id, call.key, call.now),
        terms=Terms(QUEUE_MOST, 202, started_form(wish.model_type, wish.dataset_version)),
    )
    call.deps.waker.wake()
    if made.repeated:
        raise ReplayedError(Stored(202, made.answer))
    shown = TrainingStarted.model_validate_json(made.answer)
    place, job_id = {"Location": shown.links["self"]}, UUID(shown.job_id)
    return Reply(shown, headers=place, done=lambda session: _done(session, job_id))


@group.post("/training/jobs", roles=OPERATORS, rules=BY_STATEMENT)
def start_as_job(call: Call, wish: TrainingWish) -> Reply[TrainingStarted]:
    """The same as /training/start, under the name that older clients use."""
    return start(call, wish)


@group.get("/training/jobs", roles=READERS)
def list_jobs(call: Call, query: JobsQuery) -> list[Job]:
    """Jobs newest first, as a bare array."""
    found = jobs.page(
        call.session,
        status=query.status,
        model_type=query.model_type,
        limit=query.limit + query.offset,
    )[query.offset :]
    facts = stats.job_facts(call.session, found)
    return [Job.of(job, facts[job.id]) for job in found]


@group.get("/training/jobs/{job_id}", roles=READERS)
def show_job(call: Call, job_id: UUID) -> JobDetail:
    """One job with its attempts, its metrics and what it cost."""
    job = jobs.get(call.session, job_id)
    return JobDetail.whole(
        job,
        stats.job_facts(call.session, [job])[job.id],
        attempts=lists.attempts(call.session, job_id),
        metrics=lists.metrics(call.session, job_id),
        points_gained=costs.points_gained(call.session, job),
    )


@group.post("/training/jobs/{job_id}/cancel", roles=OPERATORS, rules=Rules(status=202))
def cancel(call: Call, job_id: UUID) -> TrainingStarted:
    """End a queued job at once; a running one stops at its worker's next heartbeat."""
    job = jobs.request_cancel(call.session, job_id, actor=call.caller.name, now=call.now)
    shown = _started(call.session, job)
    message = "cancelled" if job.state == JobState.CANCELLED else "the worker is told to stop"
    return shown.model_copy(update={"message": message})


@group.post("/training/jobs/{job_id}/retry", roles=OPERATORS, rules=Rules(status=202))
def retry(call: Call, job_id: UUID, wish: RetryWish) -> Reply[TrainingStarted]:
    """Queue a failed or cancelled job again, with what is changed; it goes on from its last good state."""
    _refuse_when_full(call.session)
    changes = dict(wish.hyperparameters)
    job = jobs.retry(call.session, job_id, changes=changes, now=call.now, actor=call.caller.name)
    shown = _started(call.session, job)
    return Reply(shown, headers={"Location": shown.links["self"]})


@group.get("/training/forecast", roles=READERS)
def forecast(call: Call, query: TypeQuery) -> ForecastShown:
    """What a training on all eligible cases would gain by the learning curve; null: nobody can say."""
    models.model_type(call.session, query.model_type)
    counts = schedules.new_cases(call.session, query.model_type)
    curve = curves.of_next(call.session, query.model_type, cases=counts.total)
    return ForecastShown.of(
        query.model_type, counts, curve, past=curves.points(call.session, query.model_type)
    )


@group.get("/gpus", roles=READERS)
def gpus(call: Call) -> list[DeviceShown]:
    """What trainings run on, GPUs and lanes of cores, and the job that has each."""
    held = devices.holders(call.session)
    found = devices.known(call.session)
    return [DeviceShown(device=name, held=found[name], job_id=held.get(name)) for name in found]


@group.get("/costs", roles=READERS)
def spent(call: Call, query: CostsQuery) -> CostsShown:
    """What the trainings of a type cost since a day, those that failed too."""
    models.model_type(call.session, query.model_type)
    since = query.since or call.now - timedelta(days=30)
    cost = costs.spent(call.session, query.model_type, since)
    return CostsShown(model_type=query.model_type, since=since, cost=cost)


@group.post("/training/schedule", roles=OPERATORS)
def schedule(call: Call, wish: ScheduleWish) -> Scheduled:
    """Say when this model type trains by itself; what is not said stays as it is, at first Sunday 02:00."""
    models.model_type(call.session, wish.model_type)
    asked = _schedule_wish(call, wish)
    row = schedules.upsert(call.session, asked, now=call.now, actor=call.caller.name)
    following = schedules.next_due(row, call.now)
    when = f"next at {following.isoformat()}" if following else "not by the clock"
    return Scheduled(
        status="scheduled" if row.enabled else "disabled",
        message=f"training of {wish.model_type} runs {when}" if row.enabled else f"{row.name} is off",
        schedule_id=row.id,
        model_type=row.model_type,
        cron=row.cron,
        timezone=row.timezone,
        after_new_cases=row.after_new_cases,
        quiet_hours=row.quiet_hours,
        enabled=row.enabled,
        next_run_at=following,
    )


def _schedule_wish(call: Call, wish: ScheduleWish) -> schedules.ScheduleWish:
    """What was said, over what stands, over the policy's default."""
    mine = (
        row
        for row in schedules.every(call.session)
        if row.kind == "train" and row.model_type == wish.model_type
    )
    standing = next(mine, None)
    policy = policies.current(call.session)[1]
    zone = standing.timezone if standing else call.deps.settings.site_timezone
    return schedules.ScheduleWish(
        name=standing.name if standing else f"training of {wish.model_type}",
        kind="train",
        cron=wish.cron_line() or (standing.cron if standing else policy.train_at),
        timezone=wish.timezone or zone,
        model_type=wish.model_type,
        after_new_cases=wish.after_new_cases or (standing.after_new_cases if standing else None),
        quiet_hours=wish.quiet_hours or (standing.quiet_hours if standing else None),
        enabled=wish.enabled,
    )


def _job_wish(wish: TrainingWish) -> JobWish:
    return JobWish(
        model_type=wish.model_type,
        base=wish.base_model,
        dataset_version=wish.dataset_version,
        recipe=dict(wish.hyperparameters),
        seed=wish.seed,
        priority=wish.priority,
        auto_deploy=wish.auto_deploy,
    )


def _refuse_when_full(session: Session) -> None:
    waiting = select(func.count()).where(TrainingJob.state == JobState.QUEUED)
    if (session.scalar(waiting) or 0) >= QUEUE_MOST:
        raise TooBusyError(f"{QUEUE_MOST} trainings wait already", fix="cancel some, or wait")


def _started(session: Session, job: TrainingJob) -> TrainingStarted:
    return TrainingStarted.of(job, stats.job_facts(session, [job])[job.id])


def _done(session: Session, job_id: UUID) -> TrainingStarted | None:
    job = jobs.get(session, job_id)
    return _started(session, job) if ended(job.state) else None
