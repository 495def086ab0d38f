"""Cases taken back or put right: what had used them is named, flagged where it must be, and certified."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.domain.cycle import CaseState, ended
from shared.errors import NotFoundError
from shared.registry import audit, moves, persons
from shared.registry.cases import CONSENT_SCOPE
from shared.registry.evidence import canonical
from shared.registry.tables import (
    Consent,
    DatasetMember,
    DatasetVersion,
    ModelVersion,
    TrainingJob,
    ValidatedCase,
    Withdrawal,
)
from shared.vault import Vault

CORRECTED = "label_corrected"
REMEDY = "train again on the next dataset version, which is without these cases"


@dataclass(frozen=True)
class Reach:
    """Everything that descends from some cases."""

    datasets: list[DatasetVersion]
    jobs: list[UUID]
    models: list[ModelVersion]


def of_person(  # noqa: PLR0913 - who, why, by whom and when
    session: Session, natural_key: str, *, vault: Vault, cause: str, actor: str, now: datetime
) -> Withdrawal:
    """Take back the consent of whoever has this record number or opaque id.

    Raises:
        NotFoundError: the site knows nobody under this key.
    """
    person_id = persons.find(session, natural_key, vault)
    if person_id is None:
        raise NotFoundError("the site knows no person under this key", field="person")
    return leave(session, person_id, cause=cause, actor=actor, now=now)


def leave(session: Session, person_id: UUID, *, cause: str, actor: str, now: datetime) -> Withdrawal:
    """Take a person's consent back: no case of theirs is learnt from any more, and what did is flagged."""
    _take_back(session, person_id, cause=cause, now=now)
    cases = _end_cases(session, person_id, actor=actor, now=now)
    return recall(session, person_id, cases, cause=cause, actor=actor, now=now)


def recall(  # noqa: PLR0913 - whose cases, which, why, by whom and when
    session: Session,
    person_id: UUID,
    cases: Collection[UUID],
    *,
    cause: str,
    actor: str,
    now: datetime,
) -> Withdrawal:
    """Record that cases are learnt from no more, with every dataset, job and model that used them.

    A label put right is recorded the same way, but it flags no model: one wrong label of many blocks nothing.
    """
    found = descendants(session, cases)
    row = Withdrawal(
        id=uuid4(),
        person_id=person_id,
        cause=cause,
        reached={
            "cases": len(cases),
            "datasets": [one.name for one in found.datasets],
            "jobs": [str(job) for job in found.jobs],
            "models": [one.name for one in found.models],
        },
        requested_by=actor,
        created_at=now,
    )
    session.add(row)
    session.flush()
    if cause != CORRECTED:
        for model in found.models:
            model.tainted = [*model.tainted, f"withdrawal:{row.id}"]
    audit.write(
        session, act="withdraw", subject=("withdrawals", row.id), actor=actor, at=now, details=row.reached
    )
    return row


def correct(
    session: Session, before: UUID, label: str | None, *, actor: str, now: datetime
) -> Withdrawal | None:
    """Name what learnt a label that turned out to be another; None where nothing had used the case.

    Call it before the case takes the right label, or beside the case that replaces it; the next dataset
    version then differs from the last.

    Args:
        session: a session.
        before: the case with the wrong label.
        label: the right one.
        actor: who found it.
        now: when.
    """
    case = session.get_one(ValidatedCase, before)
    known = select(DatasetMember.case_id).where(DatasetMember.case_id == before, DatasetMember.label != label)
    if label is None or session.scalar(known.limit(1)) is None:
        return None
    return recall(session, case.person_id, [before], cause=CORRECTED, actor=actor, now=now)


def descendants(session: Session, cases: Collection[UUID]) -> Reach:
    """Dataset versions that hold any of the cases, the jobs on them, the models of those jobs, by name."""
    used = select(DatasetMember.dataset_version_id).where(DatasetMember.case_id.in_(cases))
    sets = list(
        session.scalars(
            select(DatasetVersion).where(DatasetVersion.id.in_(used)).order_by(DatasetVersion.name)
        )
    )
    ids = [one.id for one in sets]
    jobs = session.scalars(select(TrainingJob.id).where(TrainingJob.dataset_version_id.in_(ids)))
    models = select(ModelVersion).where(ModelVersion.dataset_version_id.in_(ids)).order_by(ModelVersion.name)
    return Reach(sets, sorted(jobs, key=str), list(session.scalars(models)))


def get(session: Session, withdrawal_id: UUID) -> Withdrawal:
    """One withdrawal.

    Raises:
        NotFoundError: there is none.
    """
    row = session.get(Withdrawal, withdrawal_id)
    if row is None:
        raise NotFoundError(f"there is no withdrawal {withdrawal_id}", field="withdrawal_id")
    return row


def page(
    session: Session, *, after: tuple[datetime, UUID] | None = None, limit: int = 50
) -> list[Withdrawal]:
    """Withdrawals, newest first, after the last one of the page before."""
    query = select(Withdrawal).order_by(Withdrawal.created_at.desc(), Withdrawal.id.desc())
    if after is not None:
        query = query.where(tuple_(Withdrawal.created_at, Withdrawal.id) < after)
    return list(session.scalars(query.limit(limit)))


def standing(session: Session, row: Withdrawal) -> dict[str, Any]:
    """What holds now: versions sealed since, and how many of them hold a case that the person withdrew."""
    since = DatasetVersion.sealed_at > row.created_at
    gone = (
        select(DatasetMember.dataset_version_id)
        .join(ValidatedCase, ValidatedCase.id == DatasetMember.case_id)
        .join(DatasetVersion, DatasetVersion.id == DatasetMember.dataset_version_id)
        .where(ValidatedCase.person_id == row.person_id, ValidatedCase.state == CaseState.WITHDRAWN, since)
    )
    return {
        "sealed_since": session.scalar(select(func.count()).select_from(DatasetVersion).where(since)) or 0,
        "sealed_since_with_them": session.scalar(
            select(func.count(func.distinct(gone.subquery().c.dataset_version_id)))
        )
        or 0,
    }


def certificate(session: Session, row: Withdrawal) -> dict[str, Any]:
    """What was done, in a form to hand out: the same withdrawal gives the same bytes and digest, always.

    It names no patient: the person stands under the random key of the registry.
    """
    sets = select(DatasetVersion).where(DatasetVersion.name.in_(row.reached["datasets"]))
    models = select(ModelVersion).where(ModelVersion.name.in_(row.reached["models"]))
    said: dict[str, Any] = {
        "certificate": "withdrawal",
        "withdrawal_id": str(row.id),
        "person": str(row.person_id),
        "cause": row.cause,
        "requested_by": row.requested_by,
        "at": row.created_at.astimezone(UTC).isoformat(),
        "cases": row.reached["cases"],
        "datasets": [
            {"name": one.name, "sha256": one.sha256}
            for one in session.scalars(sets.order_by(DatasetVersion.name))
        ],
        "jobs": row.reached["jobs"],
        "models": [
            {"name": one.name, "digest": one.digest}
            for one in session.scalars(models.order_by(ModelVersion.name))
        ],
        "remedy": remedy(row),
    }
    return said | {"sha256": digest_of(said)}


def remedy(row: Withdrawal) -> str | None:
    """What is to be done; None where no model had learnt from the cases."""
    return REMEDY if row.reached["models"] else None


def digest_of(said: dict[str, Any]) -> str:
    """SHA-256 over the canonical JSON of a certificate without its own digest."""
    named = {name: value for name, value in said.items() if name != "sha256"}
    return hashlib.sha256(canonical(named).encode()).hexdigest()


def _take_back(session: Session, person_id: UUID, *, cause: str, now: datetime) -> None:
    statement = insert(Consent).values(
        person_id=person_id, scope=CONSENT_SCOPE, state="withdrawn", since=now, evidence=cause
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["person_id", "scope"],
            set_={"state": "withdrawn", "since": now, "evidence": cause},
        )
    )


def _end_cases(session: Session, person_id: UUID, *, actor: str, now: datetime) -> list[UUID]:
    rows = list(session.scalars(select(ValidatedCase).where(ValidatedCase.person_id == person_id)))
    for case in rows:
        if not ended(case.state):
            moves.move(session, case, CaseState.WITHDRAWN, by=actor, at=now, why="consent withdrawn")
    return [case.id for case in rows]
