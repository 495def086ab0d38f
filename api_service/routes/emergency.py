"""Access in an emergency: taken with a code and a reason, told to everybody, reviewed by somebody else."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import SecretStr

from api_service import second_factor
from api_service.auth import READERS, Role
from api_service.endpoint import Call, Group, Reply, Rules
from api_service.parse import Body, Sentence
from api_service.show.shape import Shape
from shared.registry import emergencies, keys
from shared.registry.tables import Emergency

group = Group()
REVIEWERS = frozenset({Role.APPROVER, Role.ADMIN})


class EmergencyWish(Body):
    """`POST /session/emergency`: why, and the code of the device."""

    why: Sentence
    code: SecretStr


class ReviewWish(Body):
    """`POST /emergencies/{id}/review`: what somebody else makes of it."""

    verdict: Literal["justified", "misused"]


class EmergencyShown(Shape):
    """Access that was taken in an emergency; `why` is told to reviewers alone."""

    id: UUID
    taken_by: str
    started_at: datetime
    ends_at: datetime
    gives: list[str]
    why: str | None
    reviewed_by: str | None
    reviewed_at: datetime | None
    verdict: str | None


@group.post("/session/emergency", roles=READERS, rules=Rules(status=201))
def begin(call: Call, wish: EmergencyWish) -> Reply[EmergencyShown]:
    """Take the roles clinician and operator for an hour; everybody is told, and somebody reviews it."""
    key = keys.named(call.session, call.caller.name.removeprefix("key:"))
    second_factor.ask(call, key, wish.code, always=True)
    row = emergencies.begin(call.session, key, wish.why, vault=call.deps.vault, now=call.now)
    return Reply(_shown(row, why=None))


@group.get("/emergencies", roles=REVIEWERS)
def list_emergencies(call: Call) -> list[EmergencyShown]:
    """Every emergency, newest first, with the reason that was given."""
    vault = call.deps.vault
    return [
        _shown(row, why=vault.open(row.why_sealed, emergencies.PURPOSE).decode())
        for row in emergencies.listed(call.session)
    ]


@group.post("/emergencies/{emergency_id}/review", roles=REVIEWERS)
def review(call: Call, emergency_id: UUID, wish: ReviewWish) -> EmergencyShown:
    """Say whether it was justified; access that still runs ends with it."""
    row = emergencies.review(
        call.session, emergency_id, verdict=wish.verdict, reviewer=call.caller.name, now=call.now
    )
    return _shown(row, why=None)


def _shown(row: Emergency, *, why: str | None) -> EmergencyShown:
    return EmergencyShown(
        id=row.id,
        taken_by=row.taken_by,
        started_at=row.started_at,
        ends_at=row.ends_at,
        gives=sorted(emergencies.GIVES),
        why=why,
        reviewed_by=row.reviewed_by,
        reviewed_at=row.reviewed_at,
        verdict=row.verdict,
    )
