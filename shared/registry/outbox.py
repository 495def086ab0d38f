"""Doorbells: written beside the row they announce, pushed to the broker by the relay after the commit."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.registry.session import Prepared
from shared.registry.tables import Outbox

CHANNEL = "rounds_outbox"
_TAKE = Prepared(
    "take_bells",
    "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox ORDER BY id LIMIT {} FOR UPDATE SKIP LOCKED) "
    "RETURNING id, task, subject",
    places=1,
    waits_for_disk=False,
)


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
    rows = _TAKE.within(session, (limit,))
    return [(task, subject) for _, task, subject in sorted(rows, key=lambda row: row[0])]
