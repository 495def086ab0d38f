"""How the versions in service do, now and over time: every figure with its n and interval."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from api_service.auth import READERS
from api_service.endpoint import Call, Group
from api_service.parse import TypeQuery
from api_service.show.health import Mark, PerformanceHistory, PerformanceNow, Point, VersionFigures
from api_service.show.models import accuracy_of
from api_service.show.shape import Estimate, estimate, percent_or_zero
from shared.domain.cycle import SERVABLE
from shared.domain.metrics import wilson
from shared.registry import models, stats, timeline
from shared.registry.stats import LiveFigures
from shared.registry.tables import ModelPerformance, ModelVersion, MonitorWindow

group = Group()
WINDOW_DAYS = 28
_Instant = Annotated[
    AwareDatetime, Field(ge=datetime(1900, 1, 1, tzinfo=UTC), le=datetime(2200, 1, 1, tzinfo=UTC))
]


class HistoryQuery(TypeQuery):
    """A span of prediction dates."""

    since: _Instant | None = Field(None, alias="from")
    until: _Instant | None = Field(None, alias="to")
    by: Literal["window"] = "window"


@group.get("/performance/current", roles=READERS)
def current(call: Call, query: TypeQuery) -> PerformanceNow:
    """Every version in service: validated answers of the last 28 days, and the frozen set."""
    models.model_type(call.session, query.model_type)
    served = models.in_state(call.session, query.model_type, *SERVABLE)
    live = stats.live_figures(call.session, query.model_type, call.now - timedelta(days=WINDOW_DAYS))
    frozen = stats.newest_performance(call.session, [version.id for version in served])
    found = [_figures(version, live.get(version.id), frozen.get(version.id)) for version in served]
    return PerformanceNow(
        status="active" if found else "no_active_model",
        message=f"{len(found)} versions of {query.model_type} are in service",
        model_type=query.model_type,
        window_days=WINDOW_DAYS,
        versions=found,
    )


@group.get("/performance/history", roles=READERS)
def history(call: Call, query: HistoryQuery) -> PerformanceHistory:
    """Live accuracy by prediction date as known now, with deployments and incidents marked."""
    models.model_type(call.session, query.model_type)
    until = query.until or call.now + timedelta(seconds=1)
    since = query.since or until - timedelta(days=365)
    windows = timeline.windows(call.session, query.model_type, since=since, until=until)
    changes = timeline.changes(call.session, query.model_type, since=since, until=until)
    return PerformanceHistory(
        model_type=query.model_type,
        by=query.by,
        series=[_point(window, name) for window, name in windows],
        marks=[_mark(record.at, record.transition, name) for record, name in changes],
    )


def _figures(
    version: ModelVersion, live: LiveFigures | None, frozen: ModelPerformance | None
) -> VersionFigures:
    predicted, matured = (live.predicted, live.labelled) if live else (0, 0)
    return VersionFigures(
        model_version=version.name,
        model_type=version.model_type,
        state=version.state.value,
        predicted=predicted,
        matured=matured,
        share_matured=percent_or_zero(matured / predicted if predicted else 0.0),
        live_accuracy=_live_accuracy(live),
        frozen_accuracy=accuracy_of(frozen),
        subgroups=dict(frozen.subgroups) if frozen else {},
        distance_to_rollback=None,
        first_prediction_at=live.first_at if live else None,
        last_prediction_at=live.last_at if live else None,
    )


def _live_accuracy(live: LiveFigures | None) -> Estimate | None:
    if live is None or not live.labelled:
        return None
    interval = wilson(live.correct / live.labelled, live.labelled)
    return estimate(live.correct / live.labelled, live.labelled, interval)


def _point(window: MonitorWindow, name: str) -> Point:
    found = window.estimates.get("accuracy")
    accuracy = estimate(found["value"], found["n"], (found["low"], found["high"])) if found else None
    return Point(
        model_version=name,
        starts_at=window.starts_at,
        ends_at=window.ends_at,
        predicted=window.n_predicted,
        matured=window.n_matured,
        accuracy=accuracy,
    )


def _mark(at: datetime, transition: str, name: str) -> Mark:
    kind = transition.rsplit(">", maxsplit=1)[-1]
    return Mark(at=at, kind=kind, model_version=name, title=f"{name}: {transition}")
