"""The audit trail: one row an act, in the transaction of the act."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from shared.registry.tables import AuditEvent


def write(
    session: Session,
    *,
    act: str,
    subject: tuple[str, UUID | str],
    actor: str,
    at: datetime,
    details: Mapping[str, object] | None = None,
) -> None:
    """Record who did what; `details` holds ids, states and numbers, never patient data."""
    kind, subject_id = subject
    session.add(
        AuditEvent(
            at=at,
            actor=actor,
            act=act,
            subject_kind=kind,
            subject_id=str(subject_id),
            details=dict(details or {}),
        )
    )
