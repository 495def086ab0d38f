"""What ends cases: rows that a source deleted, consent that it says was refused, labels that it took back."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from shared.domain.cycle import CaseState, ended
from shared.registry import moves, withdrawals
from shared.registry.tables import Consent, DatasetMember, SourceRecord, ValidatedCase
from worker_collection import withdraw

CONSENT, DELETED = "consent_refused_at_source", "deleted_at_source"
# Labels that were never true, or may not be learnt from: what used them must be named.
_FLAGGED = frozenset({"entered_in_error", "refuted", "report_cancelled", "encounter_cancelled"})


def refuse(session: Session, persons: Collection[UUID], *, actor: str, now: datetime) -> None:
    """Take back the consent of persons for whom the source says so; those who did before stay as they are."""
    known = select(Consent.person_id).where(Consent.person_id.in_(persons), Consent.state == "withdrawn")
    for person_id in sorted(set(persons) - set(session.scalars(known))):
        withdraw.leave(session, person_id, cause=CONSENT, actor=actor, now=now)


def allow(session: Session, persons: Collection[UUID], *, now: datetime) -> None:
    """Give consent again where the source had refused it; what a person withdrew here stays withdrawn."""
    mine = Consent.person_id.in_(persons) & (Consent.state == "withdrawn") & (Consent.evidence == CONSENT)
    session.execute(update(Consent).where(mine).values(state="given", since=now))


def delete(session: Session, source_id: UUID, keys: Collection[str], *, actor: str, now: datetime) -> int:
    """End the cases of rows that the source no longer has; how many rows had not been deleted before."""
    gone = (
        update(SourceRecord)
        .where(SourceRecord.source_id == source_id, SourceRecord.natural_key.in_(keys))
        .where(SourceRecord.deleted_at.is_(None))
        .values(deleted_at=now, outcome="deleted", reason=DELETED)
        .returning(SourceRecord.case_id)
    )
    found = list(session.scalars(gone))
    held = select(ValidatedCase).where(ValidatedCase.id.in_([one for one in found if one is not None]))
    for case in session.scalars(held):
        if not ended(case.state):
            moves.move(session, case, CaseState.WITHDRAWN, by=actor, at=now, why=DELETED)
            withdraw.recall(session, case.person_id, [case.id], cause=DELETED, actor=actor, now=now)
    return len(found)


def take_back(session: Session, case_id: UUID, reason: str, *, actor: str, now: datetime) -> None:
    """Name and flag what learnt from a label that the source has withdrawn since."""
    if reason in _FLAGGED:
        case = session.get_one(ValidatedCase, case_id)
        withdraw.recall(session, case.person_id, [case_id], cause=reason, actor=actor, now=now)


def put_right(session: Session, edited: Mapping[UUID, UUID], *, actor: str, now: datetime) -> None:
    """Name what learnt the label of a row that has another one since its edit; cases before and after."""
    used = select(DatasetMember.case_id).where(DatasetMember.case_id.in_(edited)).distinct()
    learnt = set(session.scalars(used))
    named = select(ValidatedCase.id, ValidatedCase.diagnosis)
    afters = session.execute(named.where(ValidatedCase.id.in_([edited[one] for one in learnt])))
    labels = {row.id: row.diagnosis for row in afters}
    for before in sorted(learnt):
        withdrawals.correct(session, before, labels[edited[before]], actor=actor, now=now)


def standing_records(session: Session, source_id: UUID) -> int:
    """How many rows of a source are known and not deleted."""
    mine = (SourceRecord.source_id == source_id) & SourceRecord.deleted_at.is_(None)
    return session.scalar(select(func.count()).select_from(SourceRecord).where(mine)) or 0
