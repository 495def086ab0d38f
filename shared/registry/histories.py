"""The history of training jobs as the checker reads it."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.domain.history import JOBS, Happened, History, Made, Try
from shared.registry.attempts import MOST
from shared.registry.tables import Attempt, Event, ModelVersion, TrainingJob


def of(session: Session, accepted: Collection[UUID], *, interval: int = 1) -> History:
    """What happened to these jobs; events that were pruned by age make a history that does not hold."""
    ids, names = list(accepted), [str(one) for one in accepted]
    jobs = session.execute(
        select(TrainingJob.id, TrainingJob.state, TrainingJob.attempt).where(TrainingJob.id.in_(ids))
    ).all()
    events = session.scalars(
        select(Event).where(Event.subject.in_(names), Event.kind.startswith(JOBS)).order_by(Event.seq)
    )
    tries = session.scalars(select(Attempt).where(Attempt.job_id.in_(ids)))
    made = session.execute(
        select(ModelVersion.job_id, ModelVersion.fence).where(ModelVersion.job_id.in_(ids))
    )
    return History(
        accepted=names,
        states={str(job.id): job.state for job in jobs},
        attempts={str(job.id): job.attempt for job in jobs},
        events=[Happened(one.seq, one.subject, one.kind, one.data) for one in events],
        tries=[Try(str(one.job_id), one.fence, one.ended_why) for one in tries],
        made=[Made(str(job), fence) for job, fence in made],
        most=MOST,
        interval=interval,
    )
