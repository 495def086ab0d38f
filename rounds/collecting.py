"""Collecting in this very process, with or without a stack beside it."""

import time
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from worker_collection.deps import Deps

POLL_SECONDS = 0.5


def collect_here(run_id: UUID, deps: "Deps") -> None:
    """Work on a run turn after turn until it has ended, by this process or by a worker of the stack.

    Where another run of its source is held, it waits for that one; one whose worker has been silent for a
    lease is given back to the queue, as the stack's reaper would.
    """
    from shared.domain.cycle import RunState, ended
    from shared.registry import runs
    from worker_collection import collect

    silence = _Silence(deps)
    while True:
        collect.collect_run(run_id, deps)
        with deps.sessions() as session:
            state = runs.get(session, run_id).state
        if ended(state):
            return
        silence.listen()
        if state is not RunState.QUEUED or silence.is_anybody_held(run_id):
            time.sleep(POLL_SECONDS)


class _Silence:
    """What was last heard of every held run."""

    def __init__(self, deps: "Deps") -> None:
        self._deps = deps
        self._heard: dict[UUID, tuple[int, float]] = {}

    def listen(self) -> None:
        """Give up on runs whose beat has stood still for a lease."""
        from shared.registry import leases
        from shared.registry.tables import CollectionRun

        now, seconds = time.monotonic(), self._deps.settings.lease_seconds
        with self._deps.sessions() as session:
            held = leases.held(session)[CollectionRun]
        known, self._heard = self._heard, {}
        for row, (_, beat) in held.items():
            before = known.get(row, (beat, now))
            self._heard[row] = before if before[0] == beat else (beat, now)
            if now - self._heard[row][1] > seconds:
                with self._deps.sessions.begin() as session:
                    at = self._deps.clock()
                    leases.give_up_on(session, CollectionRun, row, beat_seq=beat, now=at)

    def is_anybody_held(self, run_id: UUID) -> bool:
        """Whether a worker holds this run or another one."""
        return bool(self._heard.keys() - {run_id}) or run_id in self._heard
