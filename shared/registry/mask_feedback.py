"""Right masks of predicted pictures, as clinicians drew them. A correction is a further row."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.errors import ConflictError
from shared.registry import outcomes
from shared.registry.tables import MaskFeedback, Prediction, PredictionInput
from shared.vault import Vault

PURPOSE = "mask feedback"


@dataclass(frozen=True)
class Drawn:
    """One prediction with the mask that stands: a blind one before others, then the latest.

    `seq` is the number of the answer by which it was found; `picture` is the sealed input.
    """

    seq: int
    prediction: Prediction
    answer: MaskFeedback
    picture: bytes


class AnotherMaskError(ConflictError):
    """The same person sent another mask under the same time."""

    code = "another_mask"

    def __init__(self) -> None:
        fix = "send the time at which this mask was validated"
        super().__init__(
            "another mask by the same person at the same time stands", field="validated_at", fix=fix
        )


def add(session: Session, row: MaskFeedback, mask: str, *, vault: Vault) -> bool:
    """Keep a right mask, a file in base64, sealed; False when the very same stands already.

    Raises:
        UnknownPredictionError: there is no such prediction.
        InvalidInputError: it was validated before the prediction was given.
        WithdrawnPersonError: the person has taken consent back.
        AnotherMaskError: another mask by the same person at the same time stands.
    """
    given = outcomes.answered(session, row.prediction_id, row.validated_at)
    same = {"prediction_id": given.id, "validated_by": row.validated_by, "validated_at": row.validated_at}
    told = {"label": given.label, "blind": row.blind, "received_at": row.received_at}
    sealed = {"sealed": vault.seal(mask.encode(), PURPOSE)}
    made = (
        insert(MaskFeedback).values(same | told | sealed).on_conflict_do_nothing().returning(MaskFeedback.seq)
    )
    if session.execute(made).first() is not None:
        return True
    standing = session.scalars(select(MaskFeedback).filter_by(**same)).one()
    if vault.open(standing.sealed, PURPOSE) != mask.encode():
        raise AnotherMaskError
    return False


def after(session: Session, model_type: str, seq: int, *, limit: int) -> list[Drawn]:
    """The pictures of a type that were answered after an answer, by the order of arrival."""
    arrived = session.execute(
        select(MaskFeedback.seq, MaskFeedback.prediction_id)
        .join(Prediction, Prediction.id == MaskFeedback.prediction_id)
        .where(Prediction.model_type == model_type, MaskFeedback.seq > seq)
        .order_by(MaskFeedback.seq)
        .limit(limit)
    ).all()
    found_by = {row.prediction_id: row.seq for row in arrived}
    rows = session.execute(
        select(Prediction, MaskFeedback, PredictionInput.sealed)
        .join(MaskFeedback, MaskFeedback.prediction_id == Prediction.id)
        .join(PredictionInput, PredictionInput.prediction_id == Prediction.id)
        .where(Prediction.id.in_(found_by))
        .order_by(MaskFeedback.blind, MaskFeedback.seq)
    )
    standing = {
        given.id: Drawn(found_by[given.id], given, answer, picture) for given, answer, picture in rows
    }
    return sorted(standing.values(), key=lambda one: one.seq)


def count(session: Session, model_type: str) -> int:
    """How many answers there are to pictures of a type."""
    mine = (
        select(func.count())
        .select_from(MaskFeedback)
        .join(Prediction, Prediction.id == MaskFeedback.prediction_id)
    )
    return session.scalar(mine.where(Prediction.model_type == model_type)) or 0
