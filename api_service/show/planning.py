"""The shapes of what is planned: forecasts of trainings, and the devices that they run on."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from api_service.show.shape import Shape
from shared.domain.due import Counts
from shared.domain.learning_curve import Forecast, Point


class PointShown(Shape):
    """One version of the past: what it learnt from and how it did, in percent."""

    cases: int
    accuracy: float
    n: int


class ForecastShown(Shape):
    """`GET /training/forecast`: percentage points; `at_most` holds with 95 % confidence."""

    model_type: str
    eligible_cases: int
    new_cases: int
    gain_points: float | None
    at_most_points: float | None
    past: list[PointShown]

    @classmethod
    def of(
        cls, model_type: str, counts: Counts, curve: Forecast | None, *, past: Sequence[Point]
    ) -> "ForecastShown":
        """The forecast, with the past that it rests on."""
        points = [PointShown(cases=one.cases, accuracy=100 * one.accuracy, n=one.judged) for one in past]
        return cls(
            model_type=model_type,
            eligible_cases=counts.total,
            new_cases=counts.unused,
            gain_points=None if curve is None else 100 * curve.gain,
            at_most_points=None if curve is None else 100 * curve.at_most,
            past=points,
        )


class DeviceShown(Shape):
    """One device of one host: "host/gpu-0" or "host/cores-1"."""

    device: str
    held: bool
    job_id: UUID | None


class CostsShown(Shape):
    """`GET /costs`: sums, and how the energy among them is known; empty when nothing was trained."""

    model_type: str
    since: datetime
    cost: dict[str, object]
