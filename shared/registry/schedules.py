"""Schedules as rows: what runs when, editable while it runs, and each fire recorded once."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.config import Settings
from shared.domain import due
from shared.domain.cycle import CaseState
from shared.domain.due import Counts
from shared.errors import InvalidInputError, NotFoundError
from shared.registry import audit, datasets, events, models, policies
from shared.registry.tables import DatasetMember, Person, Schedule, ScheduleFire, ValidatedCase

KINDS = ("collect", "train", "look")
LOOK_AT = "*/5 * * * *"


@dataclass(frozen=True)
class ScheduleWish:
    """One schedule as somebody wants it; the name says which row, a known one is edited."""

    name: str
    kind: str
    cron: str | None
    timezone: str
    model_type: str | None = None
    after_new_cases: int | None = None
    quiet_hours: str | None = None
    enabled: bool = True


def every(session: Session) -> list[Schedule]:
    """All schedules by name."""
    return list(session.scalars(select(Schedule).order_by(Schedule.name)))


def named(session: Session, name: str) -> Schedule:
    """The schedule of that name.

    Raises:
        NotFoundError: there is none.
    """
    row = session.scalar(select(Schedule).where(Schedule.name == name))
    if row is None:
        raise NotFoundError(f"there is no schedule {name}", field="name", fix="`rounds schedule list`")
    return row


def upsert(session: Session, wish: ScheduleWish, *, now: datetime, actor: str) -> Schedule:
    """Write the schedule; when its times change, only due times from now on count.

    Raises:
        InvalidInputError: the line, zone, kind, count or quiet hours cannot be; the field says which.
        NotFoundError: the model type is not known.
    """
    _check(session, wish, now)
    row = session.scalar(select(Schedule).where(Schedule.name == wish.name).with_for_update())
    if row is None:
        row = Schedule(name=wish.name, since=now, created_at=now, enabled=False)
        session.add(row)
    times_change = (row.cron, row.timezone) != (wish.cron, wish.timezone) or not row.enabled
    if times_change:
        row.since = now
    row.kind, row.model_type, row.cron, row.timezone = wish.kind, wish.model_type, wish.cron, wish.timezone
    row.after_new_cases, row.quiet_hours = wish.after_new_cases, wish.quiet_hours
    row.enabled = wish.enabled
    session.flush()
    details = {"name": wish.name, "cron": wish.cron, "timezone": wish.timezone, "enabled": wish.enabled}
    audit.write(session, act="set", subject=("schedules", row.id), actor=actor, at=now, details=details)
    events.emit(session, kind="schedules.set", subject=row.id, at=now, data=details)
    return row


def next_due(schedule: Schedule, now: datetime) -> datetime | None:
    """When its line fires next; None for one that is off or waits for a count alone."""
    if not schedule.enabled or schedule.cron is None:
        return None
    return due.next_due(due.read_cron(schedule.cron), schedule.timezone, max(now, schedule.since))


def due_key(schedule: Schedule, now: datetime) -> str | None:
    """The newest fire that its line asks for by now, as the key under which it is recorded."""
    if schedule.cron is None:
        return None
    line = due.read_cron(schedule.cron)
    instant = due.latest_due(line, schedule.timezone, since=schedule.since, now=now)
    return instant.isoformat() if instant else None


def was_fired(session: Session, schedule_id: UUID, key: str) -> bool:
    """Whether this fire is recorded."""
    return session.get(ScheduleFire, (schedule_id, key)) is not None


def record_fire(session: Session, fire: ScheduleFire) -> bool:
    """Record the fire; False when another beat did, and then the caller rolls back what it began."""
    values = {
        column: getattr(fire, column) for column in ("schedule_id", "fire_key", "outcome", "subject", "at")
    }
    row = insert(ScheduleFire).values(values).on_conflict_do_nothing().returning(ScheduleFire.fire_key)
    return session.scalar(row) is not None


def last_fire(session: Session, schedule_id: UUID) -> ScheduleFire | None:
    """The newest fire and what came of it."""
    mine = select(ScheduleFire).where(ScheduleFire.schedule_id == schedule_id)
    return session.scalar(mine.order_by(ScheduleFire.at.desc()).limit(1))


def new_cases(session: Session, model_type: str) -> Counts:
    """Collected cases on the training side: all that may be members, and those the newest set lacks.

    A curated set does not count: the person who vouches for it says when to train on it.
    """
    return Counts(
        total=session.scalar(_counted(model_type)) or 0,
        unused=unused(session, model_type),
    )


def unused(session: Session, model_type: str) -> int:
    """The second of these alone: what the newest set lacks is found by index, and only that is read."""
    newest = datasets.newest(session, model_type)
    sealed = exists().where(
        DatasetMember.dataset_version_id == (newest.id if newest else None),
        DatasetMember.case_id == ValidatedCase.id,
    )
    valid = (ValidatedCase.model_type == model_type) & (ValidatedCase.state == CaseState.VALIDATED)
    lacked = select(ValidatedCase.id).where(valid, ~sealed).cte("lacked").prefix_with("MATERIALIZED")
    narrowed = _counted(model_type).join(lacked, lacked.c.id == ValidatedCase.id)
    return session.scalar(narrowed) or 0


def _counted(model_type: str) -> Select[int]:
    """How many cases are to be learnt from: on the training side, may be members, not curated."""
    return (
        select(func.count())
        .select_from(ValidatedCase)
        .join(Person, Person.id == ValidatedCase.person_id)
        .where(
            ValidatedCase.model_type == model_type,
            ValidatedCase.curated.is_(False),
            Person.split == "training",
            datasets.may_be_learnt(),
        )
    )


def ensure_defaults(session: Session, settings: Settings, now: datetime) -> None:
    """Insert the shipped schedules that are missing, with the times of the policy, in the site's zone."""
    _, policy = policies.current(session)
    zone, count = settings.site_timezone, policy.train_after_new_cases
    shipped = (
        ScheduleWish("nightly collection", "collect", policy.collect_at, zone),
        ScheduleWish("weekly training", "train", policy.train_at, zone, "diagnosis", count),
        ScheduleWish("look", "look", LOOK_AT, zone),
    )
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext("schedules"))))
    known = {row.name for row in every(session)}
    for wish in shipped:
        if wish.name not in known:
            upsert(session, wish, now=now, actor="beat")


def _check(session: Session, wish: ScheduleWish, now: datetime) -> None:
    if wish.kind not in KINDS:
        raise InvalidInputError(
            f"{wish.kind} is no kind of schedule", field="kind", fix=f"use {', '.join(KINDS)}"
        )
    if wish.kind == "train" and wish.model_type is None:
        raise InvalidInputError("a training schedule names its model type", field="model_type")
    if wish.model_type is not None:
        models.model_type(session, wish.model_type)
    if wish.cron is None and wish.after_new_cases is None:
        raise InvalidInputError("a schedule needs a cron line or a count of new cases", field="cron")
    if wish.after_new_cases is not None and (wish.kind != "train" or wish.after_new_cases < 1):
        raise InvalidInputError(
            "a count of new cases, at least 1, starts trainings only", field="after_new_cases"
        )
    _check_times(wish, now)


def _check_times(wish: ScheduleWish, now: datetime) -> None:
    try:
        ZoneInfo(wish.timezone)
    except (KeyError, ValueError, OSError):
        raise InvalidInputError(
            f"{wish.timezone!r} is no IANA zone", field="timezone", fix="use one like Europe/Berlin"
        ) from None
    due.in_quiet_hours(wish.quiet_hours, wish.timezone, now)
    if wish.cron is not None and due.next_due(due.read_cron(wish.cron), wish.timezone, now) is None:
        raise due.CronLineError(wish.cron, "it names a date that never comes")
