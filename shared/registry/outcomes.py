"""Validated answers to predictions, as they arrived. A correction is a further row."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.domain.bells import TaskName
from shared.errors import ConflictError, InvalidInputError
from shared.registry import models, outbox, predictions
from shared.registry.tables import Consent, Outcome, Person, Prediction

CLOCKS_DIFFER = timedelta(minutes=5)


class WithdrawnPersonError(ConflictError):
    """The person took consent back: nothing more is learnt from what became of them."""

    code = "person_withdrawn"


def add(session: Session, row: Outcome) -> bool:
    """Record one outcome and ask for a look; False when the very same one stands already.

    Raises:
        UnknownPredictionError: there is no such prediction.
        InvalidInputError: it was validated before the prediction was given.
        WithdrawnPersonError: the person has taken consent back.
    """
    prediction = answered(session, row.prediction_id, row.validated_at)
    values = {
        "prediction_id": row.prediction_id,
        "kind": row.kind,
        "label": row.label,
        "blind": row.blind,
        "validated_by": row.validated_by,
        "validated_at": row.validated_at,
        "received_at": row.received_at,
    }
    added = session.execute(
        insert(Outcome).values(values).on_conflict_do_nothing().returning(Outcome.seq)
    ).first()
    if added is None:
        return False
    outbox.ring(session, TaskName.LOOK, models.model_type(session, prediction.model_type).id)
    return True


def answered(session: Session, prediction_id: UUID, validated_at: datetime) -> Prediction:
    """The prediction that somebody answered at an instant.

    Raises:
        UnknownPredictionError: there is no such prediction.
        InvalidInputError: it was validated before the prediction was given.
        WithdrawnPersonError: the person has taken consent back.
    """
    prediction = predictions.get(session, prediction_id)
    if validated_at < prediction.at - CLOCKS_DIFFER:
        raise InvalidInputError(
            "it was validated before the prediction was given",
            field="validated_at",
            fix="send the answer to this prediction",
        )
    if _is_withdrawn(session, prediction.person_id):
        raise WithdrawnPersonError("the person has withdrawn consent", field="prediction_id")
    return prediction


def _is_withdrawn(session: Session, person_id: UUID) -> bool:
    """Whether consent is taken back, by this person or by the one whom it was merged into."""
    keeper = select(Person.merged_into).where(Person.id == person_id).scalar_subquery()
    same = or_(Consent.person_id == person_id, Consent.person_id == keeper)
    taken = select(Consent).where(same, Consent.state == "withdrawn")
    return session.scalar(select(taken.exists())) or False


def of(session: Session, prediction_id: UUID) -> list[Outcome]:
    """Every word on one prediction, in order of arrival."""
    return list(session.scalars(select(Outcome).filter_by(prediction_id=prediction_id).order_by(Outcome.seq)))


def standing(session: Session, prediction_ids: list[UUID]) -> dict[UUID, str]:
    """The label that stands for each prediction: a blind one before others, then the latest."""
    rows = session.execute(
        select(Outcome.prediction_id, Outcome.label)
        .where(Outcome.prediction_id.in_(prediction_ids))
        .order_by(Outcome.blind, Outcome.seq)
    )
    return {row.prediction_id: row.label for row in rows}
