"""Doorbells that got lost: rows that still wait while their queue is empty are rung again."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, or_, select, true
from sqlalchemy.orm import Session

from shared.broker.names import QUEUE_OF, Queue, TaskName
from shared.broker.wire import Bell
from shared.domain.cycle import ChunkState, JobState, RunState, VersionState
from shared.registry import readings
from shared.registry.tables import (
    CollectionChunk,
    CollectionRun,
    Delivery,
    ModelType,
    ModelVersion,
    SealOrder,
    TrainingJob,
)

LIMIT = 200
LONGEST_SECONDS = 60.0
# How long a row waits before it is rung again. A version is judged for a while without changing its state.
FIRST_SECONDS = dict.fromkeys(TaskName, 2.0) | {TaskName.JUDGE_VERSION: 30.0, TaskName.SEAL_FOR_JOB: 10.0}
FIRST_SECONDS |= {TaskName.SEAL: 10.0}


def waiting(session: Session, *, now: datetime) -> list[Bell]:
    """The rows that wait for a task, oldest first within each kind."""
    runs = select(CollectionRun.id).where(
        CollectionRun.state == RunState.QUEUED,
        or_(CollectionRun.run_after.is_(None), CollectionRun.run_after <= now),
    )
    chunks = select(CollectionChunk.id).where(CollectionChunk.state == ChunkState.QUEUED)
    versions = select(ModelVersion.id).where(ModelVersion.state == VersionState.TRAINED)
    deliveries = select(Delivery.id).where(Delivery.state == "waiting", Delivery.next_at <= now)
    bells = [(TaskName.COLLECT_RUN, row) for row in session.scalars(runs.limit(LIMIT))]
    bells += [(TaskName.COLLECT_CHUNK, row) for row in session.scalars(chunks.limit(LIMIT))]
    for job, dataset, family in session.execute(_jobs(now)):
        image = family == "segmentation"
        sealed = TaskName.RUN_IMAGE_JOB if image else TaskName.RUN_JOB
        bells.append((sealed if dataset else TaskName.SEAL_FOR_JOB, job))
    bells += [(TaskName.CLEAN_READINGS, row) for row in readings.types_to_clean(session)]
    orders = select(SealOrder.id).where(SealOrder.state == "queued")
    bells += [(TaskName.SEAL, row) for row in session.scalars(orders.limit(LIMIT))]
    bells += [(TaskName.JUDGE_VERSION, row) for row in session.scalars(versions.limit(LIMIT))]
    bells += [(TaskName.DELIVER, row) for row in session.scalars(deliveries.limit(LIMIT))]
    return bells


def _jobs(now: datetime) -> Select[UUID, UUID | None, str]:
    """Queued jobs with their family, the most urgent first, each type's by its index alone."""
    mine = (
        select(TrainingJob.id, TrainingJob.dataset_version_id, TrainingJob.priority, TrainingJob.created_at)
        .where(
            TrainingJob.model_type == ModelType.name,
            TrainingJob.state == JobState.QUEUED,
            or_(TrainingJob.run_after.is_(None), TrainingJob.run_after <= now),
        )
        .order_by(TrainingJob.priority, TrainingJob.created_at)
        .limit(LIMIT)
        .lateral()
    )
    found = select(mine.c.id, mine.c.dataset_version_id, ModelType.family).join(mine, true())
    return found.order_by(mine.c.priority, mine.c.created_at).limit(LIMIT)


class Patience:
    """Which waiting rows are due for another ring. It lives in the relay's memory, on a monotonic clock."""

    def __init__(self) -> None:
        self._next: dict[Bell, tuple[float, float]] = {}  # when, and how long to wait after it

    def due(self, bells: Iterable[Bell], depths: Mapping[Queue, int], *, at: float) -> list[Bell]:
        """Those that waited long enough beside an empty queue; each ring doubles the wait."""
        known, self._next = self._next, {}
        ring = []
        for bell in bells:
            first = FIRST_SECONDS[bell[0]]
            when, wait = known.get(bell, (at + first, first))
            if depths[QUEUE_OF[bell[0]]] > 0:
                when = at + wait  # its ring may be among those
            elif at >= when:
                ring.append(bell)
                wait = min(2 * wait, LONGEST_SECONDS)
                when = at + wait
            self._next[bell] = (when, wait)
        return ring

    def lose_it(self, bells: Iterable[Bell], *, at: float) -> None:
        """Let every waiting row be due at once: the broker came back and may have forgotten all of them."""
        self._next = {bell: (at, FIRST_SECONDS[bell[0]]) for bell in bells}
