"""Sealed versions and withdrawals as callers see them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from api_service.show.shape import Message, Shape, counts, link
from shared.registry.tables import DatasetVersion, SealOrder, Withdrawal


class DatasetShown(Shape):
    """One sealed version."""

    dataset_version: str
    model_type: str
    number: int
    parent: str | None
    sha256: str
    training: int
    evaluation: int
    labels: dict[str, int]
    counts: dict[str, Any]
    preprocessing: dict[str, Any]
    policy_version: int
    sealed_by: str
    sealed_at: datetime

    @classmethod
    def of(cls, version: DatasetVersion, parent: str | None) -> "DatasetShown":
        """The version with the name of its parent."""
        return cls(
            dataset_version=version.name,
            model_type=version.model_type,
            number=version.number,
            parent=parent,
            sha256=version.sha256,
            training=version.counts.get("training", 0),
            evaluation=version.counts.get("evaluation", 0),
            labels=counts(version.counts, "labels"),
            counts=version.counts,
            preprocessing=version.preprocessing,
            policy_version=version.policy_version,
            sealed_by=version.sealed_by,
            sealed_at=version.sealed_at,
        )


class SealingShown(Message):
    """A sealing that was asked for: queued, completed with its version, or failed with the reason."""

    sealing_id: UUID
    model_type: str
    dataset_version: str | None
    links: dict[str, str]

    @classmethod
    def of(cls, order: SealOrder, version: str | None) -> "SealingShown":
        """The order as it stands, with the name of what was sealed."""
        told = {
            "queued": "it will be sealed",
            "completed": f"{version} is sealed",
            "failed": order.error or "",
        }
        links = {"self": link("sealings", order.id)}
        if version is not None:
            links["dataset"] = link("datasets", version)
        return cls(
            status=order.state,
            message=told[order.state],
            sealing_id=order.id,
            model_type=order.model_type,
            dataset_version=version,
            links=links,
        )


class WithdrawalShown(Shape):
    """What was taken back, and everything that had used it."""

    withdrawal_id: UUID
    person: UUID
    cause: str
    cases: int
    datasets: list[str]
    jobs: list[str]
    models: list[str]
    remedy: str | None
    requested_by: str
    at: datetime
    certificate: str

    @classmethod
    def of(cls, row: Withdrawal, remedy: str | None) -> "WithdrawalShown":
        """The row with the address of its certificate."""
        return cls(
            withdrawal_id=row.id,
            person=row.person_id,
            cause=row.cause,
            requested_by=row.requested_by,
            at=row.created_at,
            remedy=remedy,
            certificate=link("withdrawals", row.id, "certificate"),
            **row.reached,
        )


class WithdrawalDetail(WithdrawalShown):
    """The same with what holds now: versions sealed since, and how many of them hold such a case."""

    sealed_since: int
    sealed_since_with_them: int
