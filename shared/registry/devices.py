"""Devices that trainings run on: GPUs and lanes of cores. A grant lasts as long as its job is held."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.registry.leases import HELD, Lease
from shared.registry.tables import Attempt, GpuLease, Part, TrainingJob

TRAINING_PART = "worker-train"


@dataclass(frozen=True)
class Device:
    """What one training may have for itself: GPUs, one or more, or lanes of cores, of one host."""

    host: str
    name: str  # "gpu-0", "cores-0", "gpu-2+3"
    memory_bytes: int | None = None

    @property
    def key(self) -> str:
        """Its name among all hosts."""
        return f"{self.host}/{self.name}"

    @property
    def kind(self) -> str:
        """What it is: gpu or cores."""
        return self.name.partition("-")[0]

    @property
    def numbers(self) -> tuple[int, ...]:
        """Which of its kind on its host."""
        return tuple(int(one) for one in self.name.partition("-")[2].split("+"))


def offer(session: Session, devices: Sequence[Device]) -> None:
    """Make devices known that are not yet; whose they are stays as it is."""
    rows = [
        {"device": one.key, "host": one.host, "kind": one.kind, "memory_bytes": one.memory_bytes, "fence": 0}
        for one in devices
    ]
    session.execute(insert(GpuLease).values(rows).on_conflict_do_nothing())


def take(session: Session, devices: Sequence[Device]) -> Device | None:
    """A free one of these, locked for this transaction; None while all are other jobs'."""
    keys = {one.key: one for one in devices}
    seen = select(GpuLease.device).where(GpuLease.device.in_(keys), ~_is_held())
    for key in list(session.scalars(seen.order_by(GpuLease.device))):
        mine = select(GpuLease.device).where(GpuLease.device == key)
        locked = session.scalar(mine.with_for_update(skip_locked=True))
        # Asked again under the lock: what was seen before it may have been granted meanwhile, and a row
        # that Postgres reads anew while it waits is judged by the old sight of the jobs.
        if locked is not None and session.scalar(mine.where(~_is_held())) is not None:
            return keys[key]
    return None


def grant(session: Session, device: Device, lease: Lease) -> None:
    """Give a device that this transaction took to a job, for as long as the lease lasts."""
    row = session.get_one(GpuLease, device.key, populate_existing=True)
    row.job_id, row.fence, row.worker = lease.id, lease.fence, lease.worker
    session.get_one(Attempt, (lease.id, lease.fence)).device = device.key
    session.flush()


def known(session: Session, *, kind: str | None = None) -> dict[str, bool]:
    """Devices of hosts whose training worker is known, and those in use: whether a job has each."""
    hosts = select(Part.host).where(Part.name == TRAINING_PART)
    held = _is_held()
    wanted = select(GpuLease.device, held).where(or_(GpuLease.host.in_(hosts), held))
    if kind is not None:
        wanted = wanted.where(GpuLease.kind == kind)
    return {row[0]: row[1] for row in session.execute(wanted.order_by(GpuLease.device))}


def holders(session: Session) -> dict[str, UUID]:
    """The job that has each device which is in use."""
    rows = session.execute(select(GpuLease.device, GpuLease.job_id).where(_is_held()))
    return {row.device: row.job_id for row in rows}


def elsewhere(session: Session, host: str, kind: str) -> bool:
    """Whether another host with a training worker has a device of this kind."""
    hosts = select(Part.host).where(Part.name == TRAINING_PART, Part.host != host)
    return (
        session.scalar(
            select(GpuLease.device).where(GpuLease.kind == kind, GpuLease.host.in_(hosts)).limit(1)
        )
        is not None
    )


def _is_held() -> ColumnElement[bool]:
    """Whether the job of a row is held under the fence that the row was granted to."""
    holder = (TrainingJob.id == GpuLease.job_id) & (TrainingJob.fence == GpuLease.fence)
    return select(TrainingJob.id).where(holder, TrainingJob.state.in_(HELD[TrainingJob])).exists()
