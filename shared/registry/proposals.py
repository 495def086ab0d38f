"""Proposed policies: one person asks, another adopts or refuses; nothing changes in between."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.domain import policy_change
from shared.domain.policy import Policy
from shared.errors import ConflictError
from shared.registry import approvals, audit, policies
from shared.registry.tables import Approval, PolicyProposal

SUBJECT = "policy_proposals"


class StaleProposalError(ConflictError):
    """The policy was changed after this was proposed."""

    code = "stale_proposal"


def propose(
    session: Session, changes: Mapping[str, Any], *, reason: str, maker: str, now: datetime
) -> tuple[PolicyProposal, Approval]:
    """Ask for a policy with these fields otherwise; a second person's word is asked for with it.

    Raises:
        PolicyError: a name is unknown, a value out of bounds, or nothing would change.
    """
    version, policy = policies.current(session)
    wanted = policy_change.changed(policy, changes)
    told = {name: list(pair) for name, pair in policy_change.difference(policy, wanted).items()}
    row = PolicyProposal(
        base_version=version,
        body=wanted.model_dump(mode="json"),
        changes=told,
        reason=reason,
        created_by=maker,
        created_at=now,
    )
    session.add(row)
    session.flush()
    subject = (SUBJECT, row.id)
    audit.write(session, act="propose", subject=subject, actor=maker, at=now, details={"changes": told})
    return row, approvals.ask(session, subject, maker=maker, reason=reason, now=now)


def decide(
    session: Session, approval_id: UUID, *, checker: str, approve: bool, reason: str, now: datetime
) -> tuple[Approval, int | None]:
    """The second person's word on any request; an approved policy is in force from here on, by its version.

    Raises:
        NotFoundError: there is no such request.
        SamePersonError: the checker is the maker.
        DecidedAlreadyError: it was decided before.
        StaleProposalError: another policy came into force meanwhile.
    """
    row = approvals.decide(session, approval_id, checker=checker, approve=approve, reason=reason, now=now)
    if row.subject_kind != SUBJECT or not approve:
        return row, None
    proposal = session.get_one(PolicyProposal, row.subject_id)
    policies.take_turn(session)
    version, _ = policies.current(session)
    if version != proposal.base_version:
        raise StaleProposalError(
            f"policy {version} came into force after this was proposed on policy {proposal.base_version}",
            field="approval_id",
            fix="propose it again",
        )
    wanted = Policy.model_validate(proposal.body)
    return row, policies.adopt(session, wanted, reason=proposal.reason, actor=checker, now=now)


def of(session: Session, approvals_shown: list[Approval]) -> dict[UUID, PolicyProposal]:
    """The proposals that these requests are about, by the request's id."""
    about = {row.subject_id: row.id for row in approvals_shown if row.subject_kind == SUBJECT}
    found = session.scalars(select(PolicyProposal).where(PolicyProposal.id.in_(about)))
    return {about[proposal.id]: proposal for proposal in found}
