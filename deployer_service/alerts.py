"""Alerts on their way out: each delivery is tried until it is accepted, then escalated as undelivered."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from deployer_service.deps import Deps
from shared.errors import TransientError
from shared.registry import alerts, audit_chain, events
from shared.registry.tables import Delivery

TRIES = 5
_FIRST_WAIT = timedelta(seconds=30)


def deliver(delivery_id: UUID, deps: Deps) -> None:
    """Send one alert to one address; the same task again does nothing while the first is at work."""
    message = _take(delivery_id, deps)
    if message is None:
        return
    channel, title, body = message
    try:
        deps.notifier.send(channel, title, body)
    except TransientError as error:
        _failed(delivery_id, error.code, deps)
        return
    with deps.sessions.begin() as session:
        row = session.get_one(Delivery, delivery_id)
        row.state, row.sent_at, row.error = "sent", deps.clock(), None


def _take(delivery_id: UUID, deps: Deps) -> tuple[int, str, str] | None:
    """Count the try and move the next one away, so that a worker that dies here only delays it."""
    now = deps.clock()
    with deps.sessions.begin() as session:
        due = select(Delivery).where(
            Delivery.id == delivery_id, Delivery.state == "waiting", Delivery.next_at <= now
        )
        row = session.scalar(due.with_for_update(skip_locked=True))
        if row is None:
            return None
        channels = deps.notifier.channels()
        for channel in range(1, len(channels)) if row.channel == 0 else ():
            alerts.deliver_to(session, row.alert_id, channel=channel, now=now)
        row.attempts += 1
        row.next_at = now + _FIRST_WAIT * 2 ** (row.attempts - 1)
        if row.channel >= len(channels):
            row.state, row.error = "failed", "no_address"
            return None
        alert = alerts.get(session, row.alert_id)
        return row.channel, alert.title, alert.body + _foot(session, channels[row.channel])


def _foot(session: Session, address: str) -> str:
    """In mails the newest audit checkpoint: a copy that the database's owner cannot take back."""
    signed = audit_chain.newest(session) if address.startswith("mailto") else None
    return f"\n\nAudit checkpoint: {signed.text()}" if signed else ""


def _failed(delivery_id: UUID, code: str, deps: Deps) -> None:
    """Wait for the next try; after the last one say so where people look."""
    with deps.sessions.begin() as session:
        row = session.get_one(Delivery, delivery_id)
        row.error = code
        if row.attempts >= TRIES:
            row.state = "failed"
            data = {"channel": row.channel, "attempts": row.attempts}
            kind = "alerts.undelivered"
            events.emit(session, kind=kind, subject=row.alert_id, at=deps.clock(), data=data)
