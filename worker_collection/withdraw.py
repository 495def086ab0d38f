"""Stage: withdraw. Consent taken back: the cases leave every later dataset, and what used them is named."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.domain.cycle import CaseState, ended
from shared.errors import NotFoundError
from shared.registry import audit, moves, persons
from shared.registry.cases import CONSENT_SCOPE
from shared.registry.tables import (
    Consent,
    DatasetMember,
    DatasetVersion,
    ModelVersion,
    TrainingJob,
    ValidatedCase,
    Withdrawal,
)
from worker_collection.deps import Deps


def withdraw(natural_key: str, deps: Deps, *, cause: str, actor: str) -> Withdrawal:
    """Take one person's cases out of learning and flag every model that saw them, in one transaction.

    Raises:
        NotFoundError: the site knows nobody under this key.
    """
    now = deps.clock()
    with deps.sessions.begin() as session:
        person_id = persons.find(session, natural_key, deps.vault)
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
    """Record that cases were taken out of learning, with every dataset, job and model that used them."""
    row = Withdrawal(person_id=person_id, cause=cause, reached={}, requested_by=actor, created_at=now)
    session.add(row)
    session.flush()
    row.reached = _reached(session, cases) | {"cases": len(cases)}
    _flag_models(session, row)
    audit.write(
        session, act="withdraw", subject=("withdrawals", row.id), actor=actor, at=now, details=row.reached
    )
    return row


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


def _reached(session: Session, cases: Collection[UUID]) -> dict[str, Any]:
    """What descends from the cases: dataset versions, the jobs on them, the models of those jobs."""
    used = select(DatasetMember.dataset_version_id).where(DatasetMember.case_id.in_(cases))
    sets = session.execute(
        select(DatasetVersion.id, DatasetVersion.name)
        .where(DatasetVersion.id.in_(used))
        .order_by(DatasetVersion.name)
    ).all()
    ids = [row.id for row in sets]
    jobs = session.scalars(select(TrainingJob.id).where(TrainingJob.dataset_version_id.in_(ids)))
    models = session.scalars(select(ModelVersion.name).where(ModelVersion.dataset_version_id.in_(ids)))
    return {
        "datasets": [row.name for row in sets],
        "jobs": sorted(str(job) for job in jobs),
        "models": sorted(models),
    }


def _flag_models(session: Session, row: Withdrawal) -> None:
    for model in session.scalars(select(ModelVersion).where(ModelVersion.name.in_(row.reached["models"]))):
        model.tainted = [*model.tainted, f"withdrawal:{row.id}"]
