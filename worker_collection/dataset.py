"""Stage: dataset. Seals the cases that may be learnt from as an immutable version, split by person."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shared.domain import merkle
from shared.domain.cycle import JobState
from shared.domain.policy import Policy
from shared.domain.split import TRAINING
from shared.errors import InvalidInputError, TransientError
from shared.registry import (
    audit,
    datasets,
    events,
    jobs,
    models,
    outbox,
    policies,
    seal_orders,
    sealing,
    summaries,
)
from shared.registry.sealing import Gathered
from shared.registry.tables import DatasetVersion, EvaluationSet, TrainingJob
from worker_collection.check import MASK
from worker_collection.deps import Deps

MIN_CASES_OF_A_LABEL = 2
SEGMENTATION = "segmentation"
TEXT_STEPS: Mapping[str, object] = {
    "text": {
        "label_mask": MASK,
        "normalisation": ["invisible signs removed", "control signs removed", "orders to a model removed"],
        "window": "the whole text; a training cuts it at max_tokens of its recipe",
    }
}
IMAGE_STEPS: Mapping[str, object] = {
    "image": {
        "window": "least to greatest stored value, stretched to 0 to 1",
        "resize": "the longest side fills the square at the upper left, bilinear; below and right is 0",
        "spacing": "millimetres kept with each picture; unknown stays unknown",
        "box": "as given, else the smallest that holds the mask",
    }
}
_TRIES = 3
_GUARD = "23000"  # what the database answers when a case ended while it was being sealed


class TooFewCasesError(InvalidInputError):
    """There are not enough validated cases to learn from."""

    code = "too_few_cases"

    def __init__(self, *, needed: int, got: int, model_type: str) -> None:
        super().__init__(
            f"{model_type} has {got} cases to learn from and needs {needed}",
            field="model_type",
            fix="collect or validate more cases, or seal what there is and train on that version by name",
        )
        self.needed, self.got = needed, got


class RestlessCasesError(TransientError):
    """Cases kept ending while they were being sealed."""

    code = "restless_cases"


def seal(model_type: str, deps: Deps, *, actor: str, needed: int = 1) -> UUID:
    """Seal what may be learnt from now; the id of the version, which is the last one when nothing changed.

    Memory does not grow with the number of cases. A case that ends while it is being sealed is noticed by the
    database, and the sealing begins anew.

    Raises:
        TooFewCasesError: fewer than `needed` cases are on the training side.
        RestlessCasesError: cases kept ending; try again.
    """
    for _ in range(_TRIES):
        try:
            with deps.sessions.begin() as session:
                return _seal(session, model_type, deps, actor=actor, needed=needed)
        except IntegrityError as error:
            if getattr(error.orig, "pgcode", None) != _GUARD:
                raise
    raise RestlessCasesError(f"cases of {model_type} ended while they were being sealed", fix="try again")


def seal_for_job(job_id: UUID, deps: Deps) -> None:
    """Give a waiting job its dataset and ring for its training; any other job is left alone."""
    with deps.sessions.begin() as session:
        job = jobs.get(session, job_id)
        _, policy = policies.current(session)
    if job.state != JobState.QUEUED or job.dataset_version_id is not None:
        return
    try:
        version_id = seal(job.model_type, deps, actor=f"job:{job_id}", needed=policy.train_min_cases)
    except TooFewCasesError as error:
        with deps.sessions.begin() as session:
            job = jobs.get(session, job_id)
            if job.state == JobState.QUEUED:
                jobs.fail(session, job, code=error.code, message=str(error), by=deps.worker, now=deps.clock())
        return
    with deps.sessions.begin() as session:
        waiting = (TrainingJob.id == job_id) & (TrainingJob.state == JobState.QUEUED)
        locked = session.scalar(select(TrainingJob).where(waiting).with_for_update())
        if locked is None or locked.dataset_version_id is not None:
            return
        version = session.get(DatasetVersion, version_id)
        assert version is not None
        locked.dataset_version_id, locked.dataset_size = version.id, version.counts[TRAINING]
        session.flush()
        outbox.ring(session, jobs.next_bell(session, locked), job_id)


def seal_ordered(order_id: UUID, deps: Deps) -> None:
    """Seal what somebody asked for; a refusal is the answer, an order that has ended is left alone."""
    with deps.sessions() as session:
        order = seal_orders.get(session, order_id)
    if order.state != "queued":
        return
    try:
        version_id, error = seal(order.model_type, deps, actor=order.asked_by), None
    except TooFewCasesError as refusal:
        version_id, error = None, refusal
    with deps.sessions.begin() as session:
        seal_orders.end(session, order_id, version_id=version_id, error=error, now=deps.clock())


def _seal(session: Session, model_type: str, deps: Deps, *, actor: str, needed: int) -> UUID:
    """The manifest is in the store before the row that names it, so no version points to nothing."""
    family = models.model_type(session, model_type).family
    policy_version, policy = policies.current(session)
    sealing.begin(session, model_type)
    parent = datasets.newest(session, model_type)
    gathered = sealing.gather(
        session,
        model_type,
        policy,
        parent=parent.id if parent else None,
        needed_of_a_label=MIN_CASES_OF_A_LABEL,
    )
    if gathered.training < needed:
        raise TooFewCasesError(needed=needed, got=gathered.training, model_type=model_type)
    number = parent.number + 1 if parent else 1
    weighed = sealing.weigh(session, policy, seed=f"{model_type}:{number}")
    with _manifest(session, deps) as (root, path):
        if parent is not None and parent.sha256 == root:
            sealing.end(session)
            return parent.id
        key = f"datasets/{root}/manifest.jsonl"
        deps.storage.put_file(key, path)
    version = DatasetVersion(
        id=uuid4(),
        name=f"{model_type}-data-{number}",
        model_type=model_type,
        number=number,
        parent_id=parent.id if parent else None,
        sha256=root,
        manifest_key=key,
        counts=summaries.of_sealing(session) | _told(gathered) | {"influence": weighed.influence},
        policy_version=policy_version,
        preprocessing=_preprocessing(policy, family) | {"replay": weighed.replayed},
        sealed_by=actor,
        sealed_at=deps.clock(),
    )
    _store(session, version)
    return version.id


def _store(session: Session, version: DatasetVersion) -> None:
    """Write version, members and the frozen set that judges together."""
    session.add(version)
    session.flush()
    sealing.store(session, version.id)
    sealing.end(session)
    at = version.sealed_at
    session.add(EvaluationSet(dataset_version_id=version.id, purpose="gate", uses=0, created_at=at))
    if version.counts["audit"]:
        session.add(EvaluationSet(dataset_version_id=version.id, purpose="audit", uses=0, created_at=at))
    details = {"name": version.name, "sha256": version.sha256, "counts": version.counts}
    subject = ("dataset_versions", version.id)
    audit.write(session, act="seal", subject=subject, actor=version.sealed_by, at=at, details=details)
    events.emit(session, kind="dataset_versions.sealed", subject=version.id, at=at, data=details)


@contextmanager
def _manifest(session: Session, deps: Deps) -> Iterator[tuple[str, Path]]:
    """The manifest as a private file that is gone afterwards, with its Merkle root."""
    folder = deps.settings.root / "scratch"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.NamedTemporaryFile(dir=folder, suffix=".jsonl") as file:
        root = _write(session, file)
        yield root, Path(file.name)


def _write(session: Session, file: IO[bytes]) -> str:
    tree = merkle.Tree()
    for line in sealing.lines(session):
        tree.add(line)
        file.write(line.encode() + b"\n")
    file.flush()
    return tree.root()


def _told(gathered: Gathered) -> dict[str, object]:
    """What did not come in: rare labels with how many cases they have, and the reasons with theirs."""
    return {"left_out": dict(gathered.rare), "not_used": dict(gathered.not_used)}


def _preprocessing(policy: Policy, family: str) -> dict[str, object]:
    """What was done to the members before a model sees them, and what the model's family does with them."""
    return {
        "deidentified": policy.deid.model_dump(mode="json"),
        "min_cases_of_a_label": MIN_CASES_OF_A_LABEL,
        **(IMAGE_STEPS if family == SEGMENTATION else TEXT_STEPS),
    }
