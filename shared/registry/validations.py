"""A clinician's word on a collected case: accepted, amended or rejected, and the word itself is kept."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.domain.cycle import CaseState
from shared.domain.labels import LabelSpace
from shared.errors import ConflictError, InvalidInputError
from shared.registry import labels, moves
from shared.registry.tables import DeidReport, ValidatedCase, Validation


@dataclass(frozen=True)
class Verdict:
    """What was said; without a diagnosis the case's own stands."""

    accept: bool
    diagnosis: str | None = None


class NotDeidentifiedError(ConflictError):
    """The case is held back because it may still name the patient."""

    code = "not_deidentified"


def meaning(session: Session, model_type: str, diagnosis: str) -> str:
    """The label that these words mean in the type's label space; words it does not know stay as they are."""
    return LabelSpace.of(labels.of(session, model_type)).find(diagnosis) or diagnosis.strip()


def give(session: Session, case: ValidatedCase, verdict: Verdict, *, by: str, now: datetime) -> None:
    """Write the word down and move the case, which the caller has locked.

    Raises:
        InvalidInputError: the diagnosis is in no label space, or none is known.
        NotDeidentifiedError: the case has no passing report.
        ForbiddenMoveError: the case is over.
    """
    if not verdict.accept:
        _note(session, case, "reject", by=by, now=now)
        moves.move(session, case, CaseState.REJECTED, by=by, at=now, why="rejected by a clinician")
        return
    if session.scalar(select(DeidReport.verdict).filter_by(case_id=case.id)) != "pass":
        raise NotDeidentifiedError(f"case {case.id} has no passing de-identification report")
    label = _label(session, case, verdict.diagnosis)
    kind = "confirm" if label == case.diagnosis else "amend"
    case.diagnosis, case.review_reasons, case.updated_at = label, [], now
    _note(session, case, kind, by=by, now=now)
    if case.state != CaseState.VALIDATED:
        moves.move(session, case, CaseState.VALIDATED, by=by, at=now, why=f"{kind}ed by a clinician")


def _label(session: Session, case: ValidatedCase, diagnosis: str | None) -> str:
    if diagnosis is None and case.diagnosis is None:
        raise InvalidInputError("the case has no diagnosis yet", field="diagnosis", fix="give one")
    words = diagnosis or case.diagnosis or ""
    known = LabelSpace.of(labels.of(session, case.model_type)).find(words)
    if known is None and words != case.diagnosis:
        raise InvalidInputError(
            f"the diagnosis is no label of {case.model_type}",
            field="diagnosis",
            fix="use a label of the type, or add this one as an alias",
        )
    return known or words


def _note(session: Session, case: ValidatedCase, kind: str, *, by: str, now: datetime) -> None:
    session.add(
        Validation(
            case_id=case.id,
            validator=by,
            kind=kind,
            diagnosis=case.diagnosis,
            saw_model_answer=False,
            at=now,
        )
    )
