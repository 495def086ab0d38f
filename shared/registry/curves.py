"""What past trainings of a type say about the next one: their sizes and accuracies, and the last end."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from shared.domain.learning_curve import Forecast, Point, forecast
from shared.registry import models
from shared.registry.tables import ModelPerformance, ModelVersion, TrainingJob

LOOKED_BACK = 20  # versions; what lies further back was another clinic, as it were


def points(session: Session, model_type: str) -> list[Point]:
    """The newest trained versions on the type's base, each as the gate measured it last."""
    base = models.model_type(session, model_type).base
    measured = (
        select(ModelPerformance.accuracy, ModelPerformance.n, TrainingJob.dataset_size, ModelVersion.number)
        .join(ModelVersion, ModelVersion.id == ModelPerformance.model_version_id)
        .join(TrainingJob, TrainingJob.id == ModelVersion.job_id)
        .where(ModelVersion.model_type == model_type, ModelVersion.base == base)
        .where(ModelPerformance.purpose == "gate", TrainingJob.triggered_by != "import")
        .where(TrainingJob.dataset_size > 0)
        .order_by(ModelVersion.number.desc(), ModelPerformance.created_at.desc())
        .ext(distinct_on(ModelVersion.number))
        .limit(LOOKED_BACK)
    )
    return [Point(row.dataset_size, row.accuracy, row.n) for row in session.execute(measured)]


def of_next(session: Session, model_type: str, *, cases: int) -> Forecast | None:
    """What a training on so many cases would gain; None while the past says too little."""
    return forecast(points(session, model_type), cases=cases)


def last_end(session: Session, model_type: str) -> datetime | None:
    """When the newest training of a type that ran came to an end, well or not; None when none did."""
    began = select(func.max(TrainingJob.start_time)).where(TrainingJob.model_type == model_type)
    newest = select(TrainingJob.end_time).where(
        TrainingJob.model_type == model_type, TrainingJob.start_time == began.scalar_subquery()
    )
    return session.scalar(newest.limit(1))
