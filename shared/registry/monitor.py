"""What the monitor counts: predictions of a time span, each with the label that stands for it, if any."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from shared.registry import outcomes
from shared.registry.tables import MonitorWindow, Prediction


@dataclass(frozen=True)
class Matured:
    """One prediction: whether it was right (None without a label yet) and how it was drawn for the audit."""

    right: bool | None
    in_audit: bool
    audit_probability: float


def matured(session: Session, model_type: str, span: tuple[datetime, datetime]) -> dict[UUID, list[Matured]]:
    """The predictions of a span by the version that gave them."""
    starts, ends = span
    columns = (
        Prediction.id,
        Prediction.model_version_id,
        Prediction.label,
        Prediction.in_audit,
        Prediction.audit_probability,
    )
    within = (Prediction.model_type == model_type, Prediction.at >= starts, Prediction.at < ends)
    rows = session.execute(select(*columns).where(*within)).all()
    labels = outcomes.standing(session, [row.id for row in rows])
    found: dict[UUID, list[Matured]] = {}
    for row in rows:
        right = labels[row.id] == row.label if row.id in labels else None
        found.setdefault(row.model_version_id, []).append(Matured(right, row.in_audit, row.audit_probability))
    return found


def last_computed(session: Session, model_type: str) -> datetime | None:
    """When the windows of a type were counted last."""
    return session.scalar(select(func.max(MonitorWindow.computed_at)).filter_by(model_type=model_type))


def newest_window(session: Session, version_id: UUID, starts: datetime) -> MonitorWindow | None:
    """The latest count of one version's window; None when it was never counted."""
    counted = select(MonitorWindow).filter_by(model_version_id=version_id, starts_at=starts)
    return session.scalar(counted.order_by(MonitorWindow.computed_at.desc()).limit(1))


def newest_windows(session: Session, model_type: str, limit: int = 60) -> list[MonitorWindow]:
    """The latest count of each window, newest first."""
    latest = (
        select(MonitorWindow)
        .filter_by(model_type=model_type)
        .ext(distinct_on(MonitorWindow.starts_at, MonitorWindow.model_version_id))
        .order_by(
            MonitorWindow.starts_at.desc(),
            MonitorWindow.model_version_id,
            MonitorWindow.computed_at.desc(),
        )
    )
    return list(session.scalars(latest.limit(limit)))
