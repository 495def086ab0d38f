"""What happened to the versions of a model type over time: windows of figures, changes of who serves."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from shared.registry.tables import EvidenceRecord, ModelVersion, MonitorWindow

MARKED = ("live", "rolled_back", "shadow", "rejected", "settled")


def windows(
    session: Session, model_type: str, *, since: datetime, until: datetime
) -> list[tuple[MonitorWindow, str]]:
    """The newest computation of every window that starts in the span, with its version, oldest first."""
    newest = (
        select(MonitorWindow, ModelVersion.name)
        .join(ModelVersion, ModelVersion.id == MonitorWindow.model_version_id)
        .where(MonitorWindow.model_type == model_type)
        .where(MonitorWindow.starts_at >= since, MonitorWindow.starts_at < until)
        .order_by(MonitorWindow.starts_at, MonitorWindow.model_version_id, MonitorWindow.computed_at.desc())
        .ext(distinct_on(MonitorWindow.starts_at, MonitorWindow.model_version_id))
    )
    return [(row[0], row[1]) for row in session.execute(newest)]


def changes(
    session: Session, model_type: str, *, since: datetime, until: datetime
) -> list[tuple[EvidenceRecord, str]]:
    """The evidence records in the span that people look for, oldest first, with the version's name."""
    found = (
        select(EvidenceRecord, ModelVersion.name)
        .join(ModelVersion, ModelVersion.id == EvidenceRecord.model_version_id)
        .where(EvidenceRecord.model_type == model_type)
        .where(EvidenceRecord.at >= since, EvidenceRecord.at < until)
        .order_by(EvidenceRecord.seq)
    )
    rows = [(row[0], row[1]) for row in session.execute(found)]
    return [(record, name) for record, name in rows if record.transition.split(">")[-1] in MARKED]
