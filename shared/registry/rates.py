"""A clinic's own rates of one model type, for what a challenge would take; what it cannot tell is said."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import Session

from shared.domain.outlook import Rates
from shared.registry import decisions, models
from shared.registry.tables import Outcome, Prediction, Reading

_WINDOW = timedelta(days=28)
_RIPE = timedelta(days=14)  # by then a label that has not come counts as never
_FEW = 20  # cases, readings or labels below which a rate is not measured
_RUNS = 5  # newest challenges whose disagreements count
_DAY_SECONDS = 86_400


@dataclass(frozen=True)
class Measured:
    """Rates, and which of them were measured here; the others are usual ones."""

    rates: Rates
    own: tuple[str, ...]


def measure(session: Session, model_type: str, *, now: datetime, told: dict[str, float]) -> Measured:
    """The rates of the last four weeks. What a person tells stands before what was measured.

    Raises:
        InvalidInputError: there is no case to measure by and nobody tells how many there are a day.
    """
    found = _cases(session, model_type, now=now) | _disagreements(session, model_type)
    found |= _readings(session, model_type, now=now) | _labels(session, model_type, now=now)
    return Measured(
        Rates(**({"cases_per_day": 0.0} | found | told)), tuple(sorted(found.keys() - told.keys()))
    )


def _cases(session: Session, model_type: str, *, now: datetime) -> dict[str, float]:
    dangerous = models.must_not_miss(session, model_type)
    mine = and_(Prediction.model_type == model_type, Prediction.at > now - _WINDOW, Prediction.at <= now)
    row = session.execute(
        select(func.count(), func.min(Prediction.at), func.count().filter(Prediction.label.in_(dangerous)))
        .select_from(Prediction)
        .where(mine)
    ).one()
    cases, first, risky = row
    if cases < _FEW:
        return {"risky_share": 0.0} if not dangerous else {}
    days = max((now - first).total_seconds() / _DAY_SECONDS, 1.0)
    return {"cases_per_day": cases / days, "risky_share": risky / cases}


def _disagreements(session: Session, model_type: str) -> dict[str, float]:
    """How often two versions differed in the newest challenges, as their last decisions counted it."""
    counts = [_counts(session, run) for run, _ in decisions.runs(session, model_type)[:_RUNS]]
    pairs, disagreements = (sum(one[name] for one in counts) for name in ("pairs", "disagreements"))
    votes, apart = (sum(one[name] for one in counts) for name in ("votes", "neither"))
    found = {"disagree_share": disagreements / pairs} if pairs >= _FEW and disagreements else {}
    return found | ({"discordant_share": 1 - apart / votes} if votes >= _FEW else {})


def _counts(session: Session, run: str) -> dict[str, int]:
    last = decisions.newest(session, run)
    assert last is not None
    counts: dict[str, int] = json.loads(last.answer)["state"]["counts"]
    return counts


def _readings(session: Session, model_type: str, *, now: datetime) -> dict[str, float]:
    asked = and_(Reading.model_type == model_type, Reading.kind == "disagreement")
    ripe = and_(asked, Reading.asked_at <= now - _RIPE)
    answered = Reading.answered_at.is_not(None)
    delay = func.avg(func.extract("epoch", Reading.answered_at - Reading.asked_at)).filter(answered)
    row = session.execute(
        select(
            func.count().filter(ripe),
            func.count().filter(and_(ripe, answered)),
            func.count().filter(answered),
            delay,
        ).where(asked)
    ).one()
    old, old_answered, all_answered, seconds = row
    found = {"answered_share": old_answered / old} if old >= _FEW else {}
    return found | ({"reading_days": float(seconds) / _DAY_SECONDS} if all_answered >= _FEW else {})


def _labels(session: Session, model_type: str, *, now: datetime) -> dict[str, float]:
    ripe = and_(
        Prediction.model_type == model_type,
        Prediction.at > now - _WINDOW - _RIPE,
        Prediction.at <= now - _RIPE,
    )
    known: ColumnElement[Any] = exists().where(Outcome.prediction_id == Prediction.id)
    cases, labelled = session.execute(
        select(func.count(), func.count().filter(known)).select_from(Prediction).where(ripe)
    ).one()
    delay = func.extract("epoch", Outcome.received_at - Prediction.at)
    middle, n = session.execute(
        select(func.percentile_cont(0.5).within_group(delay), func.count())
        .select_from(Outcome)
        .join(Prediction, Prediction.id == Outcome.prediction_id)
        .where(Prediction.model_type == model_type, Prediction.at > now - _WINDOW - _RIPE)
        .where(Outcome.kind == "feedback")
    ).one()
    found = {"labelled_share": labelled / cases} if cases >= _FEW else {}
    return found | ({"label_days": max(float(middle), 0.0) / _DAY_SECONDS} if n >= _FEW else {})
