"""The card of a model version, from rows alone: data, counts, figures with n and intervals, limits."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.domain import dataset_card
from shared.domain.card import limits
from shared.domain.repair import mended
from shared.registry import costs, datasets, deployments, jobs, lists, models
from shared.registry.tables import BaseModel, DatasetVersion, ModelPerformance, ModelVersion

FIGURES = ("accuracy", "precision", "recall", "f1_score", "dice_score", "iou_score")


def card(session: Session, version: ModelVersion) -> dict[str, Any]:
    """All that a person should know before trusting a version; what was not measured is None."""
    whole = {
        "model_version": version.name,
        "model_type": version.model_type,
        "family": models.model_type(session, version.model_type).family,
        "state": version.state.value,
        "created_at": version.created_at.isoformat(),
        "digest": version.digest,
        "labels": list(version.labels),
        "must_not_miss": models.must_not_miss(session, version.model_type),
        "base": _base(session, version),
        "parent": models.get(session, version.parent_id).name if version.parent_id else None,
        "data": _data(session, version),
        "metrics": _metrics(models.performance(session, version.id)),
        "gate": _gate(session, version),
        "training": _training(session, version),
        "tainted": [str(reason) for reason in version.tainted],
        "not_deployable": deployments.why_not(session, version),
    }
    return whole | {"limits": limits(whole)}


def of_dataset(session: Session, version: DatasetVersion) -> dict[str, Any]:
    """All that a person should know before a model learns from a sealed version."""
    learnt = select(ModelVersion.name).filter_by(dataset_version_id=version.id).order_by(ModelVersion.number)
    whole = {
        "dataset_version": version.name,
        "model_type": version.model_type,
        "sha256": version.sha256,
        "parent": datasets.name_of(session, version.parent_id),
        "counts": dict(version.counts),
        "lapsed": datasets.lapsed(session, version.id),
        "policy_version": version.policy_version,
        "preprocessing": dict(version.preprocessing),
        "sealed_by": version.sealed_by,
        "sealed_at": version.sealed_at.isoformat(),
        "models": list(session.scalars(learnt)),
    }
    return whole | {"limits": dataset_card.limits(whole)}


def _base(session: Session, version: ModelVersion) -> dict[str, Any]:
    row = session.get(BaseModel, version.base)
    return {"name": version.base, "digest": version.base_digest, "licence": row.licence if row else None}


def _data(session: Session, version: ModelVersion) -> dict[str, Any]:
    dataset = session.get_one(DatasetVersion, version.dataset_version_id)
    return {
        "dataset_version": dataset.name,
        "sha256": dataset.sha256,
        "counts": dict(dataset.counts),
        "policy_version": dataset.policy_version,
        "preprocessing": dict(dataset.preprocessing),
        "sealed_at": dataset.sealed_at.isoformat(),
    }


def _metrics(measured: ModelPerformance | None) -> dict[str, Any] | None:
    if measured is None:
        return None
    figures = {name: getattr(measured, name) for name in FIGURES if getattr(measured, name) is not None}
    return {
        "n": measured.n,
        "measured_at": measured.created_at.isoformat(),
        "figures": {
            name: {"value": value, "interval": measured.intervals.get(name)}
            for name, value in figures.items()
        },
        "calibration_error": measured.calibration_error,
        "per_class": dict(measured.per_class),
        "subgroups": dict(measured.subgroups),
    }


def _gate(session: Session, version: ModelVersion) -> dict[str, Any] | None:
    decision = lists.gate_decisions(session, [version.id]).get(version.id)
    if decision is None:
        return None
    against = models.get(session, decision.against_id).name if decision.against_id else None
    return {
        "verdict": decision.verdict,
        "against": against,
        "policy_version": decision.policy_version,
        "rules": list(decision.rules),
    }


def _training(session: Session, version: ModelVersion) -> dict[str, Any]:
    job = jobs.get(session, version.job_id)
    return {
        "job_id": str(job.id),
        "triggered_by": job.triggered_by,
        "seed": job.seed,
        "recipe": mended(job.recipe, job.repairs),
        "repairs": list(job.repairs),
        "attempts": len(lists.attempts(session, job.id)),
        "figures": dict(job.result),
        "provenance": dict(job.provenance),
        "cost": dict(job.cost),
        "points_gained": costs.points_gained(session, job),
    }
