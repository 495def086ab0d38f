"""What the decision engine was told and what it said, verbatim, step by step."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.registry.tables import ReleaseDecision


def newest(session: Session, run: str) -> ReleaseDecision | None:
    """The last step of a run; None before its start."""
    steps = select(ReleaseDecision).filter_by(run=run).order_by(ReleaseDecision.step.desc())
    return session.scalar(steps.limit(1))


def of_version(session: Session, version_id: UUID, limit: int = 100) -> list[ReleaseDecision]:
    """The newest steps about one version, newest first."""
    steps = select(ReleaseDecision).filter_by(model_version_id=version_id)
    return list(session.scalars(steps.order_by(ReleaseDecision.step.desc()).limit(limit)))


def start(session: Session, run: str) -> ReleaseDecision:
    """The step 0 of a run that has begun: its start message, and the policy that holds for all of it."""
    return session.scalars(select(ReleaseDecision).filter_by(run=run, step=0)).one()


def export(session: Session, run: str) -> Iterator[tuple[str, str]]:
    """Every message of a run with its stored answer, in order: `decide --stdio` must give the same bytes."""
    steps = select(ReleaseDecision.message, ReleaseDecision.answer).filter_by(run=run)
    for row in session.execute(steps.order_by(ReleaseDecision.step)):
        yield row.message, row.answer


def runs(session: Session, model_type: str) -> list[tuple[str, datetime]]:
    """The runs of a type with their starts, newest first."""
    starts = select(ReleaseDecision.run, ReleaseDecision.at).filter_by(model_type=model_type, step=0)
    return [(row.run, row.at) for row in session.execute(starts.order_by(ReleaseDecision.at.desc()))]
