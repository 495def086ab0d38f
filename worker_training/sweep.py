"""Removes what killed attempts left on this disk: examples of theirs, and checkpoints of jobs that ended."""

import shutil
from pathlib import Path
from uuid import UUID

from shared.domain.cycle import ended
from shared.registry.tables import TrainingJob
from worker_training.deps import Deps

CHECKPOINTS = "checkpoints"


def clear_ended(deps: Deps) -> None:
    """Remove job folders whose fence is no longer the job's, and checkpoints that nobody will resume from."""
    if not deps.work.is_dir():
        return
    left = {path: _job_and_fence(path.name) for path in deps.work.iterdir() if path.name != CHECKPOINTS}
    saved = {path: UUID(path.name) for path in (deps.work / CHECKPOINTS).glob("*-*-*-*-*")}
    with deps.sessions() as session:
        for path, (job_id, fence) in left.items():
            job = session.get(TrainingJob, job_id)
            if job is None or job.fence != fence:
                _remove(path)
        for path, job_id in saved.items():
            job = session.get(TrainingJob, job_id)
            if job is None or ended(job.state):
                _remove(path)


def _job_and_fence(name: str) -> tuple[UUID, int]:
    job_id, _, fence = name.rpartition("-")
    return UUID(job_id), int(fence)


def _remove(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)
