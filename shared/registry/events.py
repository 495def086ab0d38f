"""The event stream: what the dashboard shows live and the history checker reads later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from shared.registry import bulk
from shared.registry.tables import Event

CHANNEL = "rounds_events"
_HORIZON = text(
    "SELECT pg_snapshot_xmin(s)::text::bigint AS oldest, pg_snapshot_xmax(s)::text::bigint AS following "
    "FROM pg_current_snapshot() AS s"
)


@dataclass(frozen=True)
class Horizon:
    """Which transactions are over: all before `oldest`; none that is `following` or later has begun."""

    oldest: int
    following: int


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
    wake(session)


def emit_all(session: Session, *, kind: str, data: Mapping[str, Mapping[str, object]], at: datetime) -> None:
    """Add one event of a kind for each subject."""
    same = {"at": at, "kind": kind}
    bulk.copy(session, Event, [same | {"subject": one, "data": dict(told)} for one, told in data.items()])
    wake(session)


def horizon(session: Session) -> Horizon:
    """Read before the rows: what had ended by then is among them."""
    found = session.execute(_HORIZON).one()
    return Horizon(found.oldest, found.following)


def of_job(session: Session, job_id: UUID, *, after: int, limit: int) -> list[Event]:
    """The newest events of one training above a number, oldest first."""
    wanted = select(Event).where(Event.subject == str(job_id), Event.seq > after)
    wanted = wanted.where(text("kind LIKE 'training_jobs.%'"))  # in the words of the index
    return list(session.scalars(wanted.order_by(Event.seq.desc()).limit(limit)))[::-1]


def after(session: Session, seq: int, *, limit: int) -> Sequence[Event]:
    """The events above a number that can be seen now, in the order of their numbers."""
    later = select(Event).where(Event.seq > seq).order_by(Event.seq).limit(limit)
    return session.scalars(later).all()


def newest(session: Session) -> int:
    """The highest number that can be seen; 0 where nothing ever happened."""
    return session.scalar(select(func.max(Event.seq))) or 0


def wake(session: Session) -> None:
    """Tell the listeners, when the transaction commits, that there is something to read."""
    session.execute(text(f"NOTIFY {CHANNEL}"))
