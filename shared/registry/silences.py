"""Causes that nobody is told of for a while: alerts of them are still opened, listed and counted."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from shared.errors import InvalidInputError
from shared.registry import audit, events
from shared.registry.tables import AlertSilence

HOURS_MOST = 7 * 24
LOUD = "critical"  # an alert of this severity is told whatever is silent


def keep_quiet(
    session: Session, kind: str, *, hours: int, reason: str, by: str, now: datetime
) -> AlertSilence:
    """Tell nobody of a cause for some hours; 0 ends its silence.

    Raises:
        InvalidInputError: the hours are negative or more than a week.
    """
    if not 0 <= hours <= HOURS_MOST:
        raise InvalidInputError(
            f"a silence lasts at most {HOURS_MOST} hours",
            field="hours",
            fix="mend the cause, or say it again",
        )
    row = AlertSilence(kind=kind, until=now + timedelta(hours=hours), reason=reason, by=by, created_at=now)
    session.add(row)
    audit.write(session, act="silence", subject=("alerts", kind), actor=by, at=now, details={"hours": hours})
    events.emit(session, kind="alerts.silence", subject=kind, at=now)
    return row


def standing(session: Session, now: datetime, kinds: Collection[str] | None = None) -> list[AlertSilence]:
    """The silences in force, by cause; of these causes where some are named."""
    newest = select(AlertSilence).ext(distinct_on(AlertSilence.kind))
    newest = newest.order_by(AlertSilence.kind, AlertSilence.created_at.desc(), AlertSilence.id.desc())
    if kinds is not None:
        newest = newest.where(AlertSilence.kind.in_(kinds))
    return [row for row in session.scalars(newest) if row.until > now]


def holds_back(session: Session, kind: str, *, severity: str, now: datetime) -> bool:
    """Whether an alert of this cause stays untold now."""
    return severity != LOUD and bool(standing(session, now, [kind]))
