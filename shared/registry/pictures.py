"""How the pictures of standing cases are known again."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from shared.domain.cycle import CaseState
from shared.registry.tables import CasePicture, ValidatedCase

_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('rounds.pictures'))")
_STANDING = (CaseState.VALIDATED, CaseState.NEEDS_REVIEW, CaseState.PENDING)


@dataclass(frozen=True)
class Held:
    """A picture that a standing case has."""

    source_id: UUID
    source_record: str
    diagnosis: str | None
    digest: str
    marks: tuple[int, ...]
    sketch: bytes
    lossy: bool


def sharing(session: Session, model_type: str, marks: Collection[int]) -> list[Held]:
    """The pictures of standing cases that share a mark with these; others wait until the transaction ends."""
    if not marks:
        return []
    session.execute(_LOCK)
    columns = (CasePicture.digest, CasePicture.marks, CasePicture.sketch, CasePicture.lossy)
    case = (ValidatedCase.source_id, ValidatedCase.source_record, ValidatedCase.diagnosis)
    query = (
        select(*case, *columns)
        .join(ValidatedCase, ValidatedCase.id == CasePicture.case_id)
        .where(CasePicture.marks.overlap(sorted(marks)))
        .where(ValidatedCase.model_type == model_type, ValidatedCase.state.in_(_STANDING))
    )
    return [
        Held(
            row.source_id,
            row.source_record,
            row.diagnosis,
            row.digest,
            tuple(row.marks),
            row.sketch,
            row.lossy,
        )
        for row in session.execute(query)
    ]


def add(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Remember the pictures of cases that were just inserted."""
    if rows:
        session.execute(insert(CasePicture), [dict(row) for row in rows])
