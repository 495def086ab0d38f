"""Answers that nobody has read, and the lists of hard ones that clinicians are asked to read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.domain.hard_cases import Hard
from shared.registry import audit
from shared.registry.tables import (
    ModelType,
    Outcome,
    Prediction,
    PredictionInput,
    Reading,
    SilentScore,
    Validator,
)

KIND = "hard"
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Unread:
    """One answer that nobody has read, with its sealed input and what other versions answered."""

    prediction_id: UUID
    label: str
    top: tuple[float, ...]
    others: tuple[int, int]
    sealed: bytes


def unread(session: Session, model_type: str, *, limit: int) -> list[Unread]:
    """The newest answers that are on nobody's list: not validated, not asked for, not of the audit sample."""
    differs = func.count().filter(SilentScore.label != Prediction.label)
    heard = select(Outcome.prediction_id).where(Outcome.prediction_id == Prediction.id)
    asked = select(Reading.prediction_id).where(Reading.prediction_id == Prediction.id)
    rows = session.execute(
        select(Prediction, PredictionInput.sealed, func.count(SilentScore.label), differs)
        .join(PredictionInput, PredictionInput.prediction_id == Prediction.id)
        .outerjoin(SilentScore, SilentScore.prediction_id == Prediction.id)
        .where(Prediction.model_type == model_type, Prediction.in_audit.is_(False))
        .where(~heard.exists(), ~asked.exists())
        .group_by(Prediction.id, PredictionInput.prediction_id)
        .order_by(Prediction.seq.desc())
        .limit(limit)
    )
    return [
        Unread(one.id, one.label, tuple(float(pair[1]) for pair in one.top), (asked_of, differed), sealed)
        for one, sealed, asked_of, differed in rows
    ]


def room(session: Session, model_type: str, *, budget: int, now: datetime) -> dict[str, int]:
    """How many more each clinician may be asked for: the budget less this week's and what still waits."""
    mine = select(Reading.wanted_of, func.count()).where(
        Reading.kind == KIND, Reading.model_type == model_type
    )
    counted = or_(Reading.asked_at > now - WEEK, Reading.answered_at.is_(None))
    spent = {name: n for name, n in session.execute(mine.where(counted).group_by(Reading.wanted_of))}
    staff = session.scalars(select(Validator.name).where(Validator.qualified, Validator.active))
    return {name: max(0, budget - spent.get(name, 0)) for name in staff}


def ask(
    session: Session, model_type: str, lists: Mapping[str, Sequence[Hard]], *, actor: str, now: datetime
) -> int:
    """Put chosen ones on the lists of those whose they are; how many were new."""
    rows = [
        {
            "model_type": model_type,
            "prediction_id": UUID(one.key),
            "kind": KIND,
            "options": [],
            "sampling_rate": 1.0,
            "asked_at": now,
            "wanted_of": name,
            "why": {
                "uncertainty": round(one.uncertainty, 4),
                "density": round(one.density, 4),
                "disagreement": round(one.disagreement, 4),
                "score": round(one.score, 6),
            },
        }
        for name, chosen in lists.items()
        for one in chosen
    ]
    if not rows:
        return 0
    made = session.scalars(insert(Reading).values(rows).on_conflict_do_nothing().returning(Reading.id)).all()
    kind = session.scalars(select(ModelType.id).where(ModelType.name == model_type)).one()
    details = {"listed": len(made), "of": {name: len(one) for name, one in lists.items() if one}}
    audit.write(session, act="ask_hard", subject=("model_types", kind), actor=actor, at=now, details=details)
    return len(made)


def waiting(session: Session, model_type: str, name: str | None = None) -> list[Reading]:
    """The hard ones that wait, of one clinician or of all, the hardest first."""
    query = select(Reading).where(
        Reading.kind == KIND, Reading.model_type == model_type, Reading.answered_at.is_(None)
    )
    chosen = query if name is None else query.where(Reading.wanted_of == name)
    return list(session.scalars(chosen.order_by(Reading.wanted_of, Reading.why["score"].desc(), Reading.id)))
