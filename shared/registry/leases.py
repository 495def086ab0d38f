"""Work that one worker at a time holds: claim under a fence, heartbeat, release, give up by counter."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import Select, Sequence, literal, or_, select, text, union_all, update
from sqlalchemy.orm import Session

from shared.domain.cycle import ChunkState, JobState, RunState
from shared.errors import ConflictError
from shared.registry import events, moves
from shared.registry.session import Prepared
from shared.registry.tables import CollectionChunk, CollectionRun, Table, TrainingJob

FENCES = Sequence("fences", metadata=Table.metadata)
Work = TrainingJob | CollectionRun | CollectionChunk
HELD: dict[type[Work], tuple[JobState | RunState | ChunkState, ...]] = {
    TrainingJob: (JobState.LEASED, JobState.RUNNING, JobState.CHECKPOINTED, JobState.EVALUATING),
    CollectionRun: (RunState.LEASED, RunState.RUNNING),
    CollectionChunk: (ChunkState.LEASED,),
}


def _held_of(table: type[Work]) -> Select[str, UUID, int | None, int]:
    named = literal(table.__tablename__)
    return select(named, table.id, table.fence, table.beat_seq).where(table.state.in_(HELD[table]))


_EVERY = union_all(*(_held_of(table) for table in HELD))
_HELD = Prepared("held", str(_EVERY.compile(compile_kwargs={"literal_binds": True})))


@dataclass(frozen=True)
class Lease:
    """The right to work on one row until somebody claims it under a higher fence."""

    table: type[Work]
    id: UUID
    fence: int
    attempt: int
    worker: str


class FencedOffError(ConflictError):
    """The lease is lost: another worker holds the row, or it was cancelled. Stop, write nothing."""

    code = "fenced_off"

    def __init__(self, lease: Lease) -> None:
        super().__init__(f"the lease {lease.fence} on {lease.table.__tablename__} {lease.id} is over")


def claim(session: Session, table: type[Work], work_id: UUID, *, worker: str, now: datetime) -> Lease | None:
    """Take a queued, due row under the next fence; None when it is not to be had (a normal answer)."""
    due = or_(table.run_after.is_(None), table.run_after <= now)
    found = session.scalar(
        select(table)
        .where(table.id == work_id, table.state == "queued", table.cancel_requested.is_(False), due)
        .with_for_update(skip_locked=True)
    )
    if found is None:
        return None
    row = cast(Work, found)
    row.fence = session.scalar(FENCES.next_value())
    row.attempt += 1
    row.worker = worker
    moves.move(session, row, type(row.state)("leased"), by=worker, at=now)
    assert row.fence is not None
    return Lease(table, work_id, row.fence, row.attempt, worker)


def beat(session: Session, lease: Lease) -> bool:
    """Say that the worker lives; False when it was fenced off or cancelled and must stop at once."""
    table = lease.table
    session.execute(text("SET LOCAL synchronous_commit = off"))
    mine = (table.id == lease.id) & (table.fence == lease.fence) & table.state.in_(HELD[table])
    row = session.execute(
        update(table).where(mine).values(beat_seq=table.beat_seq + 1).returning(table.cancel_requested)
    ).first()
    return row is not None and not row.cancel_requested


def hold(session: Session, lease: Lease) -> Work:
    """The row, locked until the transaction ends: what is written beside it is written under the lease.

    Raises:
        FencedOffError: the lease is no longer the row's.
    """
    row = cast(
        Work | None,
        session.scalar(
            select(lease.table)
            .where(lease.table.id == lease.id, lease.table.fence == lease.fence)
            .with_for_update(key_share=True)  # rows that refer to it may be written meanwhile
            .execution_options(populate_existing=True)
        ),
    )
    if row is None or row.state not in HELD[lease.table]:
        raise FencedOffError(lease)
    return row


def release(session: Session, lease: Lease, *, now: datetime, why: str, count_attempt: bool = True) -> None:
    """Give the row back to the queue, for another worker or another try."""
    row = hold(session, lease)
    _requeue(session, row, now=now, by=lease.worker, why=why)
    if not count_attempt:
        row.attempt -= 1


def give_up_on(session: Session, table: type[Work], work_id: UUID, *, beat_seq: int, now: datetime) -> bool:
    """Requeue a row whose counter still stands at `beat_seq`, after a lease of silence."""
    silent = select(table).where(table.id == work_id, table.beat_seq == beat_seq)
    row = cast(Work | None, session.scalar(silent.with_for_update(skip_locked=True)))
    if row is None or row.state not in HELD[table]:
        return False
    _requeue(session, row, now=now, by="reaper", why="worker_lost")
    return True


def held(session: Session) -> dict[type[Work], dict[UUID, tuple[int | None, int]]]:
    """Of every table the held rows' fence and beat counter, by id, in one look."""
    found: dict[type[Work], dict[UUID, tuple[int | None, int]]] = {table: {} for table in HELD}
    named = {table.__tablename__: rows for table, rows in found.items()}
    for name, row, fence, beat_seq in _HELD.within(session):
        named[name][row] = (fence, beat_seq)
    return found


def _requeue(session: Session, row: Work, *, now: datetime, by: str, why: str) -> None:
    moves.move(session, row, type(row.state)("queued"), by=by, at=now, why=why)
    events.emit(session, kind="lease.lost", subject=row.id, at=now, data={"fence": row.fence, "why": why})
    row.fence = None
    row.worker = None
