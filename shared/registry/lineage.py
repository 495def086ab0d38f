"""From a live answer back to every case that taught it, by index alone however many cases there are."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from shared.errors import NotFoundError
from shared.registry import audit_chain
from shared.registry.tables import (
    DatasetMember,
    DatasetVersion,
    EvidenceRecord,
    GateDecision,
    ModelVersion,
    Prediction,
    TrainingJob,
)


def of_answer(session: Session, prediction_id: UUID) -> dict[str, Any]:
    """What stands behind one answer: its version, and everything behind that.

    Raises:
        NotFoundError: there is no such prediction.
    """
    row = session.get(Prediction, prediction_id)
    if row is None:
        raise NotFoundError(f"there is no prediction {prediction_id}", field="prediction_id")
    answer = {
        "prediction_id": row.id,
        "at": row.at,
        "label": row.label,
        "confidence": row.confidence,
        "slot": row.slot,
        "plan_version": row.plan_number,
        "digest": row.digest,
    }
    version = session.get_one(ModelVersion, row.model_version_id)
    return {"answer": answer} | of_version(session, version)


def of_version(session: Session, version: ModelVersion) -> dict[str, Any]:
    """What stands behind a version: its bytes, job, data set, gate and releases, and what has signed them."""
    job = session.get_one(TrainingJob, version.job_id)
    data = session.get_one(DatasetVersion, version.dataset_version_id)
    gates = (
        select(GateDecision)
        .options(defer(GateDecision.inputs))  # every case that it was judged on
        .filter_by(model_version_id=version.id)
        .order_by(GateDecision.created_at)
    )
    records = select(EvidenceRecord).filter_by(model_version_id=version.id).order_by(EvidenceRecord.seq)
    signed = audit_chain.newest(session)
    return {
        "model": {
            "model_version": version.name,
            "state": version.state.value,
            "digest": version.digest,
            "base": version.base,
            "base_digest": version.base_digest,
            "tainted": list(version.tainted),
        },
        "training": {
            "job_id": job.id,
            "seed": job.seed,
            "recipe": job.recipe,
            "requested_by": job.requested_by,
            "provenance": job.provenance,
            "ended_at": job.end_time,
        },
        "dataset": _dataset(data),
        "gate": [
            {"verdict": one.verdict, "digest": one.digest, "policy_version": one.policy_version}
            | {"inputs_sha256": one.inputs_sha256, "at": one.created_at}
            for one in session.scalars(gates)
        ],
        "releases": [
            {"seq": one.seq, "transition": one.transition, "by": one.actor, "hash": one.hash, "at": one.at}
            for one in session.scalars(records)
        ],
        "checkpoint": dict(vars(signed)) if signed else None,
    }


def cases(
    session: Session, dataset_version_id: UUID, *, after: UUID | None, limit: int
) -> list[tuple[UUID, str, str]]:
    """The cases of a sealed version by id, a page: each with its side and its label."""
    members = (
        select(DatasetMember.case_id, DatasetMember.split, DatasetMember.label)
        .filter_by(dataset_version_id=dataset_version_id)
        .order_by(DatasetMember.case_id)
        .limit(limit)
    )
    if after is not None:
        members = members.where(DatasetMember.case_id > after)
    return [(row.case_id, row.split, row.label) for row in session.execute(members)]


def _dataset(data: DatasetVersion) -> dict[str, Any]:
    return {
        "dataset_version": data.name,
        "sha256": data.sha256,
        "training": data.counts.get("training", 0),
        "evaluation": data.counts.get("evaluation", 0),
        "policy_version": data.policy_version,
        "sealed_by": data.sealed_by,
        "sealed_at": data.sealed_at,
    }
