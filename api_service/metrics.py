"""Prometheus figures, read from the registry at each scrape: counts and ages, nothing of any patient."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api_service.deps import Deps
from shared.domain.cycle import AlertState, VersionState
from shared.registry import health
from shared.registry.tables import (
    Alert,
    ModelPerformance,
    ModelVersion,
    Prediction,
    TrainingJob,
    ValidatedCase,
)


class _Figures(Collector):
    """One scrape."""

    def __init__(self, session: Session, deps: Deps) -> None:
        self._session, self._deps = session, deps

    def collect(self) -> Iterator[Metric]:
        """Every family of figures."""
        yield from (self._cases(), self._jobs(), self._versions(), self._predictions(), self._alerts())
        yield from self._accuracy()
        yield from self._parts()
        yield _one("rounds_plan_age_seconds", "since the plans were confirmed", self._plan_age())
        spooled = float(self._deps.filing.answers.waiting())
        yield _one("rounds_spooled_answers", "answers that wait for the database", spooled)

    def _cases(self) -> Metric:
        columns = (ValidatedCase.model_type, ValidatedCase.state)
        return self._counted("rounds_cases", "cases by state", columns=columns)

    def _jobs(self) -> Metric:
        columns = (TrainingJob.model_type, TrainingJob.state)
        return self._counted("rounds_training_jobs", "training jobs by state", columns=columns)

    def _versions(self) -> Metric:
        columns = (ModelVersion.model_type, ModelVersion.state)
        return self._counted("rounds_model_versions", "model versions by state", columns=columns)

    def _predictions(self) -> Metric:
        columns = (Prediction.model_type, Prediction.slot)
        return self._counted("rounds_predictions", "answers given, by slot", columns=columns)

    def _alerts(self) -> Metric:
        family = GaugeMetricFamily("rounds_open_alerts", "alerts not resolved", labels=("severity",))
        unresolved = select(Alert.severity, func.count()).where(Alert.state != AlertState.RESOLVED)
        for severity, n in self._session.execute(unresolved.group_by(Alert.severity)):
            family.add_metric((severity,), n)
        return family

    def _accuracy(self) -> Iterator[Metric]:
        labels = ("model_type", "model_version")
        share = GaugeMetricFamily(
            "rounds_live_model_accuracy", "of the live version, frozen set", labels=labels
        )
        n = GaugeMetricFamily("rounds_live_model_accuracy_n", "cases it was measured on", labels=labels)
        live = select(ModelPerformance).join(
            ModelVersion, ModelVersion.id == ModelPerformance.model_version_id
        )
        judged = live.where(ModelVersion.state == VersionState.LIVE, ModelPerformance.purpose == "gate")
        for row in self._session.scalars(judged.order_by(ModelPerformance.created_at)):
            share.add_metric((row.model_type, row.model_version), row.accuracy)
            n.add_metric((row.model_type, row.model_version), row.n)
        yield from (share, n)

    def _parts(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("rounds_part_up", "whether a part spoke of late", labels=("part",))
        for name, seen in health.parts(self._session).items():
            up.add_metric((name,), float(seen.alive))
        waiting = health.waiting(self._session)
        queued = GaugeMetricFamily("rounds_waiting", "what waits to be done", labels=("what",))
        for what in ("rings", "jobs", "runs", "deliveries"):
            queued.add_metric((what,), float(getattr(waiting, what)))
        yield from (up, queued)

    def _plan_age(self) -> float:
        return self._deps.router.cache.age_seconds

    def _counted(self, name: str, says: str, *, columns: tuple) -> Metric:  # type: ignore[type-arg]
        family = GaugeMetricFamily(name, says, labels=tuple(column.key for column in columns))
        for *words, n in self._session.execute(select(*columns, func.count()).group_by(*columns)):
            family.add_metric(tuple(str(word) for word in words), n)
        return family


def scrape(session: Session, deps: Deps) -> bytes:
    """The whole text of one scrape."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(session, deps))
    return generate_latest(registry)


def _one(name: str, says: str, value: float) -> Metric:
    family = GaugeMetricFamily(name, says)
    family.add_metric((), value)
    return family
