"""The audit trail: one row an act, in the transaction of the act."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from shared.registry import bulk
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


def write_all(  # noqa: PLR0913 - one act on many records
    session: Session,
    *,
    act: str,
    kind: str,
    details: Mapping[str, Mapping[str, object]],
    actor: str,
    at: datetime,
) -> None:
    """Record one act on many records of a kind, by their ids, each with its details."""
    same = {"at": at, "actor": actor, "act": act, "subject_kind": kind}
    rows = [same | {"subject_id": one, "details": dict(told)} for one, told in details.items()]
    bulk.copy(session, AuditEvent, rows)
