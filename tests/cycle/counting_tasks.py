"""The training worker's task, trained with the counting family."""

from dataclasses import replace
from uuid import UUID

from shared.broker.answer import task
from shared.broker.names import TaskName
from tests.integration.training.counting import COMMAND
from worker_training import train
from worker_training.deps import process_deps


@task(TaskName.RUN_JOB)
def run_job(job_id: str) -> None:
    """Count."""
    train.run_job(UUID(job_id), replace(process_deps(), trainer=COMMAND))
