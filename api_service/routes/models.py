"""Model versions: which is live, which could be, how they measured, how two compare in service."""

import json
from collections.abc import Mapping, Sequence
from typing import Literal
from uuid import UUID

from flask import Response
from pydantic import Field
from sqlalchemy.orm import Session

from api_service.auth import READERS
from api_service.endpoint import Call, Group, Rules
from api_service.parse import PAGE_MOST, Body, Name, TypeQuery
from api_service.show.ab_test import AbTest
from api_service.show.models import Compared, Current, Performance, Version
from shared.domain.card import to_markdown
from shared.registry import cards, challenges, lists, models, plans, stats
from shared.registry.tables import ModelPerformance, ModelVersion

group = Group()


class VersionsQuery(Body):
    """Which versions; all types where none is named."""

    model_type: Name | None = None
    limit: int = Field(50, ge=1, le=PAGE_MOST)


class CardQuery(Body):
    """How the card is given."""

    format: Literal["json", "markdown"] = "json"


class CompareQuery(Body):
    """Two versions by name."""

    version_a: Name
    version_b: Name


@group.get("/models/current", roles=READERS)
def current(call: Call, query: TypeQuery) -> Current:
    """Who answers now, with what it measured on the frozen set."""
    models.model_type(call.session, query.model_type)
    return current_of(call.session, query.model_type)


@group.get("/models/available", roles=READERS)
def available(call: Call, query: VersionsQuery) -> list[Version]:
    """Every version with its figures, whether it can be deployed, and if not, why."""
    return _shown(call, models.versions(call.session, query.model_type, query.limit))


@group.get("/models/history", roles=READERS)
def history(call: Call, query: VersionsQuery) -> list[Version]:
    """The same list under the name that older clients use: every version, newest first."""
    return available(call, query)


@group.get("/models/performance", roles=READERS)
def performance(call: Call, query: VersionsQuery) -> list[Performance]:
    """What the gate measured on the frozen sets, newest first, as a bare array."""
    found = lists.measurements(call.session, model_type=query.model_type, limit=query.limit)
    return [Performance.of(figures, version) for figures, version in found]


@group.get("/models/compare", roles=READERS)
def compare(call: Call, query: CompareQuery) -> Compared:
    """Two versions side by side; figures on different frozen sets are shown and not subtracted."""
    pair = [models.by_name(call.session, name) for name in (query.version_a, query.version_b)]
    measured = stats.shared_performance(call.session, pair[0].id, pair[1].id)
    same = bool(measured)
    first, second = _shown(call, pair, measured)
    gate = lists.gate_decisions(call.session, [pair[1].id]).get(pair[1].id)
    told = (
        {"verdict": gate.verdict, "rules": gate.rules, "policy_version": gate.policy_version}
        if gate
        else None
    )
    message = "both were measured on one frozen set" if same else "they were not measured on one frozen set"
    return Compared(
        status="comparable" if same else "not_comparable",
        message=message,
        model_a=first,
        model_b=second,
        same_set=same,
        gate=told,
    )


@group.get(
    "/models/{version}/card", roles=READERS, rules=Rules(media_types=("application/json", "text/markdown"))
)
def card(call: Call, version: str, query: CardQuery) -> Response:
    """What a person should know before trusting a version, as data or as a page of Markdown."""
    found = cards.card(call.session, models.by_name(call.session, version))
    if query.format == "markdown":
        return Response(to_markdown(found), content_type="text/markdown; charset=utf-8")
    return Response(json.dumps(found), content_type="application/json")


@group.get("/models/ab-test", roles=READERS)
def ab_test(call: Call, query: TypeQuery) -> AbTest:
    """The running comparison in service, or the last one, as the decision engine left it."""
    models.model_type(call.session, query.model_type)
    found = challenges.newest(call.session, query.model_type)
    if found is None:
        message = f"no version of {query.model_type} was compared in service yet"
        return AbTest(status="none", message=message, model_type=query.model_type)
    return AbTest.of(found, query.model_type)


def current_of(session: Session, model_type: str) -> Current:
    """Who answers for a model type."""
    plan = plans.current(session, model_type)
    if plan is None:
        return Current.none(model_type)
    champion = models.get(session, plan.champion.id)
    return Current.of(plan, champion, models.performance(session, champion.id))


def _shown(
    call: Call, versions: Sequence[ModelVersion], on: Mapping[UUID, ModelPerformance] | None = None
) -> list[Version]:
    """Each version with its newest measurement, or with what it measured on a set that was named."""
    ids = [version.id for version in versions]
    measured = on or stats.newest_performance(call.session, ids)
    gates = lists.gate_decisions(call.session, ids)
    return [Version.of(version, measured.get(version.id), gates.get(version.id)) for version in versions]
