"""The trials of a search: written by the worker that runs it, ended early by whoever watches."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.errors import ConflictError, NotFoundError
from shared.registry import attempts, audit
from shared.registry.leases import Lease
from shared.registry.tables import Trial

TOLD = ("parameters", "objective", "pruned_at", "ended", "scores")


def record(session: Session, lease: Lease, told: Mapping[str, object], *, now: datetime) -> None:
    """Write a trial that began or ended, under the lease; the same news again changes nothing."""
    job = attempts.held(session, lease)
    values = {name: told[name] or None if name == "ended" else told[name] for name in TOLD}
    row = insert(Trial).values(job_id=job.id, number=told["number"], created_at=now, **values)
    session.execute(row.on_conflict_do_update(index_elements=["job_id", "number"], set_=values))


def of(session: Session, job_id: UUID) -> list[Trial]:
    """The trials of a job in the order they were proposed."""
    return list(session.scalars(select(Trial).filter_by(job_id=job_id).order_by(Trial.number)))


def request_cancel(session: Session, job_id: UUID, number: int, *, actor: str, now: datetime) -> Trial:
    """Ask for the end of a trial that runs; the search goes on with the next.

    Raises:
        NotFoundError: the job has no such trial.
        ConflictError: the trial has ended.
    """
    trial = session.scalar(select(Trial).filter_by(job_id=job_id, number=number).with_for_update())
    if trial is None:
        fix = f"see `rounds jobs trials {job_id}`"
        raise NotFoundError(f"job {job_id} has no trial {number}", field="trial", fix=fix)
    if trial.ended is not None:
        raise ConflictError(f"trial {number} is {trial.ended} already", field="trial")
    trial.cancel_requested = True
    details = {"trial": number}
    audit.write(
        session, act="cancel", subject=("training_jobs", job_id), actor=actor, at=now, details=details
    )
    return trial


def unwanted(session: Session, job_id: UUID) -> list[int]:
    """The numbers of the trials that somebody wants to end."""
    asked = select(Trial.number).filter_by(job_id=job_id, cancel_requested=True, ended=None)
    return list(session.scalars(asked))
