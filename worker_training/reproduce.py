"""Trains a finished job again, beside the queue, and shows equal bytes or where they part."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select

from shared.backends import files as artifact
from shared.backends.base import FitRequest, Fitted
from shared.config import environment
from shared.domain.cycle import JobState
from shared.domain.parting import parting
from shared.errors import ConflictError
from shared.registry import audit, jobs
from shared.registry.tables import DatasetVersion, ModelVersion, TrainingJob
from worker_training import devices, provenance, request
from worker_training import folder as exchange
from worker_training.deps import Deps
from worker_training.folder import private_folder
from worker_training.trainer import Ending, Trainer

COMPARED = ("code", "packages", "dataset", "base_digest", "recipe", "threads", "kernels", "examples_sha256")
SILENCE_SECONDS = 86_400.0  # nobody breathes for it here: it ends with this process


@dataclass(frozen=True)
class Reproduction:
    """What came of it.

    Attributes:
        equal: whether the bytes of the version are those of the second training.
        parts: the files that differ and where.
        changed: what the second training was made with that the first was not, both values each.
    """

    model_version: str
    digest: str
    again: str
    equal: bool
    parts: list[dict[str, object]]
    changed: Mapping[str, object]


class CannotReproduceError(ConflictError):
    """The job has no version that a training made."""

    code = "cannot_reproduce"


def reproduce(job_id: UUID, deps: Deps, *, actor: str) -> Reproduction:
    """Train the job again on this host and compare with the stored version; the audit trail keeps the result.

    Raises:
        CannotReproduceError: it made no version, was not a training, or the second one fails.
    """
    folder = deps.settings.root / "reproduce" / str(job_id)
    with private_folder(folder):
        job, version, facts = _write_request(job_id, folder, deps)
        fitted, kernels = _fit(folder, deps)
    again = artifact.digest_of(fitted.files)
    made = facts | {"base_digest": fitted.base_digest, "kernels": kernels}
    result = Reproduction(
        model_version=version.name,
        digest=version.digest,
        again=again,
        equal=again == version.digest,
        parts=parting(artifact.fetch(deps.storage, version.digest), fitted.files),
        changed=_changed(job.provenance, made),
    )
    details = {"equal": result.equal, "digest": again, "changed": sorted(result.changed)}
    with deps.sessions.begin() as session:
        subject = ("training_jobs", job_id)
        audit.write(session, act="reproduce", subject=subject, actor=actor, at=deps.clock(), details=details)
    return result


def _write_request(
    job_id: UUID, folder: Path, deps: Deps
) -> tuple[TrainingJob, ModelVersion, dict[str, object]]:
    with deps.sessions() as session:
        job = jobs.get(session, job_id)
        version = session.scalar(select(ModelVersion).filter_by(job_id=job_id))
        if job.state != JobState.COMPLETED or version is None or job.triggered_by == "import":
            raise CannotReproduceError(
                f"training job {job_id} made no version by training",
                field="job_id",
                fix="`rounds jobs list --status completed` names those that did",
            )
        dataset = session.get_one(DatasetVersion, version.dataset_version_id)
        facts = provenance.of_job(job, dataset, deps.devices[0], threads=deps.settings.threads)
        family, wanted = request.of_job(session, job, deps, checkpoints=folder / "checkpoints")
    request.leave(folder, family, unshelved(wanted), deps=deps)
    return job, version, facts | provenance.examples(folder)


def unshelved(wanted: FitRequest) -> FitRequest:
    """The request without what the first training may have left behind: everything is computed again."""
    seen = replace(wanted.pictures, shelf=None) if wanted.pictures else None
    return replace(wanted, shelf=None, pictures=seen)


def _fit(folder: Path, deps: Deps) -> tuple[Fitted, Mapping[str, Any]]:
    confined = environment(deps.settings, **devices.confined(deps.devices[0], deps.settings))
    with Trainer(deps.trainer, folder, silence_seconds=SILENCE_SECONDS, environment=confined) as trainer:
        for _ in trainer.steps():
            pass
        ending = trainer.ending()
    if ending is not Ending.FINISHED:
        failure = exchange.read_failure(folder)
        said = failure.message if failure else f"the trainer {ending.value}"
        raise CannotReproduceError(
            f"the second training failed: {said}", fix=failure.fix if failure else None
        )
    return exchange.read_result(folder), exchange.read_kernels(folder)


def _changed(before: Mapping[str, object], now: Mapping[str, object]) -> dict[str, object]:
    """The facts that are not as they were; one that was not recorded then is not compared."""
    return {
        name: {"then": before[name], "now": now.get(name)}
        for name in COMPARED
        if name in before and before[name] != now.get(name)
    }
