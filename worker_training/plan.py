"""Stage: plan. Whether a training is due and worth its cost; if so, a job whose dataset is sealed first."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from sqlalchemy.orm import Session

from shared.domain.due import Due, Past, verdict
from shared.registry import alerts, curves, jobs, policies, runs, schedules
from shared.registry.job_door import JobWish

SECONDS_AN_HOUR = 3600.0
SIGNS_OF_CHANGE = ("drift", "accuracy")  # as the watch names its alerts
NO_WISHES: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True)
class Planned:
    """What came of the question: the reason in words, and the job when one was started."""

    reason: str
    job_id: UUID | None


def due_by_count(
    session: Session, model_type: str, after_new_cases: int, *, now: datetime
) -> tuple[Due, str]:
    """Whether the count of new cases starts a training, and the key that this fire is recorded under.

    A collection that is under way is waited for: half a night's cases are not what a model should learn. The
    forecast is not asked here but when it fires, so that a training that is not worth it is on record.
    """
    counts = schedules.new_cases(session, model_type)
    _, policy = policies.current(session)
    key = f"cases:{counts.total}"
    if runs.is_collecting(session, model_type):
        return Due(start=False, reason="a collection is under way"), key
    past = _past(session, model_type, now)
    return verdict(counts, policy, past, after_new_cases=after_new_cases), key


def train_if_due(
    session: Session,
    model_type: str,
    *,
    triggered_by: str,
    now: datetime,
    recipe: Mapping[str, object] = NO_WISHES,
) -> Planned:
    """Start a training of the type unless something stands against it: its words are then the record."""
    counts = schedules.new_cases(session, model_type)
    _, policy = policies.current(session)
    forecast = curves.of_next(session, model_type, cases=counts.total)
    due = verdict(counts, policy, replace(_past(session, model_type, now), forecast=forecast))
    if not due.start:
        return Planned(due.reason, None)
    wish = JobWish(model_type, recipe=recipe, triggered_by=triggered_by)
    return Planned(due.reason, jobs.create(session, wish, now=now, actor="beat").id)


def _past(session: Session, model_type: str, now: datetime) -> Past:
    ended = curves.last_end(session, model_type)
    rested = None if ended is None else (now - ended).total_seconds() / SECONDS_AN_HOUR
    changed = alerts.told_since(session, [f"{sign}:{model_type}" for sign in SIGNS_OF_CHANGE], since=ended)
    return Past(open_job=jobs.has_open(session, model_type), rested_hours=rested, changed=changed)
