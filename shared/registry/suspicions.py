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
# MATERIALIZED: before it has statistics Postgres would work out what holds for a run for each of its rows.
_ISLANDS = text(
    f"""
    WITH touched AS MATERIALIZED ({_TOUCHED}),
    span AS MATERIALIZED (
      SELECT min(validated_at) - interval '90 days' AS a, max(validated_at) + interval '1 day' AS b
      FROM validated_cases WHERE run_id = :run AND validated_by IS NOT NULL),
    gaps AS (
      SELECT c.validated_by AS who, c.validated_at AS at, extract(epoch FROM c.validated_at
             - lag(c.validated_at) OVER (PARTITION BY c.validated_by ORDER BY c.validated_at, c.id)) AS gap
      FROM validated_cases c, span WHERE c.model_type = :type AND {_STANDING} AND c.validated_by IS NOT NULL
        AND c.validated_at BETWEEN span.a AND span.b),
    parted AS (
      SELECT who, at, gap, count(*) FILTER (WHERE gap IS NULL OR gap > :close)
             OVER (PARTITION BY who ORDER BY at ROWS UNBOUNDED PRECEDING) AS island FROM gaps),
    islands AS (
      SELECT who, min(at) AS began, max(at) AS ended, count(*) AS n, count(gap) AS gaps,
             count(*) FILTER (WHERE gap <= :close) AS close FROM parted GROUP BY who, island),
    summed AS (SELECT *, sum(close) OVER () AS all_close, sum(gaps) OVER () AS all_gaps FROM islands)
    SELECT who, began, ended, n, gaps, close, who IN (TABLE touched) AS touched, all_close, all_gaps
    FROM summed WHERE n >= :least ORDER BY who, began
    """  # noqa: S608 - constants
)
_COPIES = text(
    f"""
    WITH touched AS MATERIALIZED ({_TOUCHED}),
    used AS (
      SELECT c.validated_by AS who, q.same_text AS same, count(DISTINCT c.person_id) AS persons
      FROM validated_cases c JOIN quality_reports q ON q.case_id = c.id
      WHERE c.model_type = :type AND {_STANDING} AND c.validated_by IS NOT NULL AND q.same_text IS NOT NULL
      GROUP BY c.validated_by, q.same_text)
    SELECT DISTINCT ON (who) who, same, persons, sum(persons) OVER (PARTITION BY who) AS cases,
           who IN (TABLE touched) AS touched
    FROM used ORDER BY who, persons DESC, same
    """  # noqa: S608 - constants
)
_CONFLICTS = text(
    f"""
    WITH mine AS MATERIALIZED (
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
# A large run is joined whole: loops over it, which Postgres may choose before it has counted, are quadratic.
_LARGE = 5000
_JOINED_WHOLE = text(
    "SELECT set_config('enable_nestloop', CASE WHEN count(*) > :large THEN 'off' ELSE 'on' END, true) "
    "FROM (SELECT 1 FROM validated_cases WHERE run_id = :run LIMIT :large + 1) AS mine"
)


@dataclass(frozen=True)
class Island:
    """Signatures of one clinician of which each stands close to the one before; sums over all islands."""

    who: UUID
    began: datetime
    ended: datetime
    n: int
    gaps: int  # those before its signatures, the one that parts it from the island before included
    close: int
    touched: bool
    all_close: int
    all_gaps: int


@dataclass(frozen=True)
class Copies:
    """How many patients of a clinician have his commonest text, and how many have any, text by text."""

    who: UUID
    same: bytes
    persons: int
    cases: int
    touched: bool


@dataclass(frozen=True)
class Torn:
    """A case whose text stands with another label elsewhere."""

    same: bytes
    case_id: UUID
    person_id: UUID
    label: str


def islands(
    session: Session, run_id: UUID, model_type: str, *, close_seconds: int, least: int
) -> list[Island]:
    """Every clinician's signatures of the time of a run, joined where they stand close, `least` or more."""
    known = {"run": run_id, "type": model_type, "close": close_seconds, "least": least}
    return [
        Island(row.who, row.began, row.ended, row.n, row.gaps, row.close, row.touched, *map(int, row[-2:]))
        for row in session.execute(_ISLANDS, known)
    ]


def copies(session: Session, run_id: UUID, model_type: str) -> list[Copies]:
    """How often each clinician used the text that he used most."""
    rows = session.execute(_COPIES, {"run": run_id, "type": model_type})
    return [Copies(who, bytes(same), persons, int(n), touched) for who, same, persons, n, touched in rows]


def conflicts(session: Session, run_id: UUID, model_type: str) -> list[Torn]:
    """The cases, of whichever run, that have the text of a case of this run, where their labels differ."""
    session.execute(_JOINED_WHOLE, {"run": run_id, "large": _LARGE})
    rows = session.execute(_CONFLICTS, {"run": run_id, "type": model_type}).all()
    session.execute(text("SET LOCAL enable_nestloop = on"))
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
    said = ValidatedCase.review_reasons.contains([reason])
    fresh = (ValidatedCase.state == CaseState.NEEDS_REVIEW) & ~said
    stands = (ValidatedCase.state == CaseState.VALIDATED) | fresh
    rows = select(ValidatedCase).where(ValidatedCase.id.in_(case_ids), stands, ~read)
    moved: list[UUID] = []
    for case in session.scalars(rows.order_by(ValidatedCase.id).with_for_update()):
        if reason not in case.review_reasons:
            case.review_reasons = [*case.review_reasons, reason]
            case.updated_at = now
        if case.state is CaseState.VALIDATED:
            moves.move(session, case, CaseState.NEEDS_REVIEW, by=by, at=now, why=reason)
            moved.append(case.run_id)
    return moved
