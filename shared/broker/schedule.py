"""What a due schedule does. A fire, its effect and its audit are one transaction, made once."""

import importlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from shared.broker.names import TaskName
from shared.domain.cycle import CHALLENGING, VersionState
from shared.domain.due import in_quiet_hours
from shared.errors import Error
from shared.logs import log
from shared.registry import audit, outbox, runs, schedules, sources, switches
from shared.registry.tables import ModelType, ModelVersion, Schedule, ScheduleFire

PLAN = "worker_training.plan"  # by name: shared knows no service
ALWAYS = ("look",)  # fires also while the site is paused: rollback stays alive
LONE_MINUTES = 5  # of each hour in which a champion without a rival is looked at: its report, drift, memory


@dataclass(frozen=True)
class Occasion:
    """One fire that is due: of which schedule, under which key, when."""

    schedule: Schedule
    key: str
    now: datetime


@dataclass(frozen=True)
class Effect:
    """What a fire did, in words, and the records it touched."""

    outcome: str
    subject: str | None = None


class FiredMeanwhileError(Error):
    """Another beat recorded this fire first; everything done for it here is rolled back."""

    code = "fired_meanwhile"


def fire_due(sessions: sessionmaker[Session], now: datetime) -> int:
    """Fire everything that is due and not fired yet; how many fires were made."""
    with sessions() as session:
        paused = switches.is_on(session, switches.PAUSED)
        wanted = [
            row.id
            for row in schedules.every(session)
            if row.enabled and (row.kind in ALWAYS or not paused) and _due_key(session, row, now)
        ]
    fired = 0
    for schedule_id in wanted:
        try:
            with sessions.begin() as session:
                fired += _fire(session, schedule_id, now)
        except Error as error:  # this one is tried again at the next tick; the others go on
            log.warning("schedule not fired", schedule=str(schedule_id), code=error.code)
    return fired


def _fire(session: Session, schedule_id: UUID, now: datetime) -> bool:
    """Ask again under the row's lock, so that of many beats one goes on; then act and record."""
    row = session.scalar(select(Schedule).where(Schedule.id == schedule_id).with_for_update(skip_locked=True))
    key = _due_key(session, row, now) if row is not None and row.enabled else None
    if row is None or key is None:
        return False
    effect = EFFECTS[row.kind](session, Occasion(row, key, now))
    fire = ScheduleFire(
        schedule_id=row.id, fire_key=key, outcome=effect.outcome, subject=effect.subject, at=now
    )
    if not schedules.record_fire(session, fire):
        raise FiredMeanwhileError(f"{row.name} was fired for {key}")
    if row.kind not in ALWAYS:
        details = {"key": key, "outcome": effect.outcome, "subject": effect.subject}
        audit.write(session, act="fire", subject=("schedules", row.id), actor="beat", at=now, details=details)
    return True


def _due_key(session: Session, row: Schedule, now: datetime) -> str | None:
    """The fire that is due now: by the line first, else by the count of new cases; quiet hours put it off."""
    if in_quiet_hours(row.quiet_hours, row.timezone, now):
        return None
    key = schedules.due_key(row, now)
    if key is not None and not schedules.was_fired(session, row.id, key):
        return key
    if row.after_new_cases is None or row.model_type is None:
        return None
    due, key = _plan().due_by_count(session, row.model_type, row.after_new_cases, now=now)
    return key if due.start and not schedules.was_fired(session, row.id, key) else None


def _collect(session: Session, due: Occasion) -> Effect:
    """One run for each source that is read; a run that is open already stands for this one."""
    wanted = [
        source for source in sources.pulled(session) if due.schedule.model_type in (None, source.model_type)
    ]
    begun = [runs.create(session, source, now=due.now, triggered_by="scheduled") for source in wanted]
    return Effect(
        f"started: {len(begun)} runs" if begun else "skipped: no source is enabled",
        " ".join(str(run.id) for run in begun) or None,
    )


def _train(session: Session, due: Occasion) -> Effect:
    triggered_by = "threshold" if due.key.startswith("cases:") else "scheduled"
    model_type = due.schedule.model_type
    planned = _plan().train_if_due(session, model_type, triggered_by=triggered_by, now=due.now)
    if planned.job_id is None:
        return Effect(f"skipped: {planned.reason}")
    return Effect(f"started: {planned.reason}", str(planned.job_id))


def _look(session: Session, due: Occasion) -> Effect:
    """Ring for every type in which two versions are compared, and each hour for a lone champion too."""
    states = {*CHALLENGING, VersionState.STANDBY}
    if due.now.minute < LONE_MINUTES:
        states.add(VersionState.LIVE)
    names = select(ModelVersion.model_type).where(ModelVersion.state.in_(states))
    types = list(session.scalars(select(ModelType.id).where(ModelType.name.in_(names))))
    for model_type in types:
        outbox.ring(session, TaskName.LOOK, model_type)
    return Effect(f"started: {len(types)} looks" if types else "skipped: no versions to look at")


EFFECTS = {"collect": _collect, "train": _train, "look": _look}


def _plan() -> Any:  # noqa: ANN401 - a service's module, loaded by name
    return importlib.import_module(PLAN)
