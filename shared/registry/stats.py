"""Counts and figures that people and dashboards ask for, each from the records it speaks of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, text
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from shared.domain.cycle import CaseState
from shared.registry import schedules
from shared.registry.tables import (
    CollectionRun,
    DatasetVersion,
    ModelPerformance,
    ModelType,
    ModelVersion,
    Reading,
    Source,
    SourceRecord,
    TrainingJob,
    ValidatedCase,
)

_LIVE = text(
    """
    SELECT p.model_version_id AS version, count(*) AS predicted, count(o.label) AS labelled,
      count(*) FILTER (WHERE o.label = p.label) AS correct, min(p.at) AS first_at, max(p.at) AS last_at
    FROM predictions p LEFT JOIN LATERAL (
      SELECT label FROM outcomes WHERE prediction_id = p.id
      ORDER BY blind DESC, validated_at DESC, seq DESC LIMIT 1) o ON true
    WHERE p.model_type = :model_type AND p.at >= :since GROUP BY p.model_version_id
    """
)


@dataclass(frozen=True)
class CaseCounts:
    """How many cases stand where; superseded versions of a case are not counted."""

    total: int
    validated: int
    pending: int
    needs_review: int
    rejected: int
    withdrawn: int
    anonymized: int
    used_in_training: int
    by_source: Mapping[str, int]
    average_quality: float | None
    unused: int
    audit_due: int
    audit_done: int


@dataclass(frozen=True)
class Collected:
    """What the sources gave: rows seen, rows that became cases, and why the others did not."""

    rows_seen: int
    rows_collected: int
    by_reason: Mapping[str, int]
    last_run: CollectionRun | None


@dataclass(frozen=True)
class JobFacts:
    """What a job's row does not hold: the names of what it used and made, and what the judge measured."""

    dataset_version: str | None = None
    model_version: str | None = None
    accuracy: float | None = None
    n: int | None = None


@dataclass(frozen=True)
class LiveFigures:
    """What one version answered in service, and how the validated ones among its answers turned out."""

    predicted: int
    labelled: int
    correct: int
    first_at: datetime
    last_at: datetime


def case_counts(session: Session, model_type: str) -> CaseCounts:
    """Cases of all types; `unused`: training-side ones of this type that its newest sealed set lacks."""
    by_source = _by_source(session)

    def counted(name: str) -> int:
        return sum(int(getattr(row, name)) for row in by_source)

    scored = counted("scored")
    audit = select(func.count(), func.count(Reading.answered_at)).where(Reading.kind == "audit")
    asked, done = session.execute(audit).one()
    return CaseCounts(
        total=counted("total"),
        validated=counted("validated"),
        pending=counted("pending"),
        needs_review=counted("needs_review"),
        rejected=counted("rejected"),
        withdrawn=counted("withdrawn"),
        anonymized=counted("anonymized"),
        used_in_training=counted("used_in_training"),
        by_source={row.name: row.total for row in by_source if row.total},
        average_quality=counted("quality") / scored if scored else None,
        unused=schedules.unused(session, model_type),
        audit_due=asked - done,
        audit_done=done,
    )


def _by_source(session: Session) -> Sequence[Row[*tuple[Any, ...]]]:
    """Every count of cases by the name of the source, in one pass over an index."""
    state, standing = ValidatedCase.state, ValidatedCase.state != CaseState.SUPERSEDED
    waiting = (CaseState.DISCOVERED, CaseState.DEIDENTIFIED, CaseState.CHECKED, CaseState.PENDING)
    score = ValidatedCase.data_quality_score
    rows = session.execute(
        select(
            Source.name,
            func.count().filter(standing).label("total"),
            func.count().filter(state == CaseState.VALIDATED).label("validated"),
            func.count().filter(state.in_(waiting)).label("pending"),
            func.count().filter(state == CaseState.NEEDS_REVIEW).label("needs_review"),
            func.count().filter(state == CaseState.REJECTED).label("rejected"),
            func.count().filter(state == CaseState.WITHDRAWN).label("withdrawn"),
            func.count().filter(standing, ValidatedCase.is_anonymized).label("anonymized"),
            func.count().filter(ValidatedCase.used_in_training).label("used_in_training"),
            func.coalesce(func.sum(score).filter(standing), 0).label("quality"),
            func.count(score).filter(standing).label("scored"),
        )
        .join(Source, Source.id == ValidatedCase.source_id)
        .group_by(Source.name)
    )
    return rows.all()


def collected(session: Session) -> Collected:
    """Over all sources and all time."""
    refused = func.count().filter(SourceRecord.outcome != "collected")
    by_reason = select(SourceRecord.reason, func.count(), func.count(SourceRecord.case_id), refused)
    records = session.execute(by_reason.group_by(SourceRecord.reason)).all()
    newest = select(CollectionRun).order_by(CollectionRun.created_at.desc(), CollectionRun.id.desc()).limit(1)
    return Collected(
        rows_seen=sum(seen for _, seen, _, _ in records),
        rows_collected=sum(kept for _, _, kept, _ in records),
        by_reason={why: n for why, _, _, n in records if why is not None and n},
        last_run=session.scalar(newest),
    )


def job_facts(session: Session, jobs: Sequence[TrainingJob]) -> dict[UUID, JobFacts]:
    """What is known beside the rows of these jobs, for one page at once."""
    ids = [job.id for job in jobs]
    names = select(TrainingJob.id, DatasetVersion.name).join(
        DatasetVersion, DatasetVersion.id == TrainingJob.dataset_version_id
    )
    sets = {row.id: row.name for row in session.execute(names.where(TrainingJob.id.in_(ids)))}
    made = select(ModelVersion.job_id, ModelVersion.id, ModelVersion.name).where(ModelVersion.job_id.in_(ids))
    versions = {row.job_id: row for row in session.execute(made)}
    judged = newest_performance(session, [row.id for row in versions.values()])
    found: dict[UUID, JobFacts] = {}
    for job_id in ids:
        version = versions.get(job_id)
        figures = judged.get(version.id) if version is not None else None
        found[job_id] = JobFacts(
            dataset_version=sets.get(job_id),
            model_version=version.name if version is not None else None,
            accuracy=figures.accuracy if figures else None,
            n=figures.n if figures else None,
        )
    return found


def newest_performance(
    session: Session, version_ids: Sequence[UUID], purpose: str = "gate"
) -> dict[UUID, ModelPerformance]:
    """The newest measurement of each of these versions, by version."""
    rows = session.scalars(
        select(ModelPerformance)
        .where(ModelPerformance.model_version_id.in_(version_ids), ModelPerformance.purpose == purpose)
        .order_by(ModelPerformance.model_version_id, ModelPerformance.created_at.desc())
        .ext(distinct_on(ModelPerformance.model_version_id))
    )
    return {row.model_version_id: row for row in rows}


def shared_performance(session: Session, first: UUID, second: UUID) -> dict[UUID, ModelPerformance]:
    """What the gate measured of both on the newest frozen set that judged both; empty where none did."""
    measured = select(ModelPerformance.dataset_version_id).where(ModelPerformance.purpose == "gate")
    rows = session.scalars(
        select(ModelPerformance)
        .where(ModelPerformance.model_version_id.in_((first, second)), ModelPerformance.purpose == "gate")
        .where(ModelPerformance.dataset_version_id.in_(measured.filter_by(model_version_id=first)))
        .where(ModelPerformance.dataset_version_id.in_(measured.filter_by(model_version_id=second)))
        .order_by(ModelPerformance.created_at.desc(), ModelPerformance.id.desc())
    ).all()
    newest = [row for row in rows if row.dataset_version_id == rows[0].dataset_version_id]
    return {row.model_version_id: row for row in reversed(newest)}


def live_figures(session: Session, model_type: str, since: datetime) -> dict[UUID, LiveFigures]:
    """What each version of the type answered since an instant, by version."""
    rows = session.execute(_LIVE, {"model_type": model_type, "since": since})
    return {
        row.version: LiveFigures(row.predicted, row.labelled, row.correct, row.first_at, row.last_at)
        for row in rows
    }


def model_types(session: Session) -> list[str]:
    """The names of the site's model types."""
    return list(session.scalars(select(ModelType.name).order_by(ModelType.created_at, ModelType.name)))
