"""What a person should know: listed with receipts, acknowledged, kept quiet, tried out."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from pydantic import Field

from api_service.auth import READERS, Role
from api_service.endpoint import Call, Group, Rules
from api_service.parse import PAGE_MOST, Body, Name, Sentence
from api_service.show.alerts import AlertShown, Receipt, SilenceShown
from shared.domain.cycle import AlertState
from shared.registry import alerts, silences
from shared.registry.alerts import Trouble
from shared.registry.tables import Alert

group = Group()
KEEPERS = frozenset({Role.OPERATOR, Role.APPROVER})


class AlertsQuery(Body):
    """Which alerts; those that are not resolved where no state is named."""

    state: Literal["open", "acknowledged", "resolved"] | None = None
    limit: int = Field(100, ge=1, le=PAGE_MOST)


class SilenceWish(Body):
    """`POST /alerts/silences`: a cause, for how many hours (0 ends it), and why."""

    kind: Name
    hours: int = Field(ge=0, le=silences.HOURS_MOST)
    reason: Sentence


@group.get("/alerts", roles=READERS)
def list_alerts(call: Call, query: AlertsQuery) -> list[AlertShown]:
    """Alerts, newest first, each with what became of it on every way out."""
    unresolved = (AlertState.OPEN, AlertState.ACKNOWLEDGED)
    states = (AlertState(query.state),) if query.state else unresolved
    return _shown(call, alerts.page(call.session, states=states, limit=query.limit))


@group.post("/alerts/{alert_id}/ack", roles=READERS - {Role.VIEWER, Role.ADMIN})
def acknowledge(call: Call, alert_id: UUID) -> AlertShown:
    """Say that a person has seen it; a second time changes nothing."""
    return _shown(call, [alerts.acknowledge(call.session, alert_id, by=call.caller.name, now=call.now)])[0]


@group.post("/alerts/test", roles=KEEPERS | {Role.ADMIN}, rules=Rules(status=202))
def test(call: Call) -> AlertShown:
    """Send an alert that says that it is a test, by every configured way; the receipts show what arrived."""
    trouble = Trouble(
        "test",
        "info",
        "test",
        "Rounds: this is a test",
        f"{call.caller.name} asked for it. Nothing is the matter.",
    )
    alerts.resolve(call.session, trouble.dedup_key, by=call.caller.name, now=call.now)
    opened = alerts.raise_alert(call.session, trouble, now=call.now)
    return _shown(call, [alerts.get(call.session, opened)])[0]


@group.get("/alerts/silences", roles=READERS)
def list_silences(call: Call) -> list[SilenceShown]:
    """The causes that nobody is told of now."""
    return [SilenceShown.of(row) for row in silences.standing(call.session, call.now)]


@group.post("/alerts/silences", roles=KEEPERS)
def silence(call: Call, wish: SilenceWish) -> SilenceShown:
    """Tell nobody of a cause for some hours; its alerts are still listed, and critical ones still go out."""
    row = silences.keep_quiet(
        call.session, wish.kind, hours=wish.hours, reason=wish.reason, by=call.caller.name, now=call.now
    )
    return SilenceShown.of(row)


def _shown(call: Call, found: Sequence[Alert]) -> list[AlertShown]:
    kept = alerts.receipts(call.session, [alert.id for alert in found])
    kinds = {alert.kind for alert in found}
    quiet = {row.kind: row.until for row in silences.standing(call.session, call.now, kinds)}
    ways = [address.partition(":")[0] for address in call.deps.settings.notify_urls.split()]
    return [
        AlertShown.of(alert, [Receipt.of(row, ways) for row in kept[alert.id]], quiet.get(alert.kind))
        for alert in found
    ]
