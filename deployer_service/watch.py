"""Stage: watch. After the promotion: reverse shadow until settled, and live accuracy by prediction date."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from deployer_service import drift, slots
from deployer_service.challenge import Challenge
from deployer_service.deps import Deps
from shared.domain import transitions
from shared.domain.metrics import Estimate, share_of
from shared.domain.policy import Policy
from shared.errors import ConflictError, TransientError
from shared.logs import log
from shared.registry import models, monitor, plans, predictions, releases
from shared.registry.monitor import Matured
from shared.registry.releases import Cause
from shared.registry.tables import ModelVersion, MonitorWindow

WINDOW = timedelta(days=1)
_WINDOWS = 14  # labels come days later, so that the last two weeks are counted again
_EVERY = timedelta(hours=6)
_DRAIN = timedelta(minutes=1)
RULE = "rule:settle"


def compared(session: Session, model_type: str) -> list[Challenge]:
    """What runs now: the challenger against the champion, the champion against the version it replaced."""
    plan = plans.current(session, model_type)
    if plan is None:
        return []
    pairs = transitions.compared(plan.seats)
    return [Challenge(models.get(session, first), models.get(session, second)) for first, second in pairs]


def settle_if_due(session: Session, version: ModelVersion, policy: Policy, *, now: datetime) -> bool:
    """End the reverse shadow after its days and cases without an alarm; whether it ended."""
    days = (now - version.state_since) / timedelta(days=1)
    cases = predictions.count_since(session, version.model_type, version.state_since)
    needed = (policy.settle_days, policy.settle_cases)
    if not transitions.may_settle(version.state, days=days, cases=cases, needed=needed):
        return False
    why = f"{policy.settle_days} days and {policy.settle_cases} cases in reverse shadow without an alarm"
    releases.settle(session, version, Cause(RULE, why, now))
    return True


def measure(model_type: str, deps: Deps) -> None:
    """Count live accuracy by day of prediction again, a few times a day, as far as labels have come."""
    now = deps.clock()
    with deps.sessions.begin() as session:
        last = monitor.last_computed(session, model_type)
        if plans.current(session, model_type) is None or (last is not None and now - last < _EVERY):
            return
        today = now.replace(hour=0, minute=0, second=0, microsecond=0)
        for back in range(_WINDOWS):
            _count(session, model_type, starts=today - WINDOW * back, now=now)
        drift.warn(session, model_type, now=now)
        predictions.forget_expired(session, now=now)


def _count(session: Session, model_type: str, *, starts: datetime, now: datetime) -> None:
    """Write the windows of one day that say something else than they did."""
    for version_id, rows in monitor.matured(session, model_type, (starts, starts + WINDOW)).items():
        window = _window(rows, model_type, starts=starts, now=now, version_id=version_id)
        before = monitor.newest_window(session, version_id, starts)
        if before is None or before.n_matured != window.n_matured or before.n_predicted != len(rows):
            session.add(window)


def free_slots(model_type: str, deps: Deps) -> None:
    """Unload versions whose road has ended, a minute after it did: no router still names them then."""
    with deps.sessions() as session:
        plan = plans.current(session, model_type)
        seats = plan.seats if plan else None
        over = [
            version
            for version in models.in_state(session, model_type, *transitions.ENDED)
            if transitions.may_unload(version.id, version.state, seats)
            and deps.clock() - version.state_since > _DRAIN
        ]
    try:
        loaded = {one.digest for one in deps.model_server.loaded()} if over else set()
        for version in over:
            if version.digest in loaded:
                slots.take_down(deps, version)
    except (TransientError, ConflictError) as error:
        log.warning("slots not freed", model_type=model_type, code=error.code)


def _window(rows: list[Matured], model_type: str, **when: object) -> MonitorWindow:
    """One window of one version; the audit sample is weighed by the probability of its draw."""
    labelled = [row for row in rows if row.right is not None]
    audited = [(bool(row.right), 1 / row.audit_probability) for row in labelled if row.in_audit]
    estimates = {"accuracy": _shown([(bool(row.right), 1.0) for row in labelled])} if labelled else {}
    if audited:
        estimates["accuracy_audit"] = _shown(audited)
    starts = when["starts"]
    assert isinstance(starts, datetime)
    return MonitorWindow(
        model_type=model_type,
        model_version_id=when["version_id"],
        starts_at=starts,
        ends_at=starts + WINDOW,
        n_predicted=len(rows),
        n_matured=len(labelled),
        estimates=estimates,
        computed_at=when["now"],
    )


def _shown(cases: list[tuple[bool, float]]) -> dict[str, float]:
    one: Estimate = share_of(cases)
    return {"value": one.value, "low": one.low, "high": one.high, "n": one.n}
