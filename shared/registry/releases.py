"""Every change of who serves: moves, traffic plan, evidence, alert and events in the caller's transaction."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from shared.domain import transitions
from shared.domain.cycle import CHALLENGING, VersionState
from shared.domain.transitions import Change, Entrant
from shared.errors import ConflictError
from shared.registry import alerts, approvals, evidence, models, moves, plans
from shared.registry.plans import NextPlan, Plan
from shared.registry.tables import Deployment, GateDecision, ModelVersion


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
    return _done(session, version, cause, change=transitions.bootstrap(version.id))


def start(session: Session, version: ModelVersion, cause: Cause) -> Plan:
    """Begin the challenge: every case is scored silently, nobody is served. The salt holds to its end."""
    seats = _current(session, version.model_type).seats
    return _done(session, version, cause, change=transitions.start(seats, version.id))


def advance(session: Session, version: ModelVersion, *, share: float, cause: Cause) -> Plan:
    """Take the next step of the ramp: `share` of persons get the challenger from now on."""
    seats = _current(session, version.model_type).seats
    return _done(
        session, version, cause, change=transitions.advance(seats, version.id, version.state, share=share)
    )


def promote(session: Session, version: ModelVersion, cause: Cause) -> Plan:
    """Make the challenger live; the replaced version stays warm and scores every case silently."""
    seats = _current(session, version.model_type).seats
    return _done(session, version, cause, change=transitions.promote(seats, version.id, version.state))


def roll_back(session: Session, version: ModelVersion, cause: Cause) -> Plan:
    """Take the version out of service at once; a live one gives its place back to the warm version before it.

    Raises:
        NothingToGoBackToError: the version is live and no warm version stands by.
    """
    seats = _current(session, version.model_type).seats
    return _done(session, version, cause, change=transitions.roll_back(seats, version.id, version.state))


def end_without_evidence(session: Session, version: ModelVersion, cause: Cause) -> Plan:
    """End a challenge that could not show anything in its time: unsure means no, and no harm is claimed."""
    seats = _current(session, version.model_type).seats
    return _done(session, version, cause, change=transitions.end(seats, version.id, version.state))


def settle(session: Session, version: ModelVersion, cause: Cause) -> Plan:
    """End the reverse shadow without an alarm; only now may the replaced version be unloaded."""
    change = transitions.settle(_current(session, version.model_type).seats, version.id)
    version.settled = True
    return _done(session, version, cause, change=change)


def entrants(session: Session, ids: Collection[UUID]) -> dict[UUID, Entrant]:
    """These versions as far as their right to serve goes."""
    passed = exists().where(
        GateDecision.model_version_id == ModelVersion.id,
        GateDecision.digest == ModelVersion.digest,
        GateDecision.verdict == "pass",
    )
    rows = session.execute(select(ModelVersion, passed).where(ModelVersion.id.in_(ids)))
    return {
        one.id: Entrant(one.state, gate_passed, one.blocked, tuple(map(str, one.tainted)))
        for one, gate_passed in rows
    }


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


def _done(session: Session, version: ModelVersion, cause: Cause, *, change: Change[UUID]) -> Plan:
    """Move, seat and record, all in the caller's transaction."""
    seats, fallen = change.seats, change.fallen
    assert seats is not None
    before = models.get(session, fallen).state if fallen else None
    standing = plans.current(session, version.model_type)
    for moved, to in change.moves:
        why = _WITH_ITS_CHAMPION if moved == fallen else cause.reason
        moves.move(session, models.get(session, moved), to, by=cause.actor, at=cause.now, why=why)
    entering = entrants(session, seats.named())
    transitions.check_seats(seats, entering, standing.seats if standing else None)
    wish = NextPlan(version.model_type, seats.number - 1, *seats[1:])
    plan = plans.append(session, wish, actor=cause.actor, reason=cause.reason, now=cause.now)
    for moved, _ in change.moves:
        approvals.lapse(session, moved, now=cause.now)
    if fallen is not None:
        dropped = Cause(cause.actor, _WITH_ITS_CHAMPION, cause.now)
        _recorded(session, models.get(session, fallen), dropped, transition=f"{before}>rolled_back")
    _recorded(session, version, cause, transition=change.transition, plan=plan)
    return plan


_WITH_ITS_CHAMPION = "the version it was compared with was rolled back"


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
