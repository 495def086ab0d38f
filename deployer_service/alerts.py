"""Alerts on their way out: each delivery is tried until it is accepted, then escalated as undelivered."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from deployer_service.deps import Deps
from shared.errors import TransientError
from shared.registry import alerts, audit_chain
from shared.registry.alerts import Trouble
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
        row, now = session.get_one(Delivery, delivery_id), deps.clock()
        row.state, row.sent_at, row.error = "sent", now, None
        alerts.resolve(session, _way(row.channel), by="rule:delivered", now=now)


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
            _escalate(session, row, deps)


def _escalate(session: Session, row: Delivery, deps: Deps) -> None:
    """Tell by every other way that this one brings nothing; while that is open it is one alert."""
    kind = deps.notifier.channels()[row.channel].partition(":")[0]
    trouble = Trouble(
        kind="undelivered",
        severity="critical",
        dedup_key=_way(row.channel),
        title=f"Rounds: alerts do not arrive by way {row.channel + 1} ({kind})",
        body=f"{row.attempts} tries failed. Look at the gateway and at place {row.channel + 1} of "
        "ROUNDS_NOTIFY_URLS, then send a test alert. Until then nobody is told by this way.",
        subject=str(row.alert_id),
    )
    alerts.raise_alert(session, trouble, now=deps.clock())


def _way(channel: int) -> str:
    return f"undelivered:{channel}"
