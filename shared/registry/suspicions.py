"""What repeats itself in the cases of a run: dense signatures, a text over many patients or two labels."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.domain.cycle import CaseState
from shared.registry import moves
from shared.registry.tables import ValidatedCase, Validation, ValidatorFinding

_STANDING = "c.state IN ('validated', 'needs_review', 'pending') AND NOT c.curated"
_TOUCHED = (
    "SELECT DISTINCT validated_by FROM validated_cases WHERE run_id = :run AND validated_by IS NOT NULL"
)
_ISLANDS = text(
    f"""
    WITH touched AS ({_TOUCHED}),
    span AS (SELECT min(validated_at) - interval '90 days' AS a, max(validated_at) + interval '1 day' AS b
             FROM validated_cases WHERE run_id = :run AND validated_by IS NOT NULL),
    gaps AS (
      SELECT c.validated_by AS who, c.validated_at AS at, extract(epoch FROM c.validated_at
             - lag(c.validated_at) OVER (PARTITION BY c.validated_by ORDER BY c.validated_at, c.id)) AS gap
      FROM validated_cases c, span WHERE c.model_type = :type AND {_STANDING} AND c.validated_by IS NOT NULL
        AND c.validated_at BETWEEN span.a AND span.b),
    islands AS (
      SELECT who, at, gap, count(*) FILTER (WHERE gap IS NULL OR gap > :close)
             OVER (PARTITION BY who ORDER BY at ROWS UNBOUNDED PRECEDING) AS island FROM gaps)
    SELECT who, min(at) AS began, max(at) AS ended, count(*) AS n, count(gap) AS gaps,
           count(*) FILTER (WHERE gap <= :close) AS close, who IN (TABLE touched) AS touched
    FROM islands GROUP BY who, island
    """  # noqa: S608 - constants
)
_COPIES = text(
    f"""
    SELECT c.validated_by AS who, q.same_text AS same, count(DISTINCT c.person_id) AS persons,
           c.validated_by IN ({_TOUCHED}) AS touched
    FROM validated_cases c JOIN quality_reports q ON q.case_id = c.id
    WHERE c.model_type = :type AND {_STANDING} AND c.validated_by IS NOT NULL AND q.same_text IS NOT NULL
    GROUP BY c.validated_by, q.same_text
    """  # noqa: S608 - constants
)
_CONFLICTS = text(
    f"""
    WITH mine AS (
      SELECT DISTINCT q.same_text FROM quality_reports q JOIN validated_cases c ON c.id = q.case_id
      WHERE c.run_id = :run AND c.model_type = :type AND q.same_text IS NOT NULL),
    torn AS (
      SELECT q.same_text FROM mine JOIN quality_reports q USING (same_text)
      JOIN validated_cases c ON c.id = q.case_id
      WHERE c.model_type = :type AND {_STANDING} AND c.diagnosis IS NOT NULL GROUP BY q.same_text
      HAVING count(DISTINCT c.diagnosis) > 1 AND count(DISTINCT c.person_id) > 1)
    SELECT q.same_text AS same, c.id, c.person_id, c.diagnosis
    FROM torn JOIN quality_reports q USING (same_text) JOIN validated_cases c ON c.id = q.case_id
    WHERE c.model_type = :type AND {_STANDING} AND c.diagnosis IS NOT NULL ORDER BY c.id
    """  # noqa: S608 - constants
)


@dataclass(frozen=True)
class Island:
    """Signatures of one clinician of which each stands close to the one before."""

    who: UUID
    began: datetime
    ended: datetime
    n: int
    gaps: int  # those before its signatures, the one that parts it from the island before included
    close: int
    touched: bool


@dataclass(frozen=True)
class Copies:
    """How many patients of a clinician have one text."""

    who: UUID
    same: bytes
    persons: int
    touched: bool


@dataclass(frozen=True)
class Torn:
    """A case whose text stands with another label elsewhere."""

    same: bytes
    case_id: UUID
    person_id: UUID
    label: str


def islands(session: Session, run_id: UUID, model_type: str, *, close_seconds: int) -> list[Island]:
    """Every clinician's signatures of the time of a run, joined where they stand close."""
    known = {"run": run_id, "type": model_type, "close": close_seconds}
    return [Island(*row) for row in session.execute(_ISLANDS, known)]


def copies(session: Session, run_id: UUID, model_type: str) -> list[Copies]:
    """How often each clinician used each text."""
    rows = session.execute(_COPIES, {"run": run_id, "type": model_type})
    return [Copies(who, bytes(same), persons, touched) for who, same, persons, touched in rows]


def conflicts(session: Session, run_id: UUID, model_type: str) -> list[Torn]:
    """The cases, of whichever run, that have the text of a case of this run, where their labels differ."""
    rows = session.execute(_CONFLICTS, {"run": run_id, "type": model_type})
    return [Torn(bytes(same), case_id, person, label) for same, case_id, person, label in rows]


def signed(session: Session, who: UUID, model_type: str, *, began: datetime, ended: datetime) -> list[UUID]:
    """The cases that a clinician signed between two instants."""
    mine = (ValidatedCase.validated_by == who) & (ValidatedCase.model_type == model_type)
    return list(
        session.scalars(
            select(ValidatedCase.id).where(mine, ValidatedCase.validated_at.between(began, ended))
        )
    )


def having(session: Session, who: UUID, model_type: str, *, same: bytes) -> list[UUID]:
    """The cases of a clinician that have one text."""
    found = text(
        "SELECT c.id FROM validated_cases c JOIN quality_reports q ON q.case_id = c.id "
        "WHERE c.validated_by = :who AND c.model_type = :type AND q.same_text = :same"
    )
    return list(session.scalars(found, {"who": who, "type": model_type, "same": same}))


def note(session: Session, finding: ValidatorFinding) -> None:
    """Keep a finding; the same one seen again takes the newer numbers."""
    values = {
        name: getattr(finding, name)
        for name in ("validator_id", "model_type", "kind", "mark", "n", "details", "found_at")
    }
    fresh = {name: values[name] for name in ("n", "details", "found_at")}
    statement = insert(ValidatorFinding).values(values)
    unique = ["validator_id", "model_type", "kind", "mark"]
    session.execute(statement.on_conflict_do_update(index_elements=unique, set_=fresh))


def hold(session: Session, case_ids: Collection[UUID], reason: str, *, by: str, now: datetime) -> list[UUID]:
    """Put cases up for review for one more reason, but those that a clinician has read.

    Returns:
        The run of each case that was validated and now waits.
    """
    read = select(Validation.case_id).where(Validation.case_id == ValidatedCase.id).exists()
    standing = ValidatedCase.state.in_((CaseState.VALIDATED, CaseState.NEEDS_REVIEW))
    rows = select(ValidatedCase).where(ValidatedCase.id.in_(case_ids), standing, ~read)
    moved: list[UUID] = []
    for case in session.scalars(rows.order_by(ValidatedCase.id).with_for_update()):
        if reason not in case.review_reasons:
            case.review_reasons = [*case.review_reasons, reason]
            case.updated_at = now
        if case.state is CaseState.VALIDATED:
            moves.move(session, case, CaseState.NEEDS_REVIEW, by=by, at=now, why=reason)
            moved.append(case.run_id)
    return moved
