"""Where an answer comes from: its version, data set and cases; and what the gate said of a version."""

from typing import Any
from uuid import UUID

from pydantic import Field

from api_service.auth import READERS, Role
from api_service.endpoint import Call, Group, Reply
from api_service.parse import PAGE_MOST, Body
from api_service.show.lineage import GateShown, Lineage, Member
from api_service.show.shape import link
from shared.registry import datasets, lineage, lists, models

group = Group()
EXAMINERS = READERS - {Role.VIEWER}


class MembersQuery(Body):
    """A page of the cases of a data set, by id."""

    after: UUID | None = None
    limit: int = Field(PAGE_MOST, ge=1, le=PAGE_MOST)


@group.get("/predictions/{prediction_id}/lineage", roles=EXAMINERS)
def of_answer(call: Call, prediction_id: UUID) -> Lineage:
    """What stands behind one answer, back to the sealed data set and what signed it."""
    return Lineage.of(lineage.of_answer(call.session, prediction_id))


@group.get("/models/{model_version}/lineage", roles=READERS)
def of_version(call: Call, model_version: str) -> Lineage:
    """What stands behind a version."""
    return Lineage.of(lineage.of_version(call.session, models.by_name(call.session, model_version)))


@group.get("/datasets/{version}/cases", roles=EXAMINERS)
def members(call: Call, version: str, query: MembersQuery) -> Reply[list[Member]]:
    """The cases of a sealed version by id, with side and label; the next page is in the Link header."""
    found = lineage.cases(
        call.session, datasets.named(call.session, version).id, after=query.after, limit=query.limit
    )
    headers = {}
    if len(found) == query.limit:
        following = f"{link('datasets', version, 'cases')}?after={found[-1][0]}&limit={query.limit}"
        headers["Link"] = f'<{following}>; rel="next"'
    shown = [Member(case_id=case, split=split, label=label) for case, split, label in found]
    return Reply(shown, headers=headers)


@group.get("/gate/{model_version}", roles=READERS)
def gate(call: Call, model_version: str) -> GateShown:
    """The gate's newest word on a version, rule by rule, with the policy it used."""
    version = models.by_name(call.session, model_version)
    decision = lists.gate_decisions(call.session, [version.id]).get(version.id)
    rules: list[dict[str, Any]] = list(decision.rules) if decision else []
    return GateShown(
        model_version=version.name,
        digest=decision.digest if decision else version.digest,
        against=_name(call, decision.against_id) if decision and decision.against_id else None,
        verdict=decision.verdict if decision else "none",
        rules=rules,
        policy_version=decision.policy_version if decision else None,
        inputs_sha256=decision.inputs_sha256 if decision else None,
        at=decision.created_at if decision else None,
    )


def _name(call: Call, version_id: UUID) -> str:
    return models.get(call.session, version_id).name
