"""What a trainer is given, made of a job's rows: the same for the first training and for its reproduction."""

from pathlib import Path
from uuid import UUID

from sqlalchemy.orm import Session

from shared.backends.base import FitRequest
from shared.domain.repair import mended
from shared.registry import datasets, models
from shared.registry.tables import DatasetVersion, TrainingJob
from worker_training import folder as exchange
from worker_training import pictures
from worker_training.deps import Deps

SHELF = "activations"  # below the site's home: sealed, and made again when they are lost


def of_job(session: Session, job: TrainingJob, deps: Deps, *, checkpoints: Path) -> tuple[str, FitRequest]:
    """The family and all that decides the weights."""
    assert job.dataset_version_id is not None
    family = models.model_type(session, job.model_type).family
    shown = family == "segmentation"
    texts = [] if shown else datasets.examples(session, job.dataset_version_id, "training", vault=deps.vault)
    seen = list(datasets.stream_pictures(session, job.dataset_version_id, "training")) if shown else []
    request = FitRequest(
        examples=texts,
        labels=sorted({one.label for one in texts} | {one.label for one in seen}),
        base=job.base,
        recipe=mended(job.recipe, job.repairs),
        seed=job.seed,
        checkpoints=checkpoints,
        pictures=pictures.named(seen, deps) if shown else None,
        shelf=deps.settings.root / SHELF,
        known=_known(session, job.dataset_version_id),
    )
    return family, request


def _known(session: Session, dataset_version_id: UUID) -> list[str]:
    """The labels of the data set that this one came from: sealed like it, so always the same."""
    parent = session.get_one(DatasetVersion, dataset_version_id).parent_id
    return sorted(session.get_one(DatasetVersion, parent).counts["labels"]) if parent else []


def leave(folder: Path, family: str, request: FitRequest, *, deps: Deps) -> None:
    """Put it where the trainer reads it."""
    request.checkpoints.mkdir(parents=True, exist_ok=True, mode=0o700)
    exchange.write_request(folder, family, pictures.bring(folder, request, deps))
