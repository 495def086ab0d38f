"""Doorbells: written beside the row they announce, pushed to the broker by the relay after the commit."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.registry.tables import Outbox

CHANNEL = "rounds_outbox"


def ring(session: Session, task: StrEnum, subject: UUID) -> None:
    """Ask for one task on one record; a ring that still waits to be pushed is not doubled."""
    session.execute(insert(Outbox).values(task=task.value, subject=subject).on_conflict_do_nothing())
    wake(session)


def wake(session: Session) -> None:
    """Tell the relay, when the transaction commits, that rings wait."""
    session.execute(text(f"NOTIFY {CHANNEL}"))


def take(session: Session, limit: int = 200) -> list[tuple[str, UUID]]:
    """Remove up to `limit` rings for pushing; they are back when the transaction does not commit.

    Nor, perhaps, when the server dies a moment later, since the commit does not wait for the disk: a ring
    that comes twice is harmless.
    """
    oldest = text(
        "SET LOCAL synchronous_commit = off; DELETE FROM outbox WHERE id IN "
        "(SELECT id FROM outbox ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED) RETURNING task, subject, id"
    )
    rows = session.execute(oldest, {"limit": limit}).all()
    return [(row.task, row.subject) for row in sorted(rows, key=lambda row: row.id)]
