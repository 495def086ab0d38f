"""The event stream: what the dashboard shows live and the history checker reads later."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.registry import bulk
from shared.registry.tables import Event

CHANNEL = "rounds_events"


def emit(
    session: Session,
    *,
    kind: str,
    subject: UUID | str,
    at: datetime,
    data: Mapping[str, object] | None = None,
) -> None:
    """Add one event and wake the listeners when the transaction commits."""
    session.add(Event(at=at, kind=kind, subject=str(subject), data=dict(data or {})))
    _wake(session)


def emit_all(session: Session, *, kind: str, data: Mapping[str, Mapping[str, object]], at: datetime) -> None:
    """Add one event of a kind for each subject."""
    same = {"at": at, "kind": kind}
    bulk.copy(session, Event, [same | {"subject": one, "data": dict(told)} for one, told in data.items()])
    _wake(session)


def _wake(session: Session) -> None:
    session.execute(text(f"NOTIFY {CHANNEL}"))
