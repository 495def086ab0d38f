"""The doorbells of the cycle: queues and tasks by name. A task's only argument is the id of one record."""

from enum import StrEnum


class Queue(StrEnum):
    """Where a task waits; the worker that listens is in the comment."""

    COLLECT = "collect"  # worker-collect
    TRAIN_TEXT = "train.text"  # worker-train
    TRAIN_IMAGE = "train.image"  # worker-train
    DEPLOY = "deploy"  # worker-deploy
    NOTIFY = "notify"  # worker-deploy


class TaskName(StrEnum):
    """Every task, with the record its id names."""

    COLLECT_RUN = "collect.run"  # collection_runs.id
    COLLECT_CHUNK = "collect.chunk"  # collection_chunks.id: a part of a large run
    SEAL_FOR_JOB = "collect.seal_for_job"  # training_jobs.id: seal a dataset, then ring RUN_JOB
    SEAL = "collect.seal"  # seal_orders.id: somebody asked for a dataset
    JUDGE_AGAIN = "collect.judge_again"  # model_types.id: waiting cases, after the site learnt something
    MASK_CASE = "collect.mask_case"  # validated_cases.id: a reader gave it another label
    CLEAN_READINGS = "collect.clean_readings"  # model_types.id: inputs that wait to be read blind
    RUN_JOB = "train.run_job"  # training_jobs.id, text families
    RUN_IMAGE_JOB = "train.run_image_job"  # training_jobs.id, segmentation
    JUDGE_VERSION = "deploy.judge_version"  # model_versions.id: evaluate and gate
    LOOK = "deploy.look"  # model_types.id: shadow-score, decide, act
    DELIVER = "notify.deliver"  # deliveries.id


QUEUE_OF = {
    TaskName.COLLECT_RUN: Queue.COLLECT,
    TaskName.COLLECT_CHUNK: Queue.COLLECT,
    TaskName.SEAL_FOR_JOB: Queue.COLLECT,
    TaskName.SEAL: Queue.COLLECT,
    TaskName.JUDGE_AGAIN: Queue.COLLECT,
    TaskName.MASK_CASE: Queue.COLLECT,
    TaskName.CLEAN_READINGS: Queue.COLLECT,
    TaskName.RUN_JOB: Queue.TRAIN_TEXT,
    TaskName.RUN_IMAGE_JOB: Queue.TRAIN_IMAGE,
    TaskName.JUDGE_VERSION: Queue.DEPLOY,
    TaskName.LOOK: Queue.DEPLOY,
    TaskName.DELIVER: Queue.NOTIFY,
}


def first_bell(family: str, *, has_data: bool) -> TaskName:
    """The task that a fresh job of a family waits for; one without data has them sealed first."""
    if not has_data:
        return TaskName.SEAL_FOR_JOB
    return TaskName.RUN_IMAGE_JOB if family == "segmentation" else TaskName.RUN_JOB
