"""Predictions as they were given, and their sealed inputs for as long as the policy keeps them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, LargeBinary, TableClause, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import Session

from shared.errors import NotFoundError
from shared.registry.facts import Scope
from shared.registry.tables import MaskFeedback, Prediction, PredictionInput, SilentScore

_TOLD = tuple(name for name in Prediction.__table__.columns.keys() if name != "seq")  # noqa: SIM118 - no dict


def _add_statement() -> Insert:
    """Both rows in one statement, made once: a person waits for it."""
    values = {name: bindparam(f"its_{name}", type_=Prediction.__table__.columns[name].type) for name in _TOLD}
    rows, inputs = Prediction.__table__, PredictionInput.__table__  # as tables: no objects are made of them
    assert isinstance(rows, TableClause) and isinstance(inputs, TableClause)
    given = insert(rows).values(values).returning(rows.columns.id).cte("given")
    sealed, expires_at = (
        bindparam("sealed_input", type_=LargeBinary),
        bindparam("expires", type_=DateTime(timezone=True)),
    )
    columns = ["prediction_id", "sealed", "expires_at"]
    return insert(inputs).from_select(columns, select(given.c.id, sealed, expires_at))


_ADD = _add_statement()


class UnknownPredictionError(NotFoundError):
    """No prediction has this id."""

    code = "unknown_prediction"

    def __init__(self, prediction_id: UUID) -> None:
        super().__init__(f"there is no prediction {prediction_id}", field="prediction_id")


def add(session: Session, row: Prediction, *, sealed_input: bytes, expires_at: datetime) -> None:
    """Record one answer with its input, sealed by the caller's vault under the purpose "prediction"."""
    told = {f"its_{name}": getattr(row, name) for name in _TOLD}
    session.execute(_ADD, told | {"sealed_input": sealed_input, "expires": expires_at})


def get(session: Session, prediction_id: UUID) -> Prediction:
    """The prediction of that id, or UnknownPredictionError."""
    row = session.get(Prediction, prediction_id)
    if row is None:
        raise UnknownPredictionError(prediction_id)
    return row


def input_of(session: Session, prediction_id: UUID) -> bytes | None:
    """The sealed input; None once its retention time is over."""
    return session.scalar(
        select(PredictionInput.sealed).where(PredictionInput.prediction_id == prediction_id)
    )


def unscored(
    session: Session, scope: Scope, version_id: UUID, *, limit: int
) -> list[tuple[Prediction, bytes]]:
    """Predictions in scope that this version neither gave nor scored yet, oldest first."""
    scored = select(SilentScore.prediction_id).where(
        SilentScore.model_version_id == version_id, SilentScore.prediction_id == Prediction.id
    )
    rows = session.execute(
        select(Prediction, PredictionInput.sealed)
        .join(PredictionInput, PredictionInput.prediction_id == Prediction.id)
        .where(scope.covers())
        .where(Prediction.model_version_id != version_id, ~scored.exists())
        .order_by(Prediction.seq)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in rows]


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
