"""A second reader, who does not see what the first one said, and a third where the two disagree."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.domain.agreement import Pair
from shared.domain.cycle import ended
from shared.errors import ConflictError
from shared.registry.tables import SecondRead, ValidatedCase


class NotOpenError(ConflictError):
    """The case does not wait for this kind of reading."""

    code = "not_open"


def ask(session: Session, cases: Sequence[ValidatedCase], *, why: str, by: str, now: datetime) -> list[UUID]:
    """Put cases before a second reader; one that waits for one already is not doubled.

    Raises:
        NotOpenError: a case is over, or has no label to compare with.
    """
    for case in cases:
        if ended(case.state) or case.diagnosis is None:
            raise NotOpenError(f"case {case.id} cannot be read again", field="case_id", fix="see /worklist")
    rows = [
        {
            "case_id": case.id,
            "model_type": case.model_type,
            "why": why,
            "asked_by": by,
            "asked_at": now,
            "first_label": case.diagnosis,
            "first_reader": str(case.validated_by) if case.validated_by else None,
        }
        for case in cases
    ]
    if not rows:
        return []
    statement = insert(SecondRead).values(rows).on_conflict_do_nothing().returning(SecondRead.case_id)
    return list(session.scalars(statement))


def waiting(session: Session, case_id: UUID) -> SecondRead | None:
    """The open reading of a case, locked."""
    mine = select(SecondRead).where(SecondRead.case_id == case_id, SecondRead.settled_at.is_(None))
    return session.scalar(mine.with_for_update())


def open_ones(session: Session, model_type: str | None, limit: int) -> list[tuple[SecondRead, ValidatedCase]]:
    """Readings that wait for a second or a third reader, longest first, with their cases."""
    query = (
        select(SecondRead, ValidatedCase)
        .join(ValidatedCase, ValidatedCase.id == SecondRead.case_id)
        .where(SecondRead.settled_at.is_(None))
        .where(ValidatedCase.state.in_(("validated", "needs_review", "pending")))
    )
    if model_type is not None:
        query = query.where(SecondRead.model_type == model_type)
    rows = session.execute(query.order_by(SecondRead.asked_at, SecondRead.id).limit(limit))
    return [(read, case) for read, case in rows]


def pairs(session: Session, model_type: str) -> list[Pair]:
    """What the first and the second reader said, of every case that was read twice."""
    read = select(SecondRead.first_label, SecondRead.second_label).where(
        SecondRead.model_type == model_type, SecondRead.second_label.is_not(None)
    )
    return [(first, second or "") for first, second in session.execute(read.order_by(SecondRead.id))]
