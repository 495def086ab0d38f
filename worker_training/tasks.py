"""The doorbells of the training worker."""

from uuid import UUID

from shared.broker.answer import task
from shared.broker.names import TaskName
from worker_training import train
from worker_training.deps import process_deps


@task(TaskName.RUN_JOB)
def run_job(job_id: str) -> None:
    """Train one queued job of a text family."""
    train.run_job(UUID(job_id), process_deps())


@task(TaskName.RUN_IMAGE_JOB)
def run_image_job(job_id: str) -> None:
    """Train one queued segmentation job."""
    train.run_job(UUID(job_id), process_deps())
