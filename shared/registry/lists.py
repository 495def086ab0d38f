"""Records beside the ones that a page shows: the names of sources, verdicts, measurements, attempts."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, defer

from shared.registry.tables import (
    Attempt,
    CollectionRun,
    GateDecision,
    JobMetric,
    ModelPerformance,
    ModelVersion,
    Source,
)


def source_names(session: Session) -> dict[UUID, str]:
    """Every source's name by its id."""
    return {row.id: row.name for row in session.execute(select(Source.id, Source.name))}


def runs_with_sources(session: Session, run_ids: Sequence[UUID]) -> list[tuple[CollectionRun, str]]:
    """These runs as they stand in the database now, with the names of their sources."""
    wanted = select(CollectionRun, Source.name).join(Source, Source.id == CollectionRun.source_id)
    rows = session.execute(wanted.where(CollectionRun.id.in_(run_ids)).order_by(Source.name))
    return [(row[0], row[1]) for row in rows]


def measurements(
    session: Session, *, model_type: str | None = None, purpose: str | None = "gate", limit: int = 50
) -> list[tuple[ModelPerformance, ModelVersion]]:
    """Measurements with the versions they speak of."""
    wanted = select(ModelPerformance, ModelVersion).join(
        ModelVersion, ModelVersion.id == ModelPerformance.model_version_id
    )
    if model_type is not None:
        wanted = wanted.where(ModelPerformance.model_type == model_type)
    if purpose is not None:
        wanted = wanted.where(ModelPerformance.purpose == purpose)
    newest = wanted.order_by(ModelPerformance.created_at.desc(), ModelPerformance.id.desc()).limit(limit)
    return [(row[0], row[1]) for row in session.execute(newest)]


def gate_decisions(session: Session, version_ids: Sequence[UUID]) -> dict[UUID, GateDecision]:
    """The newest verdict of the gate on each of these versions, by version; its inputs are not read."""
    rows = session.scalars(
        select(GateDecision)
        .options(defer(GateDecision.inputs))  # every case that it was judged on
        .where(GateDecision.model_version_id.in_(version_ids))
        .order_by(GateDecision.model_version_id, GateDecision.created_at.desc())
        .ext(distinct_on(GateDecision.model_version_id))
    )
    return {row.model_version_id: row for row in rows}


def attempts(session: Session, job_id: UUID) -> list[Attempt]:
    """Every claim of a job, oldest first."""
    return list(session.scalars(select(Attempt).filter_by(job_id=job_id).order_by(Attempt.fence)))


def metrics(session: Session, job_id: UUID, limit: int = 1000) -> list[JobMetric]:
    """The newest figures of a job, oldest first."""
    newest = select(JobMetric).filter_by(job_id=job_id)
    rows = session.scalars(newest.order_by(JobMetric.fence.desc(), JobMetric.step.desc()).limit(limit))
    return sorted(rows, key=lambda row: (row.fence, row.step))
