"""The shapes of plans, deployments, rollbacks and policies."""

from datetime import datetime
from uuid import UUID

from api_service.show.shape import Message, Shape
from shared.registry.plans import Plan
from shared.registry.tables import Approval, PolicyProposal, PolicyVersion
from shared.registry.time_machine import LiveThen


class PlanShown(Shape):
    """One traffic plan: who answers from `effective_at` on."""

    plan_version: int
    model_type: str
    champion: str
    champion_digest: str
    challenger: str | None
    standby: str | None
    challenger_percent: float
    shadow: bool
    reason: str
    actor: str
    effective_at: datetime

    @classmethod
    def of(cls, plan: Plan) -> "PlanShown":
        """The plan with versions by name."""
        return cls(
            plan_version=plan.number,
            model_type=plan.model_type,
            champion=plan.champion.name,
            champion_digest=plan.champion.digest,
            challenger=plan.challenger.name if plan.challenger else None,
            standby=plan.standby.name if plan.standby else None,
            challenger_percent=round(100 * plan.share, 4),
            shadow=plan.shadow,
            reason=plan.reason,
            actor=plan.actor,
            effective_at=plan.effective_at,
        )


class Answered(Shape):
    """How many answers one version gave in one slot, and to how many persons."""

    model_version: str
    slot: str
    answers: int
    persons: int


class LiveThenShown(Shape):
    """What served at an instant: why, by whose word, proved by which record, and whom it answered."""

    at: datetime
    plan_version: int
    champion: str
    champion_digest: str
    challenger: str | None
    challenger_digest: str | None
    challenger_percent: float
    standby: str | None
    reason: str
    actor: str
    effective_at: datetime
    until: datetime | None
    evidence: dict[str, object] | None
    approvals: list[dict[str, object]]
    answered: list[Answered]

    @classmethod
    def of(cls, then: LiveThen, at: datetime) -> "LiveThenShown":
        """The finding with its instant."""
        answered = [Answered.model_validate(one) for one in then.answered]
        own = {name: getattr(then, name) for name in cls.model_fields if hasattr(then, name)}
        own |= {"approvals": list(then.approvals), "answered": answered}
        percent = round(100 * then.share, 4)
        return cls(**own, at=at, plan_version=then.number, challenger_percent=percent)


class Deployed(Shape):
    """`POST /models/deploy`: the challenge that was asked for."""

    status: str
    message: str
    deployment_id: UUID | None
    plan_version: int | None
    model_version: str
    links: dict[str, str]


class RolledBack(Shape):
    """`POST /models/rollback`: who answers from now on. Without a plan version it is still to be recorded."""

    status: str
    message: str
    from_version: str
    to_version: str
    plan_version: int | None
    effective_at: datetime


class PolicyShown(Shape):
    """One policy version; shares are 0 to 1, as decisions read them."""

    version: int
    current: bool
    body: dict[str, object]
    reason: str
    created_by: str
    created_at: datetime

    @classmethod
    def of(cls, row: PolicyVersion, *, current: bool) -> "PolicyShown":
        """The row with its thresholds."""
        return cls(
            version=row.version,
            current=current,
            body=dict(row.body),
            reason=row.reason,
            created_by=row.created_by,
            created_at=row.created_at,
        )


class ApprovalShown(Shape):
    """One request for a second person's word."""

    approval_id: UUID
    subject_kind: str
    subject_id: UUID
    state: str
    maker: str
    checker: str | None
    reason: str
    created_at: datetime
    decided_at: datetime | None
    changes: dict[str, object] | None = None

    @classmethod
    def of(cls, row: Approval, proposal: PolicyProposal | None = None) -> "ApprovalShown":
        """One row of the list; a proposed policy with what it changes."""
        return cls(
            approval_id=row.id,
            subject_kind=row.subject_kind,
            subject_id=row.subject_id,
            state=row.state,
            maker=row.maker,
            checker=row.checker,
            reason=row.reason,
            created_at=row.created_at,
            decided_at=row.decided_at,
            changes=dict(proposal.changes) if proposal else None,
        )


class PolicyAsked(Message):
    """A policy was proposed: by field what it was and what it would be."""

    approval_id: UUID
    changes: dict[str, object]
