"""The event stream: what the dashboard shows live and the history checker reads later."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

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
    session.execute(text(f"NOTIFY {CHANNEL}"))
