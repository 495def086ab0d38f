"""Chunks of large collection runs: cut while a run is held, taken by any worker, folded into its counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from shared.domain.bells import TaskName
from shared.domain.cycle import ChunkState
from shared.registry import leases, moves, outbox
from shared.registry.leases import Lease
from shared.registry.tables import CollectionChunk


@dataclass(frozen=True)
class Standing:
    """How far the chunks of a run are."""

    waiting: int
    held: int
    done: int
    failed: int

    @property
    def open(self) -> int:
        """How many are not stored yet."""
        return self.waiting + self.held


def cut(session: Session, run_id: UUID, parts: Sequence[tuple[int, bytes]], *, now: datetime) -> None:
    """Write a chunk for each part, its number of rows and its sealed rows, and ring for each."""
    highest = select(func.max(CollectionChunk.number)).where(CollectionChunk.run_id == run_id)
    first = 1 + (session.scalar(highest) or 0)
    made = [
        CollectionChunk(run_id=run_id, number=number, rows=rows, sealed=sealed, counts={}, created_at=now)
        for number, (rows, sealed) in enumerate(parts, start=first)
    ]
    session.add_all(made)
    session.flush()
    for chunk in made:
        outbox.ring(session, TaskName.COLLECT_CHUNK, chunk.id)


def standing(session: Session, run_id: UUID) -> Standing:
    """Count the chunks of a run by what becomes of them."""
    found = session.execute(
        select(CollectionChunk.state, func.count())
        .where(CollectionChunk.run_id == run_id)
        .group_by(CollectionChunk.state)
    )
    counts: dict[ChunkState, int] = {state: n for state, n in found}
    order = (ChunkState.QUEUED, ChunkState.LEASED, ChunkState.DONE, ChunkState.FAILED)
    return Standing(*(counts.get(state, 0) for state in order))


def next_waiting(session: Session, run_id: UUID) -> UUID | None:
    """A chunk that nobody holds: the last one, since the doorbells of the first ones ring first."""
    waiting = (CollectionChunk.run_id == run_id) & (CollectionChunk.state == ChunkState.QUEUED)
    query = select(CollectionChunk.id).where(waiting).order_by(CollectionChunk.number.desc())
    return session.scalar(query.limit(1))


def finish(session: Session, lease: Lease, counts: Mapping[str, Any], *, now: datetime) -> None:
    """Mark the held chunk as stored and forget its rows, in the transaction that stored them.

    Raises:
        FencedOffError: the lease is no longer the chunk's.
    """
    chunk = leases.hold(session, lease)
    assert isinstance(chunk, CollectionChunk)
    chunk.counts, chunk.sealed, chunk.ended_at = dict(counts), None, now
    moves.move(session, chunk, ChunkState.DONE, by=lease.worker, at=now)


def fail(session: Session, lease: Lease, why: str, *, now: datetime) -> None:
    """Mark the held chunk as one that cannot be stored; its run ends with it.

    Raises:
        FencedOffError: the lease is no longer the chunk's.
    """
    chunk = leases.hold(session, lease)
    assert isinstance(chunk, CollectionChunk)
    chunk.ended_at = now
    moves.move(session, chunk, ChunkState.FAILED, by=lease.worker, at=now, why=why)


def fold(session: Session, run_id: UUID) -> list[dict[str, Any]]:
    """Remove the stored chunks of a run and give their counts."""
    done = (CollectionChunk.run_id == run_id) & (CollectionChunk.state == ChunkState.DONE)
    return list(session.scalars(delete(CollectionChunk).where(done).returning(CollectionChunk.counts)))


def drop(session: Session, run_id: UUID) -> None:
    """Remove every chunk of a run that has ended; a worker that holds one is fenced off."""
    session.execute(delete(CollectionChunk).where(CollectionChunk.run_id == run_id))
