"""The audit trail: read it, and see it proven."""

from typing import Any

from pydantic import AwareDatetime, Field

from api_service.auth import Role
from api_service.endpoint import Call, Group, Reply, Rules
from api_service.parse import PAGE_MOST, Body
from api_service.show.govern import AuditEventShown, AuditProof
from api_service.show.shape import link
from shared.proofs import Witness, audit_holds
from shared.registry import audit_chain
from shared.signing import public_pem
from shared.storage.objects import open_storage

group = Group()
AUDITORS = frozenset({Role.APPROVER, Role.ADMIN})
TOLD = 100


class AuditQuery(Body):
    """Events from an instant on, or behind a number."""

    since: AwareDatetime | None = Field(None, alias="from")
    after: int = Field(0, ge=0)
    limit: int = Field(100, ge=1, le=PAGE_MOST)


@group.get("/audit", roles=AUDITORS)
def list_events(call: Call, query: AuditQuery) -> Reply[list[AuditEventShown]]:
    """Who did what, oldest first; the next page is in the Link header."""
    after = query.after
    if query.since is not None:
        after = max(after, audit_chain.since(call.session, query.since))
    found = audit_chain.page(call.session, after=after, limit=query.limit)
    headers = {}
    if len(found) == query.limit:
        following = f"{link('audit')}?after={found[-1].seq}&limit={query.limit}"
        headers["Link"] = f'<{following}>; rel="next"'
    return Reply([AuditEventShown.of(event) for event in found], headers=headers)


@group.get("/audit/verify", roles=AUDITORS, rules=Rules(refusals=(404,)))
def verify(call: Call) -> AuditProof:
    """Whether every event is as it was sealed, against the checkpoints of the table and of the store."""
    settings = call.deps.settings
    witness = Witness(open_storage(settings), public_pem(settings))
    faults = list(audit_holds(call.session, witness))
    newest = audit_chain.newest(call.session)
    checkpoint: dict[str, Any] | None = dict(vars(newest)) if newest else None
    return AuditProof(holds=not faults, faults=faults[:TOLD], fault_count=len(faults), checkpoint=checkpoint)
