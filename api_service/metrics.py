"""Prometheus figures, read from the registry at each scrape: counts and ages, nothing of any patient."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api_service.deps import Deps
from shared.domain.cycle import AlertState, JobState, VersionState
from shared.registry import health
from shared.registry.health import Seen
from shared.registry.tables import (
    Alert,
    ModelPerformance,
    ModelVersion,
    Prediction,
    TrainingJob,
    ValidatedCase,
)

RELAY_WORK = {
    "pushed": "doorbells pushed to the broker since this relay began",
    "given_up": "rows taken from workers that fell silent",
    "rung_again": "doorbells pushed once more for rows that waited on",
}
OF_HOST = (
    ("host_cpu_share", "share of the cores that is busy"),
    ("host_load", "processes that want a core, over a minute"),
    ("host_memory_share", "share of the memory that is taken"),
    ("host_memory_free_bytes", "memory that can be had"),
    ("host_disk_free_bytes", "room on the disk of the home folder"),
    ("host_disk_free_share", "the same as a share"),
    ("host_clock_skew_seconds", "how far its clock is from the database's"),
)
OF_GPU = (
    ("gpu_busy_share", "share of the time that a kernel ran"),
    ("gpu_memory_bytes", "memory that is taken"),
    ("gpu_memory_total_bytes", "memory there is"),
    ("gpu_temperature_celsius", "its temperature"),
    ("gpu_power_watts", "what it draws"),
    ("gpu_errors", "memory errors that could not be corrected"),
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
        yield from self._machines()
        yield _one(
            "rounds_oldest_queued_job_seconds", "how long the oldest waiting job waits", self._oldest()
        )
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
        seen = health.parts(self._session)
        for name, part in seen.items():
            up.add_metric((name,), float(part.alive))
        waiting = health.waiting(self._session)
        queued = GaugeMetricFamily("rounds_waiting", "what waits to be done", labels=("what",))
        for what in ("rings", "jobs", "runs", "deliveries", "failed_deliveries"):
            queued.add_metric((what,), float(getattr(waiting, what)))
        yield from (up, queued)
        yield from self._relay(seen.get("relay"))

    def _relay(self, seen: Seen | None) -> Iterator[Metric]:
        """What the relay says of the broker, which the API never talks to itself, and of its own work."""
        told = seen.state if seen else {}
        is_up = float(seen is not None and seen.alive and told.get("broker") == "up")
        yield _one("rounds_broker_up", "whether the relay reaches the broker", is_up)
        depths = GaugeMetricFamily("rounds_queue_messages", "doorbells at the broker", labels=("queue",))
        for queue, depth in dict(told.get("queues", {})).items():
            depths.add_metric((queue,), float(depth))
        refused = CounterMetricFamily(
            "rounds_refused_messages", "messages that no worker acted on", labels=("reason",)
        )
        for reason, count in dict(told.get("refused", {})).items():
            refused.add_metric((reason,), float(count))
        yield from (depths, refused)
        for name, says in RELAY_WORK.items():
            family = CounterMetricFamily(f"rounds_relay_{name}", says)
            family.add_metric((), float(told.get(name, 0)))
            yield family

    def _machines(self) -> Iterator[Metric]:
        """What the workers say of their machines and GPUs; a machine without a GPU has no figure of one."""
        gauges = {name: GaugeMetricFamily(f"rounds_{name}", says, labels=("host",)) for name, says in OF_HOST}
        of_gpu = {
            name: GaugeMetricFamily(f"rounds_{name}", says, labels=("host", "gpu")) for name, says in OF_GPU
        }
        for machine in health.hosts(self._session):
            for name in gauges.keys() & machine.figures.keys():
                gauges[name].add_metric((machine.host,), machine.figures[name])
            for gpu, figures in machine.gpus.items():
                for name in of_gpu.keys() & figures.keys():
                    of_gpu[name].add_metric((machine.host, gpu), figures[name])
        yield from (*gauges.values(), *of_gpu.values())

    def _oldest(self) -> float:
        oldest = select(func.min(TrainingJob.created_at)).where(TrainingJob.state == JobState.QUEUED)
        since = self._session.scalar(oldest)
        return max(0.0, (self._deps.clock() - since).total_seconds()) if since else 0.0

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
