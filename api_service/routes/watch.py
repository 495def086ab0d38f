"""Alerts, the overview, and figures for Prometheus."""

from typing import Literal
from uuid import UUID

from flask import Response
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import Field

from api_service import metrics, vitals
from api_service.auth import EVERYBODY, READERS, Role
from api_service.endpoint import Call, Group, Rules
from api_service.parse import PAGE_MOST, Body, TypeQuery
from api_service.routes import cases, training
from api_service.routes.models import VersionsQuery, available
from api_service.show.health import Overview
from api_service.show.release import AlertShown
from shared.domain.cycle import AlertState
from shared.registry import alerts
from shared.registry.alerts import Trouble

group = Group()
root = Group("")


class AlertsQuery(Body):
    """Which alerts; those that are not resolved where no state is named."""

    state: Literal["open", "acknowledged", "resolved"] | None = None
    limit: int = Field(100, ge=1, le=PAGE_MOST)


@group.get("/alerts", roles=READERS)
def list_alerts(call: Call, query: AlertsQuery) -> list[AlertShown]:
    """Alerts, newest first."""
    unresolved = (AlertState.OPEN, AlertState.ACKNOWLEDGED)
    states = (AlertState(query.state),) if query.state else unresolved
    return [AlertShown.of(alert) for alert in alerts.page(call.session, states=states, limit=query.limit)]


@group.post("/alerts/{alert_id}/ack", roles=READERS - {Role.VIEWER, Role.ADMIN})
def acknowledge(call: Call, alert_id: UUID) -> AlertShown:
    """Say that a person has seen it; a second time changes nothing."""
    return AlertShown.of(alerts.acknowledge(call.session, alert_id, by=call.caller.name, now=call.now))


@group.post(
    "/alerts/test", roles=frozenset({Role.OPERATOR, Role.APPROVER, Role.ADMIN}), rules=Rules(status=202)
)
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
    return AlertShown.of(alerts.get(call.session, alerts.raise_alert(call.session, trouble, now=call.now)))


@group.get("/dashboard/overview", roles=READERS)
def overview(call: Call, query: TypeQuery) -> Overview:
    """What a dashboard shows first, in one answer."""
    versions = available(call, VersionsQuery(limit=PAGE_MOST))
    return Overview(
        collection=cases.statistics(call, query),
        recent_jobs=training.list_jobs(call, training.JobsQuery(limit=10)),
        active_models=[version for version in versions if version.is_active],
        system_health=vitals.taken(call.deps),
    )


@root.get("/metrics", roles=EVERYBODY, rules=Rules(media_types=(CONTENT_TYPE_LATEST,)))
def prometheus(call: Call) -> Response:
    """Counts and ages in the Prometheus text format."""
    return Response(metrics.scrape(call.session, call.deps), content_type=CONTENT_TYPE_LATEST)
