"""The cases that wait for a clinician: those under review, ranked, and how readers agree."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from shared.domain import agreement
from shared.domain.agreement import Agreement
from shared.domain.cycle import CaseState
from shared.domain.worklist import rank
from shared.registry import second_reads
from shared.registry.tables import (
    DeidReport,
    Label,
    Outcome,
    Prediction,
    SecondRead,
    ValidatedCase,
    ValidatorFinding,
)

_LOOKED_AT = 2000


@dataclass(frozen=True)
class Bias:
    """How much oftener readers agree with the model when they see its answer first, with the interval."""

    shown: int
    blind: int
    difference: float | None
    low: float | None
    high: float | None


def under_review(session: Session, model_type: str | None, limit: int) -> list[ValidatedCase]:
    """Cases that need a review and have passed de-identification, the most telling first."""
    passed = select(DeidReport.case_id).where(
        DeidReport.case_id == ValidatedCase.id, DeidReport.verdict == "pass"
    )
    read_twice = select(SecondRead.case_id).where(
        SecondRead.case_id == ValidatedCase.id, SecondRead.settled_at.is_(None)
    )
    # Of all that is ranked only what it is ranked by: the rows hold sealed texts.
    columns = (ValidatedCase.id, ValidatedCase.model_type, ValidatedCase.diagnosis)
    ranked_by = (ValidatedCase.review_reasons, ValidatedCase.created_at)
    query = select(*columns, *ranked_by).where(ValidatedCase.state == CaseState.NEEDS_REVIEW)
    if model_type is not None:
        query = query.where(ValidatedCase.model_type == model_type)
    oldest = query.where(passed.exists(), ~read_twice.exists()).order_by(ValidatedCase.created_at)
    marked = select(Label.model_type, Label.label).where(Label.must_not_miss)
    dangerous = {(kind, label) for kind, label in session.execute(marked)}

    def key(case: Row[*tuple[Any, ...]]) -> tuple[object, ...]:
        is_dangerous = (case.model_type, case.diagnosis) in dangerous
        return *rank(case.review_reasons, is_dangerous=is_dangerous, since=case.created_at), case.id

    first = [case.id for case in sorted(session.execute(oldest.limit(_LOOKED_AT)), key=key)[:limit]]
    whole = session.scalars(select(ValidatedCase).where(ValidatedCase.id.in_(first)))
    return sorted(whole, key=lambda case: first.index(case.id))


def agreement_of(session: Session, model_type: str) -> tuple[Agreement, dict[str, Agreement]]:
    """How first and second readers of a model type agree, over all labels and on each."""
    pairs = second_reads.pairs(session, model_type)
    return agreement.kappa(pairs), agreement.by_label(pairs)


def automation_bias(session: Session, model_type: str) -> Bias:
    """The share of answers equal to the model's where it was shown, less the share where it was not."""
    agreed = func.count().filter(Outcome.label == Prediction.label)
    rows = session.execute(
        select(Outcome.blind, agreed, func.count())
        .join(Prediction, Prediction.id == Outcome.prediction_id)
        .where(Prediction.model_type == model_type)
        .group_by(Outcome.blind)
    )
    found = {blind: (like, n) for blind, like, n in rows}
    shown, blind = found.get(False, (0, 0)), found.get(True, (0, 0))
    if not shown[1] or not blind[1]:
        return Bias(shown[1], blind[1], None, None, None)
    return Bias(shown[1], blind[1], *agreement.difference(shown, blind))


def findings(session: Session, validator_ids: list[UUID]) -> list[ValidatorFinding]:
    """What was found about these validators, newest first."""
    mine = select(ValidatorFinding).where(ValidatorFinding.validator_id.in_(validator_ids))
    return list(session.scalars(mine.order_by(ValidatorFinding.found_at.desc(), ValidatorFinding.id)))
