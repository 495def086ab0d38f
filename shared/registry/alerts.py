"""Alerts: one open row for one trouble, and its deliveries. Ids and numbers only, nothing identifying."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.domain.bells import TaskName
from shared.domain.cycle import AlertState
from shared.errors import NotFoundError
from shared.registry import events, moves, outbox, silences
from shared.registry.tables import Alert, Delivery


@dataclass(frozen=True)
class Trouble:
    """What a person should know. The same `dedup_key` is the same trouble while its alert is open."""

    kind: str
    severity: str  # info, warning, critical
    dedup_key: str
    title: str
    body: str
    subject: str | None = None


def raise_alert(session: Session, trouble: Trouble, *, now: datetime) -> UUID:
    """Open an alert and send it on its way; the same again while it is open only counts up `seen`.

    One of a silenced cause is opened and sent to nobody, unless it is critical.
    """
    values = {
        "kind": trouble.kind,
        "severity": trouble.severity,
        "dedup_key": trouble.dedup_key,
        "title": trouble.title,
        "body": trouble.body,
        "subject": trouble.subject,
        "state": AlertState.OPEN,
        "seen": 1,
        "opened_at": now,
    }
    row = session.execute(
        insert(Alert)
        .values(values)
        .on_conflict_do_update(
            index_elements=["dedup_key"],
            index_where=text("state <> 'resolved'"),
            set_={"seen": Alert.seen + 1},
        )
        .returning(Alert.id, Alert.seen)
    ).one()
    if row.seen == 1:
        events.emit(session, kind=f"alerts.{trouble.kind}", subject=row.id, at=now)
        if not silences.holds_back(session, trouble.kind, severity=trouble.severity, now=now):
            deliver_to(session, row.id, channel=0, now=now)
    return UUID(str(row.id))


def deliver_to(session: Session, alert_id: UUID, *, channel: int, now: datetime) -> None:
    """Start one delivery; the first of an alert opens those to the site's further channels when it runs."""
    values = {"alert_id": alert_id, "channel": channel, "state": "waiting", "attempts": 0, "next_at": now}
    started = insert(Delivery).values(values).on_conflict_do_nothing().returning(Delivery.id)
    delivery_id = session.scalar(started)
    if delivery_id is not None:
        outbox.ring(session, TaskName.DELIVER, delivery_id)


def receipts(session: Session, alert_ids: Sequence[UUID]) -> dict[UUID, list[Delivery]]:
    """What became of each alert on each of its ways, by alert and channel."""
    found: dict[UUID, list[Delivery]] = {one: [] for one in alert_ids}
    mine = select(Delivery).where(Delivery.alert_id.in_(alert_ids)).order_by(Delivery.channel)
    for row in session.scalars(mine):
        found[row.alert_id].append(row)
    return found


def get(session: Session, alert_id: UUID) -> Alert:
    """The alert of that id.

    Raises:
        NotFoundError: there is none.
    """
    row = session.get(Alert, alert_id)
    if row is None:
        raise NotFoundError(f"there is no alert {alert_id}", field="alert_id")
    return row


def acknowledge(session: Session, alert_id: UUID, *, by: str, now: datetime) -> Alert:
    """Say that a person has seen it; a second time changes nothing."""
    alert = get(session, alert_id)
    if alert.state == AlertState.OPEN:
        alert.acknowledged_at, alert.acknowledged_by = now, by
        moves.move(session, alert, AlertState.ACKNOWLEDGED, by=by, at=now)
    return alert


def resolve(session: Session, dedup_key: str, *, by: str, now: datetime) -> None:
    """Close the open alert of this trouble, if there is one; the next time opens a fresh one."""
    unresolved = select(Alert).where(Alert.dedup_key == dedup_key, Alert.state != AlertState.RESOLVED)
    for alert in session.scalars(unresolved.with_for_update()):
        alert.resolved_at = now
        moves.move(session, alert, AlertState.RESOLVED, by=by, at=now)


def told_since(session: Session, dedup_keys: Collection[str], *, since: datetime | None) -> bool:
    """Whether one of these troubles stands, or stood at some time after that instant."""
    stood = Alert.state != AlertState.RESOLVED
    if since is not None:
        stood = or_(stood, Alert.opened_at > since)
    found = select(Alert.id).where(Alert.dedup_key.in_(dedup_keys), stood)
    return session.scalar(found.limit(1)) is not None


def unresolved(session: Session, kind: str) -> list[str]:
    """The keys of a kind's alerts that are not resolved."""
    return list(
        session.scalars(select(Alert.dedup_key).where(Alert.kind == kind, Alert.state != AlertState.RESOLVED))
    )


def page(
    session: Session, *, states: tuple[AlertState, ...] = tuple(AlertState), limit: int = 100
) -> list[Alert]:
    """Alerts in these states, newest first."""
    chosen = select(Alert).where(Alert.state.in_(states)).order_by(Alert.opened_at.desc(), Alert.id.desc())
    return list(session.scalars(chosen.limit(limit)))
