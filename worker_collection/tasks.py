"""The doorbells of the collection worker."""

from uuid import UUID

from shared.broker.answer import task
from shared.broker.names import TaskName
from worker_collection import blind, chunks, collect, dataset, rejudge, second_look
from worker_collection.deps import process_deps


@task(TaskName.COLLECT_RUN)
def collect_run(run_id: str) -> None:
    """Collect one queued run."""
    collect.collect_run(UUID(run_id), process_deps())


@task(TaskName.COLLECT_CHUNK)
def collect_chunk(chunk_id: str) -> None:
    """Store one chunk of a large run."""
    chunks.run_chunk(UUID(chunk_id), process_deps())


@task(TaskName.SEAL_FOR_JOB)
def seal_for_job(job_id: str) -> None:
    """Seal the dataset of one job that waits for it."""
    dataset.seal_for_job(UUID(job_id), process_deps())


@task(TaskName.SEAL)
def seal(order_id: str) -> None:
    """Seal the dataset that somebody asked for."""
    dataset.seal_ordered(UUID(order_id), process_deps())


@task(TaskName.JUDGE_AGAIN)
def judge_again(model_type_id: str) -> None:
    """Judge the waiting cases that the site has learnt something about; place what belongs to no cluster."""
    second_look.go_on(UUID(model_type_id), process_deps())


@task(TaskName.MASK_CASE)
def mask_case(case_id: str) -> None:
    """Mask the label that a reader gave a case."""
    rejudge.mask_case(UUID(case_id), process_deps())


@task(TaskName.CLEAN_READINGS)
def clean_readings(model_type_id: str) -> None:
    """Take the identifiers out of what waits to be read blind."""
    blind.clean_readings(UUID(model_type_id), process_deps())
