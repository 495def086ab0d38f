"""The shapes of alerts, of what became of them on their ways, and of silences."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from api_service.show.shape import Shape
from shared.registry.tables import Alert, AlertSilence, Delivery


class Receipt(Shape):
    """One alert on one way out: `waiting`, `sent` or `failed`; `way` is the kind of address, no more."""

    channel: int
    way: str
    state: str
    attempts: int
    next_at: datetime | None
    sent_at: datetime | None
    error: str | None

    @classmethod
    def of(cls, row: Delivery, ways: Sequence[str]) -> "Receipt":
        """One row; of an address that is not configured any more the kind is unknown."""
        return cls(
            channel=row.channel,
            way=ways[row.channel] if row.channel < len(ways) else "no address",
            state=row.state,
            attempts=row.attempts,
            next_at=row.next_at if row.state == "waiting" else None,
            sent_at=row.sent_at,
            error=row.error,
        )


class AlertShown(Shape):
    """One alert; `silenced_until` says that its cause is told to nobody until then."""

    id: UUID
    kind: str
    severity: str
    state: str
    title: str
    body: str
    subject: str | None
    seen: int
    opened_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    resolved_at: datetime | None
    silenced_until: datetime | None = None
    receipts: list[Receipt] = []

    @classmethod
    def of(
        cls, alert: Alert, receipts: Sequence[Receipt] = (), silenced_until: datetime | None = None
    ) -> "AlertShown":
        """One row of the list."""
        return cls(
            id=alert.id,
            kind=alert.kind,
            severity=alert.severity,
            state=alert.state.value,
            title=alert.title,
            body=alert.body,
            subject=alert.subject,
            seen=alert.seen,
            opened_at=alert.opened_at,
            acknowledged_at=alert.acknowledged_at,
            acknowledged_by=alert.acknowledged_by,
            resolved_at=alert.resolved_at,
            silenced_until=silenced_until,
            receipts=list(receipts),
        )


class SilenceShown(Shape):
    """A cause that nobody is told of until an instant."""

    kind: str
    until: datetime
    reason: str
    by: str
    created_at: datetime

    @classmethod
    def of(cls, row: AlertSilence) -> "SilenceShown":
        """One row."""
        return cls(kind=row.kind, until=row.until, reason=row.reason, by=row.by, created_at=row.created_at)
