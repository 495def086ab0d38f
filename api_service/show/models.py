"""The shapes of model versions: what is live, what could be, how they compare."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from api_service.show.shape import Estimate, Shape, estimate, percent
from shared.domain import transitions
from shared.domain.cycle import CHALLENGING, VersionState
from shared.registry.plans import Plan
from shared.registry.tables import GateDecision, ModelPerformance, ModelVersion


class Metrics(Shape):
    """The four figures of clients, in percent or null."""

    accuracy: float | None
    precision: float | None
    recall: float | None
    f1_score: float | None


class Canary(Shape):
    """The challenger that serves a share of persons."""

    version: str
    percent: float


class Current(Shape):
    """`GET /models/current`: who answers."""

    status: str
    message: str
    model_version: str | None = None
    model_type: str
    accuracy: float | None = None
    n: int | None = None
    deployed_at: datetime | None = None
    performance_metrics: Metrics | None = None
    digest: str | None = None
    slot: str | None = None
    plan_version: int | None = None
    canary: Canary | None = None
    shadow: str | None = None
    standby: str | None = None
    since: datetime | None = None

    @classmethod
    def none(cls, model_type: str) -> "Current":
        """Nothing is live."""
        return cls(
            status="no_active_model", message=f"no version of {model_type} is live", model_type=model_type
        )

    @classmethod
    def of(cls, plan: Plan, champion: ModelVersion, figures: ModelPerformance | None) -> "Current":
        """The champion and who stands beside it."""
        challenger = plan.challenger
        canary = Canary(version=challenger.name, percent=100 * plan.share) if challenger else None
        return cls(
            status="active",
            message=f"{champion.name} is live",
            model_version=champion.name,
            model_type=champion.model_type,
            accuracy=percent(figures.accuracy) if figures else None,
            n=figures.n if figures else None,
            deployed_at=champion.state_since,
            performance_metrics=metrics(figures),
            digest=champion.digest,
            slot="champion",
            plan_version=plan.number,
            canary=canary if plan.share > 0 else None,
            shadow=challenger.name if challenger and plan.shadow else None,
            standby=plan.standby.name if plan.standby else None,
            since=champion.state_since,
        )


class Version(Shape):
    """One version with its figures on the frozen set; figures are in percent, null where unmeasured."""

    id: UUID
    model_version: str
    model_type: str
    state: str
    accuracy: float | None
    precision: float | None
    recall: float | None
    f1_score: float | None
    n: int | None
    accuracy_estimate: Estimate | None
    dice_estimate: Estimate | None  # of versions that outline, as iou
    iou_estimate: Estimate | None
    is_active: bool
    deployed_at: datetime | None
    state_since: datetime
    created_at: datetime
    digest: str
    base_model: str
    job_id: UUID
    deployable: bool
    why_not: list[str]
    tainted: list[str]
    settled: bool

    @classmethod
    def of(
        cls, version: ModelVersion, figures: ModelPerformance | None, gate: GateDecision | None
    ) -> "Version":
        """One row of the list."""
        shown = metrics(figures)
        why_not = reasons_against(version, gate)
        served = version.state in {*CHALLENGING, VersionState.LIVE, VersionState.STANDBY}
        return cls(
            id=version.id,
            model_version=version.name,
            model_type=version.model_type,
            state=version.state.value,
            accuracy=shown.accuracy if shown else None,
            precision=shown.precision if shown else None,
            recall=shown.recall if shown else None,
            f1_score=shown.f1_score if shown else None,
            n=figures.n if figures else None,
            accuracy_estimate=accuracy_of(figures),
            dice_estimate=_overlap(figures, "dice"),
            iou_estimate=_overlap(figures, "iou"),
            is_active=version.state == VersionState.LIVE,
            deployed_at=version.state_since if served else None,
            state_since=version.state_since,
            created_at=version.created_at,
            digest=version.digest,
            base_model=version.base,
            job_id=version.job_id,
            deployable=not why_not,
            why_not=why_not,
            tainted=[str(reason) for reason in version.tainted],
            settled=version.settled,
        )


class Performance(Shape):
    """`GET /models/performance`: what clients' dashboards draw."""

    id: UUID
    model_version: str
    model_type: str
    accuracy: float | None
    precision: float | None
    recall: float | None
    f1_score: float | None
    n: int
    accuracy_estimate: Estimate | None
    purpose: str
    calibration_error: float | None
    is_active: bool
    deployed_at: datetime
    created_at: datetime

    @classmethod
    def of(cls, figures: ModelPerformance, version: ModelVersion) -> "Performance":
        """One measurement; `deployed_at` is when the version came into its present state, never null."""
        shown = metrics(figures)
        return cls(
            id=figures.id,
            model_version=figures.model_version,
            model_type=figures.model_type,
            accuracy=shown.accuracy if shown else None,
            precision=shown.precision if shown else None,
            recall=shown.recall if shown else None,
            f1_score=shown.f1_score if shown else None,
            n=figures.n,
            accuracy_estimate=accuracy_of(figures),
            purpose=figures.purpose,
            calibration_error=figures.calibration_error,
            is_active=version.state == VersionState.LIVE,
            deployed_at=version.state_since,
            created_at=figures.created_at,
        )


class Compared(Shape):
    """`GET /models/compare`: two versions on one frozen set, or the reason why they cannot be compared."""

    status: str
    message: str
    model_a: Version
    model_b: Version
    same_set: bool
    gate: dict[str, object] | None


def metrics(figures: ModelPerformance | None) -> Metrics | None:
    """The four figures in percent; None where nothing was measured."""
    if figures is None:
        return None
    return Metrics(
        accuracy=percent(figures.accuracy),
        precision=percent(figures.precision),
        recall=percent(figures.recall),
        f1_score=percent(figures.f1_score),
    )


def accuracy_of(figures: ModelPerformance | None) -> Estimate | None:
    """Accuracy with n and its interval."""
    if figures is None:
        return None
    return estimate(figures.accuracy, figures.n, figures.intervals.get("accuracy"))


def _overlap(figures: ModelPerformance | None, name: str) -> Estimate | None:
    """Dice or IoU in percent with n and its interval; None for versions that name diagnoses."""
    value = getattr(figures, f"{name}_score", None)
    if figures is None or value is None:
        return None
    return estimate(value, figures.n, figures.intervals.get(name))


def reasons_against(version: ModelVersion, gate: GateDecision | None) -> list[str]:
    """Every reason why a version cannot be deployed now; empty when it can."""
    passed = gate is not None and gate.verdict == "pass" and gate.digest == version.digest
    entrant = transitions.Entrant(version.state, passed, version.blocked, tuple(map(str, version.tainted)))
    reasons = transitions.why_not(entrant, failed_rules(gate.rules) if gate is not None else ())
    under_way = [f"it is {version.state.value}: its challenge is under way"]
    return reasons + (under_way if version.state in CHALLENGING else [])


def failed_rules(rules: Sequence[Mapping[str, object]]) -> list[str]:
    """The gate's rules that did not pass, each with its reason."""
    return [f"{rule.get('rule')}: {rule.get('why')}" for rule in rules if rule.get("verdict") != "pass"]
