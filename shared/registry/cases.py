"""Cases and what was seen of their source rows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from shared.domain.cycle import CaseState, ended
from shared.errors import NotFoundError
from shared.registry import bulk, moves
from shared.registry.tables import (
    Consent,
    DeidReport,
    QualityReport,
    SourceRecord,
    ValidatedCase,
)

CASE_PURPOSE = "case"
_SUPERSEDE = text(
    "UPDATE validated_cases c SET superseded_by = v.after, updated_at = :at "
    "FROM unnest(CAST(:ids AS uuid[]), CAST(:afters AS uuid[])) AS v(id, after) WHERE c.id = v.id"
)
CONSENT_SCOPE = "training"


@dataclass(frozen=True)
class Seen:
    """What is remembered of one source row."""

    content_hash: str
    case_id: UUID | None
    outcome: str
    changed_at: datetime | None = None  # by the source's own clock


@dataclass(frozen=True)
class Earlier:
    """A case that a person has already, as far as a duplicate is told by it."""

    source_record: str
    content_hash: str
    diagnosis: str | None
    validated_at: datetime | None


def seen(session: Session, source_id: UUID, keys: Collection[str]) -> dict[str, Seen]:
    """What is remembered of these rows of a source, by natural key."""
    mine = (SourceRecord.source_id == source_id) & SourceRecord.natural_key.in_(keys)
    rows = session.execute(
        select(
            SourceRecord.natural_key,
            SourceRecord.content_hash,
            SourceRecord.case_id,
            SourceRecord.outcome,
            SourceRecord.changed_at,
        ).where(mine)
    )
    return {row.natural_key: Seen(*row[1:]) for row in rows}


def earlier(session: Session, model_type: str, persons: Collection[UUID]) -> dict[UUID, list[Earlier]]:
    """The standing cases of these persons."""
    standing = (
        ValidatedCase.person_id.in_(persons)
        & (ValidatedCase.model_type == model_type)
        & ValidatedCase.state.in_((CaseState.VALIDATED, CaseState.NEEDS_REVIEW, CaseState.PENDING))
    )
    rows = session.execute(
        select(
            ValidatedCase.person_id,
            ValidatedCase.source_record,
            ValidatedCase.content_hash,
            ValidatedCase.diagnosis,
            ValidatedCase.validated_at,
        ).where(standing)
    )
    found: dict[UUID, list[Earlier]] = {}
    for row in rows:
        case = Earlier(row.source_record, row.content_hash, row.diagnosis, row.validated_at)
        found.setdefault(row.person_id, []).append(case)
    return found


def without_consent(
    session: Session, persons: Collection[UUID], *, unless: tuple[Collection[UUID], str] = ((), "")
) -> set[UUID]:
    """Those who took their consent back; `unless` names some whose refusal on that evidence is over."""
    given, evidence = unless
    gone = Consent.person_id.in_(persons) & (Consent.state == "withdrawn")
    over = Consent.person_id.in_(given) & (Consent.evidence == evidence)
    return set(session.scalars(select(Consent.person_id).where(gone, ~func.coalesce(over, False))))


def add(
    session: Session,
    *,
    cases: Sequence[Mapping[str, Any]],
    deid: Sequence[Mapping[str, Any]],
    quality: Sequence[Mapping[str, Any]],
) -> None:
    """Insert cases with their reports."""
    bulk.copy(session, ValidatedCase, cases)
    bulk.copy(session, DeidReport, deid)
    bulk.copy(session, QualityReport, quality)


def remember(
    session: Session, *, first: Sequence[Mapping[str, Any]], again: Sequence[Mapping[str, Any]]
) -> None:
    """Note what became of source rows, of those never seen before and of those that keep one line."""
    bulk.copy(session, SourceRecord, first)
    if not again:
        return
    statement = upsert(SourceRecord).values([dict(row) for row in again])
    fresh = {
        name: statement.excluded[name]
        for name in ("content_hash", "outcome", "reason", "case_id", "seen_at", "changed_at")
    }
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["source_id", "natural_key"], set_=fresh | {"deleted_at": None}
        )
    )


def replace(
    session: Session, endings: Mapping[UUID, tuple[UUID | None, str]], *, actor: str, at: datetime
) -> set[UUID]:
    """End cases whose source rows changed: superseded by the next version, or rejected when there is none.

    Args:
        session: a session.
        endings: for each case the one that replaces it, if any, and why.
        actor: who found it.
        at: when.

    Returns:
        The cases that had not ended before.
    """
    mine = select(ValidatedCase).where(ValidatedCase.id.in_(endings)).order_by(ValidatedCase.id)
    by = {case: endings[case.id] for case in session.scalars(mine.with_for_update()) if not ended(case.state)}
    superseded = {case: why for case, (after, why) in by.items() if after is not None}
    recalled = {
        case: why for case, (after, why) in by.items() if after is None and case.state != CaseState.REJECTED
    }
    pairs = {"ids": [str(case.id) for case in superseded], "afters": [str(by[one][0]) for one in superseded]}
    session.execute(_SUPERSEDE, pairs | {"at": at})
    moves.move_all(session, superseded, CaseState.SUPERSEDED, by=actor, at=at)
    moves.move_all(session, recalled, CaseState.REJECTED, by=actor, at=at)
    return {case.id for case in (*superseded, *recalled)}


def versions(session: Session, source_id: UUID, keys: Collection[str]) -> dict[str, int]:
    """The highest version that each of these rows of a source has had."""
    mine = (ValidatedCase.source_id == source_id) & ValidatedCase.source_record.in_(keys)
    highest = func.max(ValidatedCase.version).label("highest")
    rows = session.execute(
        select(ValidatedCase.source_record, highest).where(mine).group_by(ValidatedCase.source_record)
    )
    return {row.source_record: row.highest for row in rows}


def get(session: Session, case_id: UUID) -> ValidatedCase:
    """One case.

    Raises:
        NotFoundError: there is none.
    """
    case = session.get(ValidatedCase, case_id)
    if case is None:
        raise NotFoundError(f"there is no case {case_id}", field="case_id")
    return case


def page(
    session: Session,
    *,
    model_type: str | None = None,
    state: CaseState | None = None,
    after: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[ValidatedCase]:
    """Cases, newest first, after the last one of the page before."""
    query = select(ValidatedCase).order_by(ValidatedCase.created_at.desc(), ValidatedCase.id.desc())
    if model_type is not None:
        query = query.where(ValidatedCase.model_type == model_type)
    if state is not None:
        query = query.where(ValidatedCase.state == state)
    if after is not None:
        query = query.where(tuple_(ValidatedCase.created_at, ValidatedCase.id) < after)
    return list(session.scalars(query.limit(limit)))
