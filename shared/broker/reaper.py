"""Gives up on workers that fell silent: by their beat counter, on a monotonic clock, never a wall clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session, sessionmaker

from shared.broker.names import TaskName
from shared.domain.cycle import ChunkState, RunState
from shared.registry import attempts, events, leases, moves, outbox
from shared.registry.leases import Work
from shared.registry.tables import CollectionChunk, CollectionRun, TrainingJob

LISTEN_SECONDS = 1.0  # the reaper comes more often than this
Held = Mapping[UUID, tuple[int | None, int]]
Lost = tuple[UUID, int | None, int]


@dataclass
class _Seen:
    fence: int | None
    beat_seq: int
    silent_seconds: float = 0.0


class Silence:
    """What was last heard of every held row of one table, and how much silence was heard after it.

    Only silence that was listened to counts: while the listener was away (database down, process frozen)
    the workers could not speak either, so a long gap counts no more than a quarter of a lease.
    """

    def __init__(self, lease_seconds: float) -> None:
        self._lease_seconds = lease_seconds
        self._longest = max(lease_seconds / 4, LISTEN_SECONDS)
        self._seen: dict[UUID, _Seen] = {}
        self._at: float | None = None

    def listen(self, held: Held, *, at: float) -> list[Lost]:
        """The rows whose counter stood still for a lease: id, fence and the counter it stands at."""
        heard = 0.0 if self._at is None else min(at - self._at, self._longest)
        known, self._seen, self._at = self._seen, {}, at
        for row, (fence, beat_seq) in held.items():
            seen = known.get(row)
            if seen is None or (seen.fence, seen.beat_seq) != (fence, beat_seq):
                seen = _Seen(fence, beat_seq)
            else:
                seen.silent_seconds += heard
            self._seen[row] = seen
        return [
            (row, seen.fence, seen.beat_seq)
            for row, seen in self._seen.items()
            if seen.silent_seconds >= self._lease_seconds
        ]


class Reaper:
    """Watches jobs, collection runs and their chunks; what a dead worker held is queued again.

    What killed three workers without getting any further is failed.
    """

    def __init__(self, sessions: sessionmaker[Session], lease_seconds: float) -> None:
        self._sessions = sessions
        self._silence = {table: Silence(lease_seconds) for table in leases.HELD}

    def look(self, *, at: float, now: datetime) -> int:
        """One round at the monotonic instant `at`; how many rows were taken from dead workers."""
        given_up = 0
        with self._sessions() as session:
            held = leases.held(session)
        for table, silence in self._silence.items():
            for lost in silence.listen(held[table], at=at):
                given_up += self._give_up(table, lost, now)
        return given_up

    def _give_up(self, table: type[Work], lost: Lost, now: datetime) -> bool:
        row, fence, beat_seq = lost
        with self._sessions.begin() as session:
            taken = leases.give_up_on(session, table, row, beat_seq=beat_seq, now=now)
            if taken:
                _after_loss(session, table, row, fence=fence, now=now)
        return taken


def _after_loss(session: Session, table: type[Work], row: UUID, *, fence: int | None, now: datetime) -> None:
    if table is TrainingJob:
        attempts.after_loss(session, row, fence=fence, why="worker_lost", now=now)
        return
    if table is CollectionChunk:
        chunk = session.get_one(CollectionChunk, row)
        if chunk.attempt >= attempts.MOST:  # its run fails with it, by the worker that holds the run
            moves.move(session, chunk, ChunkState.FAILED, by="reaper", at=now, why="poison")
        else:
            outbox.ring(session, TaskName.COLLECT_CHUNK, row)
        return
    run = session.get_one(CollectionRun, row)
    if run.cancel_requested or run.attempt >= attempts.MOST:
        run.error, run.ended_at = "cancelled" if run.cancel_requested else "poison", now
        end = RunState.CANCELLED if run.cancel_requested else RunState.FAILED
        moves.move(session, run, end, by="reaper", at=now, why=run.error)
    else:
        outbox.ring(session, TaskName.COLLECT_RUN, row)
        events.emit(session, kind="collection_runs.requeued", subject=row, at=now)
