"""Cases put before a clinician on purpose, read blind: asked by the decision engine, answered once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.errors import ConflictError, NotFoundError
from shared.registry import audit, outcomes
from shared.registry.tables import ModelType, Outcome, Prediction, PredictionInput, Reading

CLEANED_PURPOSE = "reading"  # of the vault, for inputs without identifiers
_SAID_OF = {"disagreement": "reading", "audit": "audit", "hard": "feedback"}
KINDS = tuple(_SAID_OF)  # a release waits for the first, the watch for the second, a training for the third


@dataclass(frozen=True)
class Wanted:
    """One reading to ask for; `options` stand in the order in which they are shown."""

    prediction_id: UUID
    kind: str  # disagreement or audit
    options: list[str]
    sampling_rate: float


class UnknownReadingError(NotFoundError):
    """No reading has this id."""

    code = "unknown_reading"


class ReadAlreadyError(ConflictError):
    """Somebody answered this reading before; it counts once."""

    code = "read_already"


def ask(session: Session, model_type: str, wanted: Sequence[Wanted], *, now: datetime) -> None:
    """Put readings on the worklist; one that stands there already is not doubled."""
    for one in wanted:
        session.execute(
            insert(Reading)
            .values(
                model_type=model_type,
                prediction_id=one.prediction_id,
                kind=one.kind,
                options=one.options,
                sampling_rate=one.sampling_rate,
                asked_at=now,
            )
            .on_conflict_do_nothing()
        )


def open(  # noqa: A001
    session: Session,
    model_type: str | None = None,
    limit: int = 50,
    *,
    kinds: Collection[str] = KINDS,
    clinician: str | None = None,
) -> list[Reading]:
    """Readings that wait for an answer: the order of `KINDS`, then the newest, since late ones count no more.

    With a `clinician` the hard cases on somebody else's list are left out.
    """
    waiting = select(Reading).where(Reading.answered_at.is_(None), Reading.kind.in_(kinds))
    if model_type is not None:
        waiting = waiting.where(Reading.model_type == model_type)
    if clinician is not None:
        waiting = waiting.where(or_(Reading.wanted_of.is_(None), Reading.wanted_of == clinician))
    return list(session.scalars(waiting.order_by(*_worth_most()).limit(limit)))


def _worth_most() -> tuple[ColumnElement[Any], ...]:
    place = case({kind: place for place, kind in enumerate(KINDS)}, value=Reading.kind)
    return place, Reading.asked_at.desc(), Reading.id.desc()


def types_to_clean(session: Session) -> list[UUID]:
    """Model types with readings whose text is still shown to nobody, since it may name somebody."""
    mine = select(Reading.model_type).join(
        PredictionInput, PredictionInput.prediction_id == Reading.prediction_id
    )
    waiting = mine.where(Reading.answered_at.is_(None), PredictionInput.cleaned.is_(None)).distinct()
    types = select(ModelType.id).where(ModelType.name.in_(waiting), ModelType.family != "segmentation")
    return list(session.scalars(types))


def to_clean(session: Session, model_type: str, limit: int) -> list[tuple[Prediction, PredictionInput]]:
    """Inputs of one type that wait to be read blind and still hold what was asked, in that same order."""
    found = (
        select(Prediction, PredictionInput)
        .join(PredictionInput, PredictionInput.prediction_id == Prediction.id)
        .join(Reading, Reading.prediction_id == Prediction.id)
        .where(Reading.model_type == model_type)
        .where(Reading.answered_at.is_(None), PredictionInput.cleaned.is_(None))
        .order_by(*_worth_most())
        .limit(limit)
    )
    return [(row.Prediction, row.PredictionInput) for row in session.execute(found)]


def answer(session: Session, reading_id: UUID, *, label: str, reader: str, now: datetime) -> Reading:
    """Record what the reader saw, unnamed options or any other label, as a blind outcome.

    Raises:
        UnknownReadingError: there is no such reading.
        ReadAlreadyError: it has another answer already; the same again is fine.
    """
    found = select(Reading).where(Reading.id == reading_id).with_for_update()
    reading = session.scalar(found.execution_options(populate_existing=True))
    if reading is None:
        raise UnknownReadingError(f"there is no reading {reading_id}", field="reading_id")
    if reading.answered_at is not None:
        if (reading.answer, reading.reader) == (label, reader):
            return reading
        raise ReadAlreadyError(f"reading {reading_id} was answered before", fix="take the next one")
    reading.answered_at, reading.answer, reading.reader = now, label, reader
    session.flush()
    audit.write(session, act="read", subject=("readings", reading.id), actor=reader, at=now)
    outcomes.add(
        session,
        Outcome(
            prediction_id=reading.prediction_id,
            kind=_SAID_OF[reading.kind],
            label=label,
            blind=reading.kind != "hard",  # chosen for being hard, it decides nothing between two versions
            validated_by=reader,
            validated_at=now,
            received_at=now,
        ),
    )
    return reading
