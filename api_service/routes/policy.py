"""The site's thresholds, the second person's word, and the one switch that stops all automation."""

from api_service.auth import READERS, Role
from api_service.endpoint import Call, Group, Rules
from api_service.parse import ApprovalWish, PolicyWish
from api_service.show.release import ApprovalShown, PolicyAsked, PolicyShown
from api_service.show.shape import Message
from shared.registry import approvals, policies, proposals, switches

group = Group()
SWITCHERS = frozenset({Role.OPERATOR, Role.APPROVER})


@group.get("/policies", roles=READERS)
def list_policies(call: Call) -> list[PolicyShown]:
    """Every policy version, newest first; the first is in force."""
    rows = policies.versions(call.session)
    return [PolicyShown.of(row, current=row is rows[0]) for row in rows]


@group.post("/policies", roles=frozenset({Role.STEWARD, Role.OPERATOR}), rules=Rules(status=202))
def propose(call: Call, wish: PolicyWish) -> PolicyAsked:
    """Ask for other thresholds; they come into force when a second person approves."""
    row, asked = proposals.propose(
        call.session, wish.changes, reason=wish.reason, maker=call.caller.name, now=call.now
    )
    return PolicyAsked(
        status=asked.state,
        message="the policy is proposed; a second person approves it",
        approval_id=asked.id,
        changes=dict(row.changes),
    )


@group.post("/pause", roles=SWITCHERS)
def pause(call: Call) -> Message:
    """Stop collection, training and ramp; serving and rollback go on."""
    return _turned(call, on=True)


@group.post("/resume", roles=SWITCHERS)
def resume(call: Call) -> Message:
    """Let the automation run again."""
    return _turned(call, on=False)


@group.get("/approvals", roles=READERS)
def list_approvals(call: Call) -> list[ApprovalShown]:
    """Releases and policies that wait for a second person, oldest first."""
    rows = approvals.waiting(call.session)
    about = proposals.of(call.session, rows)
    return [ApprovalShown.of(row, about.get(row.id)) for row in rows]


@group.post("/approvals", roles=frozenset({Role.APPROVER}))
def decide(call: Call, wish: ApprovalWish) -> ApprovalShown:
    """Say yes or no, once; whoever asked may not."""
    row, _ = proposals.decide(
        call.session,
        wish.approval_id,
        checker=call.caller.name,
        approve=wish.approve,
        reason=wish.reason,
        now=call.now,
    )
    return ApprovalShown.of(row)


def _turned(call: Call, *, on: bool) -> Message:
    changed = switches.turn(call.session, switches.PAUSED, on=on, actor=call.caller.name, now=call.now)
    status = "paused" if on else "running"
    return Message(status=status, message=f"automation is {status}" + ("" if changed else " already"))
