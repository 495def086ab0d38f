"""Whose turn it is: which queued training a free device takes next."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select, true
from sqlalchemy.orm import Session

from shared.domain.cycle import JobState
from shared.registry import devices, jobs, outbox
from shared.registry.tables import ModelType, TrainingJob

LOOKED_AT = 8  # jobs of each type: those before may be in the hands of another worker just now


def next_up(session: Session, *, now: datetime) -> list[UUID]:
    """Sealed jobs that are due, the most urgent first.

    Among equally urgent ones model types take turns, the one that began a training longest ago first, so
    that a hundred wishes of one type do not keep the others waiting; within a type the oldest comes first.
    Each type is looked at by its index alone, however many jobs wait.
    """
    due = or_(TrainingJob.run_after.is_(None), TrainingJob.run_after <= now)
    waiting = (
        select(TrainingJob.id, TrainingJob.priority, TrainingJob.created_at)
        .where(TrainingJob.model_type == ModelType.name, TrainingJob.state == JobState.QUEUED, due)
        .where(TrainingJob.dataset_version_id.is_not(None), TrainingJob.cancel_requested.is_(False))
        .order_by(TrainingJob.priority, TrainingJob.created_at)
        .limit(LOOKED_AT)
        .lateral()
    )
    began = select(func.max(TrainingJob.start_time)).where(TrainingJob.model_type == ModelType.name)
    turn = began.scalar_subquery().asc().nulls_first()
    heads = select(waiting.c.id).select_from(ModelType).join(waiting, true())
    return list(session.scalars(heads.order_by(waiting.c.priority, turn, waiting.c.created_at, waiting.c.id)))


def ring_next(session: Session, *, now: datetime) -> None:
    """Ring for the jobs whose turn it is, now that a device came free: one for each that is free.

    Of two that came free at once both ends would else ring for the same job.
    """
    free = sum(not held for held in devices.known(session).values())
    for job_id in next_up(session, now=now)[: max(1, free)]:
        outbox.ring(session, jobs.next_bell(session, jobs.get(session, job_id)), job_id)
