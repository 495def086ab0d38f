"""Once a week: a rollback is rehearsed on the live system, and people are told how the versions did."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from deployer_service import slots
from deployer_service.deps import Deps
from shared.domain.metrics import wilson
from shared.domain.transitions import Seats
from shared.errors import Error
from shared.registry import alerts, evidence, models, plans, releases, stats, timeline
from shared.registry.alerts import Trouble
from shared.registry.releases import Cause
from shared.registry.tables import Alert, EvidenceRecord, Prediction, TrafficPlan

DRILL, REPORT = "drill", "weekly_report"
WEEK = timedelta(days=7)
RULE = "rule:drill"


class UndoneError(Error):
    """Ends the rehearsal: everything in its savepoint is taken back."""

    code = "undone"


@dataclass(frozen=True)
class Rehearsed:
    """What the drill found: how long each version took to answer the probes, and the rollback to commit."""

    ready: Mapping[str, str]
    milliseconds: float
    refused: str | None

    @property
    def holds(self) -> bool:
        """Whether a rollback would work at this moment."""
        return self.refused is None and all(word == "ready" for word in self.ready.values())


def drill(model_type: str, deps: Deps) -> None:
    """Rehearse the rollback that a person would ask for, a week after the last time, and keep its record.

    Every seated version must be in memory and answer its probes; the rollback itself is written and taken
    back, so that nobody is served otherwise for a moment.
    """
    now = deps.clock()
    with deps.sessions() as session:
        plan = plans.current(session, model_type)
        if plan is None or not _goes_back(plan.seats) or _drilled(session, model_type, now):
            return
        seated = [models.get(session, one) for one in plan.seats.named()]
    ready: dict[str, str] = {}
    for version in seated:
        try:
            slots.bring_up(deps, version)
            ready[version.name] = "ready"
        except Error as error:
            ready[version.name] = error.code
    with deps.sessions.begin() as session:
        plans.lock(session, model_type)
        current = plans.current(session, model_type)
        if current == plan and not _drilled(session, model_type, now):
            _record(session, plan.seats, _rehearse(session, plan.seats, ready, now=now), now=now)


def _rehearse(session: Session, seats: Seats[UUID], ready: Mapping[str, str], *, now: datetime) -> Rehearsed:
    """The rollback inside a savepoint: with its moves, plan, evidence and alert, and then without them."""
    leaving = seats.challenger or seats.champion
    began, refused = time.perf_counter(), None
    try:
        with session.begin_nested():
            releases.roll_back(session, models.get(session, leaving), Cause(RULE, "rehearsal", now))
            raise UndoneError("the rehearsal is over")
    except UndoneError:
        pass
    except Error as error:
        refused = f"{error}"
    session.expire_all()
    return Rehearsed(ready, round((time.perf_counter() - began) * 1000, 1), refused)


def _record(session: Session, seats: Seats[UUID], found: Rehearsed, *, now: datetime) -> None:
    version = models.get(session, seats.challenger or seats.champion)
    body: dict[str, object] = {
        "version": {"name": version.name, "digest": version.digest},
        "plan_number": seats.number,
        "holds": found.holds,
        "ready": dict(found.ready),
        "rollback_milliseconds": found.milliseconds,
        "refused": found.refused,
    }
    evidence.append(session, version, transition=DRILL, actor=RULE, body=body, at=now)
    key = f"drill:{version.model_type}"
    if found.holds:
        alerts.resolve(session, key, by=RULE, now=now)
        return
    missing = ", ".join(f"{name}: {word}" for name, word in found.ready.items() if word != "ready")
    trouble = Trouble(
        kind="drill_failed",
        severity="critical",
        dedup_key=key,
        title=f"Rounds: a rollback of {version.name} would not work now",
        body=f"{found.refused or missing}. Look at the model server before anything is released.",
        subject=str(version.id),
    )
    alerts.raise_alert(session, trouble, now=now)


def report(model_type: str, deps: Deps) -> None:
    """Mail once in a calendar week what changed, for whom, how right answers were, with n and interval."""
    now = deps.clock()
    year, week, _ = now.isocalendar()
    key = f"report:{model_type}:{year}-{week:02}"
    with deps.sessions.begin() as session:
        plans.lock(session, model_type)
        told = select(Alert.id).where(Alert.dedup_key == key)
        first = session.scalar(select(func.min(TrafficPlan.effective_at)).filter_by(model_type=model_type))
        if first is None or now - first < WEEK or session.scalar(told) is not None:
            return
        title = f"Rounds: {model_type}, the week before {now:%d %B %Y}"
        body = "\n".join(lines(session, model_type, now=now))
        trouble = Trouble(kind=REPORT, severity="info", dedup_key=key, title=title, body=body)
        alerts.raise_alert(session, trouble, now=now)


def lines(session: Session, model_type: str, *, now: datetime) -> list[str]:
    """The report's sentences: changes of the week, then each version that answered in it."""
    since = now - WEEK
    changed = timeline.changes(session, model_type, since=since, until=now + timedelta(seconds=1))
    said = [
        f"{record.at:%d %b %H:%M} {name}: {record.transition}, by {record.actor}." for record, name in changed
    ]
    said = said or ["Nobody was served by another version than the week before."]
    for version_id, figures in stats.live_figures(session, model_type, since).items():
        version = models.get(session, version_id)
        persons, confidence = _answered(session, version_id, since)
        said.append(
            f"{version.name} ({version.state}) gave {figures.predicted} answers to {persons} persons."
        )
        if figures.labelled:
            share = figures.correct / figures.labelled
            low, high = wilson(share, figures.labelled)
            said.append(
                f"  Validated so far: {figures.labelled}, right {100 * share:.1f} % "
                f"(95 % interval {100 * low:.1f} to {100 * high:.1f})."
            )
        else:
            said.append("  No answer was validated yet.")
        said.append(
            f"  Estimate before labels, from its own confidence and no measurement: {confidence:.1f} %."
        )
    return said


def _answered(session: Session, version_id: UUID, since: datetime) -> tuple[int, float]:
    """How many persons a version answered, and how sure it was on the mean, in percent."""
    mine = select(func.count(Prediction.person_id.distinct()), func.avg(Prediction.confidence)).where(
        Prediction.model_version_id == version_id, Prediction.at >= since
    )
    persons, confidence = session.execute(mine).one()
    return persons, 100 * float(confidence or 0.0)


def _goes_back(seats: Seats[UUID]) -> bool:
    return seats.challenger is not None or seats.standby is not None


def _drilled(session: Session, model_type: str, now: datetime) -> bool:
    """Whether this week's drill is on record."""
    mine = select(func.max(EvidenceRecord.at)).filter_by(model_type=model_type, transition=DRILL)
    last = session.scalar(mine)
    return last is not None and now - last < WEEK
