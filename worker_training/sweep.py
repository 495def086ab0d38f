"""Removes what killed attempts left on this disk: examples of theirs, and checkpoints of jobs that ended."""

import shutil
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from shared.domain.cycle import JobState, ended
from shared.registry import policies
from shared.registry.tables import TrainingJob
from worker_training.deps import Deps

CHECKPOINTS = "checkpoints"


def clear_ended(deps: Deps) -> None:
    """Remove job folders whose fence is no longer the job's, and checkpoints that nobody will resume from.

    The last good state of a failed training stays for the days of the policy: a retry goes on from it.
    """
    if not deps.work.is_dir():
        return
    left = {path: _job_and_fence(path.name) for path in deps.work.iterdir() if path.name != CHECKPOINTS}
    saved = {path: UUID(path.name) for path in (deps.work / CHECKPOINTS).glob("*-*-*-*-*")}
    with deps.sessions() as session:
        kept_since = deps.clock() - timedelta(days=policies.current(session)[1].checkpoint_days)
        for path, (job_id, fence) in left.items():
            job = session.get(TrainingJob, job_id)
            if job is None or job.fence != fence:
                _remove(path)
        for path, job_id in saved.items():
            job = session.get(TrainingJob, job_id)
            failed_lately = (
                job is not None
                and job.state == JobState.FAILED
                and job.end_time is not None
                and job.end_time > kept_since
            )
            if job is None or (ended(job.state) and not failed_lately):
                _remove(path)


def _job_and_fence(name: str) -> tuple[UUID, int]:
    job_id, _, fence = name.rpartition("-")
    return UUID(job_id), int(fence)


def _remove(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)
