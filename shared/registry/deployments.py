"""What people and rules ask of releases: deploy this version, go back to that one."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.domain.bells import TaskName
from shared.domain.cycle import CHALLENGING, VersionState
from shared.errors import ConflictError
from shared.registry import audit, models, outbox, plans, releases
from shared.registry.plans import Plan
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


class NothingToGoBackToError(ConflictError):
    """No warm version stands where the rollback points."""

    code = "nothing_to_go_back_to"


def why_not(session: Session, version: ModelVersion) -> list[str]:
    """Every reason why a version may not be deployed now; empty when it may."""
    reasons = [f"tainted: {reason}" for reason in version.tainted]
    if version.blocked:
        reasons.append("blocked by a person")
    if version.state is VersionState.REJECTED:
        reasons += [f"gate: {rule}" for rule in failed_rules(session, version)]
    if version.state is not VersionState.GATED and version.state not in CHALLENGING:
        reasons.append(f"it is {version.state.value}, not gated")
    return reasons


def failed_rules(session: Session, version: ModelVersion) -> list[str]:
    """What the newest gate decision over these bytes said no to, in words."""
    found = select(GateDecision).filter_by(model_version_id=version.id, digest=version.digest)
    decision = session.scalar(found.order_by(GateDecision.created_at.desc()).limit(1))
    rules = decision.rules if decision else []
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
        .where(ModelVersion.state == VersionState.GATED, ModelVersion.blocked.is_(False))
        .order_by(ModelVersion.number.desc())
    )
    return next((version for version in session.scalars(asked) if not version.tainted), None)


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
    leaving = _leaving(plan, to_version)
    after = releases.roll_back(session, models.by_name(session, leaving), cause)
    return RolledBack(leaving, after.champion.name, after.number, after.effective_at)


def _leaving(plan: Plan, to_version: str | None) -> str:
    """The version that has to go so that `to_version` serves everybody."""
    challenger, standby = plan.challenger, plan.standby
    pulls = to_version == plan.champion.name or (to_version is None and (plan.share > 0 or not standby))
    if challenger is not None and pulls:
        return challenger.name
    if standby is not None and to_version in (None, standby.name):
        return plan.champion.name
    warm = [one.name for one in (standby, plan.champion if challenger else None) if one]
    raise NothingToGoBackToError(
        f"{to_version or 'no version'} does not stand warm behind {plan.champion.name}",
        field="to_version",
        fix=f"choose {' or '.join(warm)}" if warm else "deploy another version",
    )
