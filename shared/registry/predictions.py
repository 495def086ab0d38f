"""Predictions as they were given, and their sealed inputs for as long as the policy keeps them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.errors import NotFoundError
from shared.registry.tables import MaskFeedback, Prediction, PredictionInput, SilentScore


class UnknownPredictionError(NotFoundError):
    """No prediction has this id."""

    code = "unknown_prediction"

    def __init__(self, prediction_id: UUID) -> None:
        super().__init__(f"there is no prediction {prediction_id}", field="prediction_id")


def get(session: Session, prediction_id: UUID) -> Prediction:
    """The prediction of that id, or UnknownPredictionError."""
    row = session.get(Prediction, prediction_id)
    if row is None:
        raise UnknownPredictionError(prediction_id)
    return row


def cleaned_input_of(session: Session, prediction_id: UUID) -> bytes | None:
    """The sealed input without identifiers; None until it is cleaned, and when it is kept no longer."""
    return session.scalar(
        select(PredictionInput.cleaned).where(PredictionInput.prediction_id == prediction_id)
    )


def input_of(session: Session, prediction_id: UUID) -> bytes | None:
    """The sealed input; None once its retention time is over."""
    return session.scalar(
        select(PredictionInput.sealed).where(PredictionInput.prediction_id == prediction_id)
    )


def add_scores(session: Session, scores: Sequence[dict[str, object]]) -> None:
    """Record silent answers; one that stands already is kept."""
    if scores:
        session.execute(insert(SilentScore).values(list(scores)).on_conflict_do_nothing())


def count_since(session: Session, model_type: str, since: datetime) -> int:
    """How many predictions of the type were given since an instant."""
    given = select(func.count()).where(Prediction.model_type == model_type, Prediction.at >= since)
    return session.scalar(given) or 0


def forget_expired(session: Session, *, now: datetime) -> int:
    """Delete inputs whose retention time is over, and the masks drawn in them; how many inputs went."""
    gone = session.execute(
        delete(PredictionInput)
        .where(PredictionInput.expires_at < now)
        .returning(PredictionInput.prediction_id)
    )
    ids = list(gone.scalars())
    session.execute(delete(MaskFeedback).where(MaskFeedback.prediction_id.in_(ids)))
    return len(ids)
