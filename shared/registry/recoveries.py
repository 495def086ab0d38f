"""What put itself right, or was put right by `rounds doctor`: events that anybody can read."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from shared.registry import audit, events
from shared.registry.tables import Event

KIND = "recovery."
IS_ONE = text("(kind = 'lease.lost' OR kind LIKE 'recovery.%')")  # word for word as the index has it


def note(session: Session, what: str, *, did: str, by: str, now: datetime) -> None:
    """Write one recovery down: a sentence without patient data, and who did it."""
    events.emit(session, kind=f"{KIND}{what}", subject=what, at=now, data={"did": did, "by": by})
    if by != "relay":  # what a person set off is an act of theirs
        audit.write(session, act="repair", subject=("site", what), actor=by, at=now, details={"did": did})


def recent(session: Session, limit: int = 20) -> Sequence[Event]:
    """The newest recoveries; a job that was taken from a silent worker is one."""
    return session.scalars(select(Event).where(IS_ONE).order_by(Event.seq.desc()).limit(limit)).all()


def count(session: Session, *, now: datetime) -> int:
    """How many there were in the last 24 hours."""
    lately = Event.at > now - timedelta(hours=24)
    return session.scalar(select(func.count()).select_from(Event).where(IS_ONE, lately)) or 0
