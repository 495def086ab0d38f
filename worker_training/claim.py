"""Which queued job this worker takes, and on which of its devices."""

from dataclasses import dataclass
from uuid import UUID

from shared.logs import log
from shared.registry import attempts, devices, turns
from shared.registry.attempts import Fault
from shared.registry.devices import Device
from shared.registry.leases import Lease
from worker_training.deps import Deps
from worker_training.devices import NoGpuError


@dataclass(frozen=True)
class Claim:
    """A job and the device it has for itself, both under one fence."""

    lease: Lease
    device: Device


def claim(hint: UUID, deps: Deps) -> Claim | None:
    """The job whose turn it is; the one that was rung for is only the sign that something waits.

    None when no device is free or nothing is to be had: a normal answer. What then waits is rung again by
    whoever frees a device.
    """
    try:
        present = deps.devices
    except NoGpuError as error:
        _refuse(hint, deps, error)
        return None
    with deps.sessions.begin() as session:
        now = deps.clock()
        devices.offer(session, present)
        device = devices.take(session, present)
        if device is None:
            log.info("no device is free", host=deps.host)
            return None
        for job_id in dict.fromkeys((*turns.next_up(session, now=now), hint)):
            lease = attempts.claim(session, job_id, worker=deps.worker, now=now)
            if lease is not None:
                devices.grant(session, device, lease)
                return Claim(lease, device)
    return None


def _refuse(job_id: UUID, deps: Deps, error: NoGpuError) -> None:
    """Fail the job for want of a GPU, unless another host has one: a broken host must not fail them all."""
    with deps.sessions.begin() as session:
        if devices.elsewhere(session, deps.host, "gpu"):
            log.warning("no GPU here, the job is left to another host", job=str(job_id))
            return
        lease = attempts.claim(session, job_id, worker=deps.worker, now=deps.clock())
        if lease is not None:
            fault = Fault(error.code, str(error), error.fix)
            attempts.fail(session, lease, fault, now=deps.clock())
