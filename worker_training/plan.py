"""Stage: plan. Whether a training is due and worth its cost; if so, a job whose dataset is sealed first."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from shared.domain.due import Due, verdict
from shared.registry import jobs, policies, runs, schedules
from shared.registry.jobs import JobWish


@dataclass(frozen=True)
class Planned:
    """What came of the question: the reason in words, and the job when one was started."""

    reason: str
    job_id: UUID | None


def due_by_count(session: Session, model_type: str, after_new_cases: int) -> tuple[Due, str]:
    """Whether the count of new cases starts a training, and the key that this fire is recorded under.

    A collection that is under way is waited for: half a night's cases are not what a model should learn.
    """
    counts = schedules.new_cases(session, model_type)
    _, policy = policies.current(session)
    key = f"cases:{counts.total}"
    if runs.is_collecting(session, model_type):
        return Due(start=False, reason="a collection is under way"), key
    is_open = jobs.has_open(session, model_type)
    return verdict(counts, policy, after_new_cases=after_new_cases, open_job=is_open), key


def train_if_due(session: Session, model_type: str, *, triggered_by: str, now: datetime) -> Planned:
    """Start a training of the type unless another is open or too little is new."""
    counts = schedules.new_cases(session, model_type)
    _, policy = policies.current(session)
    is_open = jobs.has_open(session, model_type)
    due = verdict(counts, policy, after_new_cases=None, open_job=is_open)
    if not due.start:
        return Planned(due.reason, None)
    wish = JobWish(model_type, triggered_by=triggered_by)
    return Planned(due.reason, jobs.create(session, wish, now=now, actor="beat").id)
