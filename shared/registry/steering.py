"""What people say of a running comparison: that its ramp is held, and that it goes one step further.

A hold is one person's act and ends by another. A step takes two people: one asks, another agrees, and the
engine then goes on without waiting for the evidence, unless it suspects harm. A word is about the step that
was next when it was asked for: once the ramp has moved, it says nothing any more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.domain.bells import TaskName
from shared.errors import ConflictError
from shared.registry import approvals, models, outbox, plans, switches
from shared.registry.plans import Plan
from shared.registry.tables import Approval, ModelVersion, SiteSwitch


class NotComparedError(ConflictError):
    """The version is not the challenger of its type now."""

    code = "not_compared"


@dataclass(frozen=True)
class Steering:
    """Who holds the ramp and why, and the request for its next step; None where there is none."""

    held: Mapping[str, Any] | None
    asked: Approval | None


def hold(
    session: Session, version: ModelVersion, *, on: bool, reason: str, actor: str, now: datetime
) -> bool:
    """Hold the ramp of a comparison, or let it go on; False when it stood so already.

    Raises:
        NotComparedError: the version is not compared now.
    """
    _challenged(session, version)
    changed = switches.turn(session, _switch(version), on=on, actor=actor, now=now, reason=reason)
    if changed and not on:
        outbox.ring(session, TaskName.LOOK, models.model_type(session, version.model_type).id)
    return changed


def is_held(session: Session, version: ModelVersion) -> bool:
    """Whether somebody holds the ramp of this version."""
    return switches.is_on(session, _switch(version))


def ask(session: Session, version: ModelVersion, *, reason: str, maker: str, now: datetime) -> Approval:
    """Ask a second person to let a version go one step further; asked again, the same request.

    Raises:
        NotComparedError: the version is not compared now.
    """
    subject = _step(_challenged(session, version), version)
    return approvals.ask(session, subject, maker=maker, reason=reason, now=now)


def asked(session: Session, version: ModelVersion) -> Approval | None:
    """The newest request for the step that is next now."""
    plan = plans.current(session, version.model_type)
    return approvals.newest(session, _step(plan, version)) if plan else None


def agreed(session: Session, version: ModelVersion) -> Approval | None:
    """The request for the next step that a second person has agreed to."""
    found = asked(session, version)
    return found if found and found.state == "approved" else None


def of(session: Session, version: ModelVersion) -> Steering:
    """How people steer this version now."""
    row = session.scalar(select(SiteSwitch).filter_by(name=_switch(version)))
    held = None
    if row is not None and row.value["on"]:
        held = {"by": row.set_by, "at": row.set_at, "reason": row.value["reason"]}
    return Steering(held, asked(session, version))


def _challenged(session: Session, version: ModelVersion) -> Plan:
    plans.lock(session, version.model_type)
    plan = plans.current(session, version.model_type)
    if plan is None or plan.challenger is None or plan.challenger.id != version.id:
        raise NotComparedError(
            f"{version.name} is not compared in service now",
            field="model_version",
            fix="see `rounds models current` for the challenger",
        )
    return plan


def _step(plan: Plan, version: ModelVersion) -> tuple[str, UUID]:
    """What a request is about: the step that follows this very plan."""
    return f"{approvals.STEPS}_{plan.number}", version.id


def _switch(version: ModelVersion) -> str:
    return f"held:{version.name}"
