"""What people and rules ask of releases: deploy this version, go back to that one."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.domain import transitions
from shared.domain.bells import TaskName
from shared.domain.cycle import VersionState
from shared.domain.transitions import NothingToGoBackToError
from shared.errors import ConflictError
from shared.registry import audit, models, outbox, plans, releases
from shared.registry.releases import Cause
from shared.registry.tables import Deployment, GateDecision, ModelVersion

STRATEGIES = ("canary", "blue_green", "shadow")


@dataclass(frozen=True)
class RolledBack:
    """What a rollback did: who served, who serves, under which plan, since when."""

    from_version: str
    to_version: str
    plan_number: int
    effective_at: datetime


class NotDeployableError(ConflictError):
    """The version may not serve; `rules` holds every reason."""

    code = "not_deployable"

    def __init__(self, name: str, rules: list[str]) -> None:
        super().__init__(f"{name} cannot be deployed: {'; '.join(rules)}", field="model_version")
        self.rules = rules


def why_not(session: Session, version: ModelVersion) -> list[str]:
    """Every reason why a version may not be deployed now; empty when it may."""
    entrant = releases.entrants(session, [version.id])[version.id]
    return transitions.why_not(entrant, failed_rules(session, version))


def failed_rules(session: Session, version: ModelVersion) -> list[str]:
    """What the newest gate decision over these bytes said no to, in words."""
    found = select(GateDecision.rules).filter_by(model_version_id=version.id, digest=version.digest)
    rules = session.scalar(found.order_by(GateDecision.created_at.desc()).limit(1)) or []
    return [f"{rule['rule']}: {rule['why']}" for rule in rules if rule["verdict"] != "pass"]


def deploy(session: Session, version: ModelVersion, *, strategy: str, cause: Cause) -> Deployment:
    """Ask for a challenge; the deployer starts it when the slot is free. Asking again returns the same one.

    Raises:
        NotDeployableError: the version may not serve.
    """
    reasons = why_not(session, version)
    if reasons:
        raise NotDeployableError(version.name, reasons)
    standing = session.scalar(select(Deployment).filter_by(model_version_id=version.id, ended_at=None))
    if standing is not None:
        return standing
    row = Deployment(
        model_version_id=version.id,
        strategy=strategy,
        stages=[],
        requested_by=cause.actor,
        started_at=cause.now,
    )
    session.add(row)
    session.flush()
    details = {"strategy": strategy, "reason": cause.reason}
    subject = ("model_versions", version.id)
    audit.write(session, act="deploy", subject=subject, actor=cause.actor, at=cause.now, details=details)
    outbox.ring(session, TaskName.LOOK, models.model_type(session, version.model_type).id)
    return row


def wanted(session: Session, model_type: str) -> ModelVersion | None:
    """The newest gated version that somebody asked to deploy and that has not begun."""
    asked = (
        select(ModelVersion)
        .join(Deployment, Deployment.model_version_id == ModelVersion.id)
        .where(Deployment.ended_at.is_(None), ModelVersion.model_type == model_type)
        .where(ModelVersion.state == VersionState.GATED)
        .order_by(ModelVersion.number.desc())
    )
    found = session.scalars(asked).all()
    fit = releases.entrants(session, [version.id for version in found])
    return next((version for version in found if transitions.may_start(fit[version.id])), None)


def rollback_by_person(
    session: Session, model_type: str, to_version: str | None, *, cause: Cause
) -> RolledBack:
    """Go back at once: from a challenger to the champion, or from the champion to the warm version before it.

    Without `to_version` a challenger that serves is pulled first. Needs neither model server nor worker.

    Raises:
        NothingToGoBackToError: no warm version stands there.
    """
    plans.lock(session, model_type)
    plan = plans.current(session, model_type)
    if plan is None:
        raise NothingToGoBackToError(f"nothing of {model_type} is live", field="model_type")
    leaving = transitions.leaving(plan.names, to_version)
    after = releases.roll_back(session, models.by_name(session, leaving), cause)
    return RolledBack(leaving, after.champion.name, after.number, after.effective_at)


def file_rollback(session: Session, model_type: str, leaving: str, *, cause: Cause) -> RolledBack | None:
    """Write a rollback that a router obeyed before it could be recorded; None when it is out already.

    It names the version that left, not where to go: filed twice, or late, it takes nobody else out.
    """
    plans.lock(session, model_type)
    plan = plans.current(session, model_type)
    version = models.by_name(session, leaving)
    if plan is None or version.id not in (plan.champion.id, plan.challenger and plan.challenger.id):
        return None
    after = releases.roll_back(session, version, cause)
    return RolledBack(leaving, after.champion.name, after.number, after.effective_at)
