"""Stage: dataset. Seals the cases that may be learnt from as an immutable version, split by person."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from shared.domain import merkle
from shared.domain.cycle import JobState
from shared.domain.policy import Policy
from shared.domain.quality import capped_weights
from shared.domain.split import TRAINING
from shared.errors import InvalidInputError
from shared.registry import audit, datasets, events, jobs, models, outbox, policies
from shared.registry.datasets import Eligible
from shared.registry.tables import DatasetMember, DatasetVersion, EvaluationSet, TrainingJob
from worker_collection.deps import Deps

MIN_CASES_OF_A_LABEL = 2


class TooFewCasesError(InvalidInputError):
    """There are not enough validated cases to learn from."""

    code = "too_few_cases"

    def __init__(self, *, needed: int, got: int, model_type: str) -> None:
        super().__init__(
            f"{model_type} has {got} cases to learn from and needs {needed}",
            field="model_type",
            fix="collect or validate more cases",
        )
        self.needed, self.got = needed, got


def seal(model_type: str, deps: Deps, *, actor: str, needed: int = 1) -> UUID:
    """Seal what may be learnt from now; the id of the version, which is the last one when nothing changed.

    The manifest is in the store before the row that names it, so no version points to nothing.

    Raises:
        TooFewCasesError: fewer than `needed` cases are on the training side.
    """
    with deps.sessions.begin() as session:
        models.model_type(session, model_type)
        found = datasets.eligible(session, model_type)
        number, policy = policies.current(session)
    chosen, left_out = _chosen(found)
    training = sum(one.split == TRAINING for one in chosen)
    if training < needed:
        raise TooFewCasesError(needed=needed, got=training, model_type=model_type)
    rows = _weighted(chosen, policy)
    lines = [_line(row) for row in rows]
    root = merkle.root(lines)
    key = f"datasets/{root}/manifest.jsonl"
    deps.storage.put(key, ("\n".join(lines) + "\n").encode())
    version = DatasetVersion(
        model_type=model_type,
        sha256=root,
        manifest_key=key,
        counts=_counts(rows) | {"left_out": left_out},
        policy_version=number,
        preprocessing={"label_mask": "[DIAGNOSIS]", "min_cases_of_a_label": MIN_CASES_OF_A_LABEL},
        sealed_by=actor,
        sealed_at=deps.clock(),
    )
    with deps.sessions.begin() as session:
        return _store(session, version, rows, now=deps.clock())


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


def _chosen(found: Sequence[Eligible]) -> tuple[list[Eligible], dict[str, int]]:
    """Without the labels that are too rare to be learnt; they come in when there are more of them."""
    learnt = Counter(one.label for one in found if one.split == TRAINING)
    rare = {one.label for one in found if learnt[one.label] < MIN_CASES_OF_A_LABEL}
    left_out = Counter(one.label for one in found if one.label in rare)
    return [one for one in found if one.label not in rare], dict(sorted(left_out.items()))


def _weighted(chosen: Sequence[Eligible], policy: Policy) -> list[dict[str, Any]]:
    """Members in the order of the case id; no clinician weighs more in training than the policy's share."""
    training = [one for one in chosen if one.split == TRAINING]
    signers = [None if one.curated or one.validator_id is None else str(one.validator_id) for one in training]
    weights = dict(
        zip(
            (one.case_id for one in training),
            capped_weights(signers, policy.validator_weight_cap),
            strict=True,
        )
    )
    return [
        {
            "case_id": one.case_id,
            "person_id": one.person_id,
            "split": one.split,
            "label": one.label,
            "weight": weights.get(one.case_id, 1.0),
            "content_hash": one.content_hash,
        }
        for one in sorted(chosen, key=lambda one: one.case_id)
    ]


def _line(row: dict[str, Any]) -> str:
    return json.dumps({name: str(value) for name, value in row.items()}, sort_keys=True, ensure_ascii=False)


def _counts(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    sides = Counter(row["split"] for row in rows)
    return {
        "training": sides["training"],
        "evaluation": sides["evaluation"],
        "labels": dict(sorted(Counter(row["label"] for row in rows).items())),
    }


def _store(
    session: Session, version: DatasetVersion, rows: Sequence[dict[str, Any]], *, now: datetime
) -> UUID:
    """Write version, members and the frozen set that judges together; equal contents are one version."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"datasets:{version.model_type}"))))
    parent = datasets.newest(session, version.model_type)
    if parent is not None and parent.sha256 == version.sha256:
        return parent.id
    version.number = parent.number + 1 if parent else 1
    version.name = f"{version.model_type}-data-{version.number}"
    version.parent_id = parent.id if parent else None
    session.add(version)
    session.flush()
    session.execute(insert(DatasetMember), [row | {"dataset_version_id": version.id} for row in rows])
    session.add(EvaluationSet(dataset_version_id=version.id, purpose="gate", uses=0, created_at=now))
    datasets.mark_used(session, [row["case_id"] for row in rows if row["split"] == TRAINING])
    details = {"name": version.name, "sha256": version.sha256, "counts": version.counts}
    subject = ("dataset_versions", version.id)
    audit.write(session, act="seal", subject=subject, actor=version.sealed_by, at=now, details=details)
    events.emit(session, kind="dataset_versions.sealed", subject=version.id, at=now, data=details)
    return version.id
