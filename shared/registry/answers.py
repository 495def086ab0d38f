"""Validated answers beside the predictions they answer, and how readers answer."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from shared.registry.tables import Outcome, Prediction, PredictionInput


@dataclass(frozen=True)
class Answered:
    """One prediction with the answer that stands: a blind one before others, then the latest.

    `seq` is the number of the answer by which it was found; `sealed` is None once the input expired.
    """

    seq: int
    prediction_id: UUID
    person_id: UUID
    predicted: str
    confidence: float
    subgroup: Mapping[str, Any]
    in_audit: bool
    label: str
    blind: bool
    validated_by: str
    validated_at: datetime
    sealed: bytes | None


_ANSWERED = (  # in the order of the fields
    Prediction.id,
    Prediction.person_id,
    Prediction.label,
    Prediction.confidence,
    Prediction.subgroup,
    Prediction.in_audit,
    Outcome.label,
    Outcome.blind,
    Outcome.validated_by,
    Outcome.validated_at,
    PredictionInput.sealed,
)


@dataclass(frozen=True)
class Habit:
    """Answers that somebody gave where the model's was shown: how many, how many alike, how sure it was."""

    shown: int
    agreed: int
    claimed: float


def after(session: Session, model_type: str, seq: int, *, limit: int) -> list[Answered]:
    """The predictions of a type that were answered after an answer, by the order of arrival."""
    arrived = session.execute(
        select(Outcome.seq, Outcome.prediction_id)
        .join(Prediction, Prediction.id == Outcome.prediction_id)
        .where(Prediction.model_type == model_type, Outcome.seq > seq)
        .order_by(Outcome.seq)
        .limit(limit)
    ).all()
    found_by = {row.prediction_id: row.seq for row in arrived}
    rows = session.execute(
        select(*_ANSWERED)
        .join(Outcome, Outcome.prediction_id == Prediction.id)
        .outerjoin(PredictionInput, PredictionInput.prediction_id == Prediction.id)
        .where(Prediction.id.in_(found_by))
        .order_by(Outcome.blind, Outcome.seq)
    )
    standing = {row.id: Answered(found_by[row.id], *row) for row in rows}
    return sorted(standing.values(), key=lambda one: one.seq)


def count(session: Session, model_type: str) -> int:
    """How many answers there are to predictions of a type."""
    mine = select(func.count()).select_from(Outcome).join(Prediction, Prediction.id == Outcome.prediction_id)
    return session.scalar(mine.where(Prediction.model_type == model_type)) or 0


def habits(session: Session, model_type: str, readers: Collection[str]) -> dict[str, Habit]:
    """How these people answered where they saw the model's answer first."""
    alike = func.sum(case((Outcome.label == Prediction.label, 1), else_=0))
    rows = session.execute(
        select(Outcome.validated_by, func.count(), alike, func.avg(Prediction.confidence))
        .join(Prediction, Prediction.id == Outcome.prediction_id)
        .where(Prediction.model_type == model_type, Outcome.blind.is_(False))
        .where(Outcome.validated_by.in_(readers))
        .group_by(Outcome.validated_by)
    )
    return {reader: Habit(shown, int(agreed), float(claimed)) for reader, shown, agreed, claimed in rows}
