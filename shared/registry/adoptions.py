"""A model from elsewhere becomes a version: a job that is over at once, judged like any other."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from shared.errors import ConflictError
from shared.registry import attempts, datasets, jobs
from shared.registry.attempts import Weights
from shared.registry.job_door import JobWish
from shared.registry.tables import ModelVersion


@dataclass(frozen=True)
class Adoption:
    """What comes in: for which question, on which base, judged on which data set, and from where."""

    model_type: str
    base: str
    dataset_version: str | None  # else the newest sealed one
    source: str
    weights: Weights
    auto_deploy: bool


def register(session: Session, adoption: Adoption, *, now: datetime, actor: str) -> ModelVersion:
    """Write job and version in the caller's transaction and ring for the judge.

    The job learnt nothing here: it has no recipe, and the version no parent among the site's.

    Raises:
        ConflictError: no data set of the type is sealed, so nothing could judge the version.
    """
    dataset = adoption.dataset_version or _newest(session, adoption.model_type)
    wish = JobWish(
        model_type=adoption.model_type,
        base=adoption.base,
        dataset_version=dataset,
        auto_deploy=adoption.auto_deploy,
        triggered_by="import",
    )
    job = jobs.create(session, wish, now=now, actor=actor)
    job.parent_model_version = None
    lease = attempts.claim(session, job.id, worker=actor, now=now)
    assert lease is not None  # nobody else sees the row before the transaction ends
    attempts.begin(session, lease, now=now)
    attempts.begin_registering(session, lease, now=now)
    figures: Mapping[str, object] = {"imported_from": adoption.source}
    return attempts.complete(session, lease, adoption.weights, figures=figures, now=now)


def _newest(session: Session, model_type: str) -> str:
    dataset = datasets.newest(session, model_type)
    if dataset is None:
        fix = f"collect cases, then `rounds dataset seal --model-type {model_type}`"
        raise ConflictError("no data set is sealed that could judge the model", field="dataset", fix=fix)
    return dataset.name
