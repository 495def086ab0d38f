"""The training worker's tasks, trained with chains of hashes."""

from dataclasses import replace
from uuid import UUID

from bench.chaos_world.trainer import COMMAND
from shared.broker.answer import task
from shared.broker.names import TaskName
from worker_training import train
from worker_training.deps import process_deps


@task(TaskName.RUN_JOB)
def run_job(job_id: str) -> None:
    """Hash."""
    train.run_job(UUID(job_id), replace(process_deps(), trainer=COMMAND))
