"""The shapes of health, service figures over time and the overview."""

from datetime import datetime

from api_service.show.cases import Statistics
from api_service.show.models import Version
from api_service.show.shape import Estimate, Shape
from api_service.show.training import Job


class PartHealth(Shape):
    """One part: `ok`, `late`, `down`, `off` (not set up) or `unknown`; `needed` ones make the answer 503."""

    name: str
    state: str
    needed: bool
    age_seconds: float | None = None
    count: int | None = None
    detail: dict[str, object] = {}


class Health(Shape):
    """`GET /health`: every part with its state and age."""

    status: str
    service: str
    version: str
    paused: bool | None
    checked_at: datetime
    parts: list[PartHealth]
    waiting: dict[str, int]


class Neighbour(Shape):
    """What this system does of a neighbour's work, and how that part is."""

    status: str
    message: str
    service: str
    capabilities: dict[str, bool]


class RecoveryShown(Shape):
    """Something that put itself right, or was put right by `rounds doctor`."""

    at: datetime
    what: str
    subject: str
    did: str


class SelfHealing(Neighbour):
    """`GET /api/self-healing/status`: whether recovery is on watch, and what it did of late."""

    recoveries_in_24_hours: int | None
    recoveries: list[RecoveryShown]


class VersionFigures(Shape):
    """One version in service; `live_accuracy` is over the validated answers of the window, not yet all."""

    model_version: str
    model_type: str
    state: str
    predicted: int
    matured: int
    share_matured: float
    live_accuracy: Estimate | None
    frozen_accuracy: Estimate | None
    subgroups: dict[str, object]
    drift: None = None
    distance_to_rollback: float | None
    first_prediction_at: datetime | None
    last_prediction_at: datetime | None


class PerformanceNow(Shape):
    """`GET /performance/current`: every version in service with figures, n and intervals."""

    status: str
    message: str
    model_type: str
    window_days: int
    versions: list[VersionFigures]


class Point(Shape):
    """One version over one window of prediction dates."""

    model_version: str
    starts_at: datetime
    ends_at: datetime
    predicted: int
    matured: int
    accuracy: Estimate | None


class Mark(Shape):
    """A deployment or an incident on the time line."""

    at: datetime
    kind: str
    model_version: str
    title: str


class PerformanceHistory(Shape):
    """`GET /performance/history`: live accuracy by prediction date, with what happened marked."""

    model_type: str
    by: str
    series: list[Point]
    marks: list[Mark]


class Overview(Shape):
    """`GET /dashboard/overview`."""

    collection: Statistics
    recent_jobs: list[Job]
    active_models: list[Version]
    system_health: Health
