"""The ledger of trainings: what each cost, and how much better its version was than the one before."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.domain.cost import total
from shared.registry import models
from shared.registry.tables import ModelVersion, TrainingJob


def points_gained(session: Session, job: TrainingJob) -> float | None:
    """Percentage points between the version of a job and its parent; None without both measurements.

    Each is what the gate measured of it; where the frozen sets differ, so does what the points mean.
    """
    version = session.scalar(select(ModelVersion).filter_by(job_id=job.id))
    if version is None or version.parent_id is None:
        return None
    ours, theirs = (models.performance(session, one) for one in (version.id, version.parent_id))
    if ours is None or theirs is None:
        return None
    return 100 * (ours.accuracy - theirs.accuracy)


def spent(session: Session, model_type: str, since: datetime) -> dict[str, object]:
    """What the trainings of a type cost together, those that failed too."""
    wanted = select(TrainingJob.cost).where(
        TrainingJob.model_type == model_type, TrainingJob.created_at >= since
    )
    return total(session.scalars(wanted))
