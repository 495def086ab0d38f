"""Lineage and gate decisions as callers see them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from api_service.show.shape import Shape, link


class Lineage(Shape):
    """What stands behind an answer or a version; cases are paged under `links`."""

    answer: dict[str, Any] | None
    model: dict[str, Any]
    training: dict[str, Any]
    dataset: dict[str, Any]
    gate: list[dict[str, Any]]
    releases: list[dict[str, Any]]
    checkpoint: dict[str, Any] | None
    links: dict[str, str]

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> "Lineage":
        """From the registry's answer."""
        cases = link("datasets", found["dataset"]["dataset_version"], "cases")
        return cls(answer=found.get("answer"), links={"cases": cases}, **_rest(found))


class Member(Shape):
    """One case of a sealed version."""

    case_id: UUID
    split: str
    label: str


class GateShown(Shape):
    """The gate's word on a version; `none` where it has not said any."""

    model_version: str
    digest: str
    against: str | None  # the version in service that it was held against
    verdict: str
    rules: list[dict[str, Any]]
    policy_version: int | None
    inputs_sha256: str | None
    at: datetime | None


def _rest(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if name != "answer"}
