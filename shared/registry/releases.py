"""Every change of who serves: moves, traffic plan, evidence, alert and events in the caller's transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.domain.cycle import CHALLENGING, VersionState
from shared.errors import ConflictError
from shared.registry import alerts, evidence, models, moves, plans
from shared.registry.plans import NextPlan, Plan
from shared.registry.tables import Deployment, ModelVersion

CANARY = (VersionState.CANARY_5, VersionState.CANARY_25, VersionState.CANARY_50)


@dataclass(frozen=True)
class Cause:
    """The person or rule behind a transition; `evidence` is what the record will show for it."""

    actor: str
    reason: str
    now: datetime
    evidence: Mapping[str, object] = field(default_factory=dict)


class NoPlanError(ConflictError):
    """Nothing of this model type is live."""

    code = "nothing_live"


def bootstrap(session: Session, version: ModelVersion, cause: Cause) -> Plan:
    """Make the first version of a type live: a recorded approval, since there is nothing to compare with."""
    moves.move(session, version, VersionState.LIVE, by=cause.actor, at=cause.now, why=cause.reason)
    wish = NextPlan(model_type=version.model_type, follows=0, champion=version.id)
    return _written(session, version, cause, transition="gated>live", wish=wish)


def start(session: Session, version: ModelVersion, cause: Cause) -> Plan:
    """Begin the challenge: every case is scored silently, nobody is served. The salt holds to its end."""
    plan = _current(session, version.model_type)
    for state in (VersionState.REPLAY, VersionState.SHADOW):
        moves.move(session, version, state, by=cause.actor, at=cause.now, why=cause.reason)
    wish = replace(_following(plan), challenger=version.id, shadow=True, salt=str(version.id))
    return _written(session, version, cause, transition="gated>shadow", wish=wish)


def advance(session: Session, version: ModelVersion, *, share: float, cause: Cause) -> Plan:
    """Take the next step of the ramp: `share` of persons get the challenger from now on."""
    plan, before = _current(session, version.model_type), version.state
    after = VersionState.CANARY_5 if before is VersionState.SHADOW else CANARY[CANARY.index(before) + 1]
    moves.move(session, version, after, by=cause.actor, at=cause.now, why=cause.reason)
    wish = replace(_following(plan), challenger=version.id, share=share, shadow=True, salt=plan.salt)
    return _written(session, version, cause, transition=f"{before}>{after}", wish=wish)


def promote(session: Session, version: ModelVersion, cause: Cause) -> Plan:
    """Make the challenger live; the replaced version stays warm and scores every case silently."""
    plan, before = _current(session, version.model_type), version.state
    if plan.standby is not None:
        oldest = models.get(session, plan.standby.id)
        moves.move(session, oldest, VersionState.RETIRED, by=cause.actor, at=cause.now, why="replaced")
    replaced = models.get(session, plan.champion.id)
    moves.move(session, replaced, VersionState.STANDBY, by=cause.actor, at=cause.now, why=cause.reason)
    moves.move(session, version, VersionState.LIVE, by=cause.actor, at=cause.now, why=cause.reason)
    wish = replace(_following(plan), champion=version.id, standby=replaced.id, shadow=True)
    return _written(session, version, cause, transition=f"{before}>live", wish=wish)


def roll_back(session: Session, version: ModelVersion, cause: Cause) -> Plan:
    """Take the version out of service at once; a live one gives its place back to the warm version before it.

    Raises:
        ConflictError: the version is live and no warm version stands by.
    """
    plan, before = _current(session, version.model_type), version.state
    if before is not VersionState.LIVE:
        moves.move(session, version, VersionState.ROLLED_BACK, by=cause.actor, at=cause.now, why=cause.reason)
        return _written(session, version, cause, transition=f"{before}>rolled_back", wish=_following(plan))
    if plan.standby is None:
        raise ConflictError(f"{version.name} has no warm version to go back to", fix="deploy another version")
    if plan.challenger is not None:
        _drop_challenger(session, plan.challenger.id, cause)
    moves.move(session, version, VersionState.ROLLED_BACK, by=cause.actor, at=cause.now, why=cause.reason)
    back = models.get(session, plan.standby.id)
    moves.move(session, back, VersionState.LIVE, by=cause.actor, at=cause.now, why=cause.reason)
    wish = NextPlan(model_type=plan.model_type, follows=plan.number, champion=back.id)
    return _written(session, version, cause, transition="live>rolled_back", wish=wish)


def end_without_evidence(session: Session, version: ModelVersion, cause: Cause) -> Plan:
    """End a challenge that could not show anything in its time: unsure means no, and no harm is claimed."""
    plan, before = _current(session, version.model_type), version.state
    after = VersionState.RETIRED if before is VersionState.SHADOW else VersionState.ROLLED_BACK
    moves.move(session, version, after, by=cause.actor, at=cause.now, why=cause.reason)
    return _written(session, version, cause, transition=f"{before}>{after}", wish=_following(plan))


def settle(session: Session, version: ModelVersion, cause: Cause) -> Plan:
    """End the reverse shadow without an alarm; only now may the replaced version be unloaded."""
    plan = _current(session, version.model_type)
    version.settled = True
    if plan.standby is not None:
        replaced = models.get(session, plan.standby.id)
        moves.move(session, replaced, VersionState.RETIRED, by=cause.actor, at=cause.now, why=cause.reason)
    wish = replace(_following(plan), standby=None, shadow=False)
    if plan.challenger is not None:
        wish = replace(wish, challenger=plan.challenger.id, share=plan.share, shadow=True, salt=plan.salt)
    return _written(session, version, cause, transition="live>settled", wish=wish)


def refuse(session: Session, version: ModelVersion, cause: Cause) -> None:
    """Record that the gate turned a version down, with its failed rules, and tell people."""
    moves.move(session, version, VersionState.REJECTED, by=cause.actor, at=cause.now, why=cause.reason)
    _recorded(session, version, cause, transition="trained>rejected")


def pass_gate(session: Session, version: ModelVersion, cause: Cause) -> None:
    """Record that the gate let a version through; an older one that still waited is retired."""
    moves.move(session, version, VersionState.GATED, by=cause.actor, at=cause.now, why=cause.reason)
    _recorded(session, version, cause, transition="trained>gated")
    for older in models.in_state(session, version.model_type, VersionState.GATED):
        if older.number < version.number:
            why = f"superseded by {version.name}"
            moves.move(session, older, VersionState.RETIRED, by=cause.actor, at=cause.now, why=why)
            _note_stage(session, older, now=cause.now, why=why)


def _current(session: Session, model_type: str) -> Plan:
    plans.lock(session, model_type)
    plan = plans.current(session, model_type)
    if plan is None:
        raise NoPlanError(f"nothing of {model_type} is live", fix="train and gate a first version")
    return plan


def _following(plan: Plan) -> NextPlan:
    """The plan after this one without a challenge: the champion, and behind it its warm standby if any."""
    return NextPlan(
        model_type=plan.model_type,
        follows=plan.number,
        champion=plan.champion.id,
        standby=plan.standby.id if plan.standby else None,
        shadow=plan.standby is not None,
    )


def _drop_challenger(session: Session, version_id: UUID, cause: Cause) -> None:
    version = models.get(session, version_id)
    why = "the version it was compared with was rolled back"
    before = version.state
    moves.move(session, version, VersionState.ROLLED_BACK, by=cause.actor, at=cause.now, why=why)
    dropped = Cause(cause.actor, why, cause.now)
    _recorded(session, version, dropped, transition=f"{before}>rolled_back")


def _written(
    session: Session, version: ModelVersion, cause: Cause, *, transition: str, wish: NextPlan
) -> Plan:
    plan = plans.append(session, wish, actor=cause.actor, reason=cause.reason, now=cause.now)
    _recorded(session, version, cause, transition=transition, plan=plan)
    return plan


def _recorded(
    session: Session, version: ModelVersion, cause: Cause, *, transition: str, plan: Plan | None = None
) -> None:
    """One evidence record and one alert for one transition."""
    body: dict[str, object] = {
        "version": {"name": version.name, "digest": version.digest, "base_digest": version.base_digest},
        "trained_on": {"job": str(version.job_id), "dataset_version": str(version.dataset_version_id)},
        "reason": cause.reason,
        "live_evidence": dict(cause.evidence),
    }
    if plan is not None:
        body["plan"] = {
            "number": plan.number,
            "champion": plan.champion.digest,
            "challenger": plan.challenger.digest if plan.challenger else None,
            "standby": plan.standby.digest if plan.standby else None,
            "share": plan.share,
        }
    evidence.append(session, version, transition=transition, actor=cause.actor, body=body, at=cause.now)
    to = transition.split(">")[1]
    severity = {"rolled_back": "critical", "rejected": "warning"}.get(to, "info")
    trouble = alerts.Trouble(
        kind=to,
        severity=severity,
        dedup_key=f"release:{version.name}:{transition}",
        title=f"Rounds: {version.name} {_SPOKEN.get(to, to)}",
        body=f"{transition}. {cause.reason}. By {cause.actor}.",
        subject=str(version.id),
    )
    alerts.raise_alert(session, trouble, now=cause.now)
    _note_stage(session, version, now=cause.now, why=to)


_SPOKEN = {
    "rolled_back": "was rolled back",
    "rejected": "was refused by the gate",
    "gated": "passed the gate",
    "live": "is live",
    "settled": "is settled",
    "retired": "ended without evidence",
    "shadow": "is in shadow",
}


def _note_stage(session: Session, version: ModelVersion, *, now: datetime, why: str) -> None:
    """Write the stage into the version's open deployment, and close that one when the challenge is over."""
    row = session.scalar(
        select(Deployment).filter_by(model_version_id=version.id, ended_at=None).with_for_update()
    )
    if row is None:
        return
    row.stages = [*row.stages, {"state": version.state.value, "at": now.isoformat()}]
    if version.state not in (*CHALLENGING, VersionState.GATED):
        row.ended_at, row.ended_why = now, why
    session.flush()
