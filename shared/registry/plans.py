"""Traffic plans: who answers now, who answered then. A plan is appended, never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from shared.domain.transitions import Seats, follows_on
from shared.errors import ConflictError
from shared.registry.tables import ModelVersion, TrafficPlan

CHANNEL = "rounds_plans"


@dataclass(frozen=True)
class Served:
    """A version as a router names it: the digest is what the model server answers under."""

    id: UUID
    name: str
    digest: str


@dataclass(frozen=True)
class Plan:
    """Who serves one model type. `share` is of persons, to the challenger; `standby` is warm."""

    number: int
    model_type: str
    champion: Served
    challenger: Served | None
    standby: Served | None
    share: float
    shadow: bool
    salt: str
    reason: str
    actor: str
    effective_at: datetime

    @property
    def seats(self) -> Seats[UUID]:
        """Who sits where, by id."""
        return Seats(self.number, *self._sitting("id"), self.share, self.shadow, self.salt)

    @property
    def names(self) -> Seats[str]:
        """Who sits where, as people call them."""
        return Seats(self.number, *self._sitting("name"), self.share, self.shadow, self.salt)

    @property
    def served(self) -> Seats[Served]:
        """Who sits where, with name and digest."""
        seats = (self.champion, self.challenger, self.standby)
        return Seats(self.number, *seats, self.share, self.shadow, self.salt)

    def _sitting(self, name: str) -> tuple[Any, Any, Any]:
        return (
            getattr(self.champion, name),
            getattr(self.challenger, name, None),
            getattr(self.standby, name, None),
        )


@dataclass(frozen=True)
class NextPlan:
    """The plan that is to follow number `follows` (0: none yet)."""

    model_type: str
    follows: int
    champion: UUID
    challenger: UUID | None = None
    standby: UUID | None = None
    share: float = 0.0
    shadow: bool = False
    salt: str = ""


class PlanMovedError(ConflictError):
    """Another plan was written first; read the current one and decide again."""

    code = "plan_moved"

    def __init__(self, *, model_type: str, follows: int, current: int) -> None:
        super().__init__(f"{model_type} is at plan {current}, not {follows}", fix="read the current plan")


def lock(session: Session, model_type: str) -> None:
    """Make this transaction the only one that changes who serves the type, until it ends."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"release:{model_type}", 0))))


def append(session: Session, wish: NextPlan, *, actor: str, reason: str, now: datetime) -> Plan:
    """Write the next plan and wake every router at the commit.

    Raises:
        PlanMovedError: the type is no longer at `wish.follows`.
    """
    lock(session, wish.model_type)
    newest = select(func.max(TrafficPlan.number)).filter_by(model_type=wish.model_type)
    number = session.scalar(newest) or 0
    if not follows_on(wish.follows, number):
        raise PlanMovedError(model_type=wish.model_type, follows=wish.follows, current=number)
    session.flush()
    row = TrafficPlan(
        model_type=wish.model_type,
        number=number + 1,
        champion_id=wish.champion,
        challenger_id=wish.challenger,
        standby_id=wish.standby,
        share=wish.share,
        shadow=wish.shadow,
        salt=wish.salt,
        reason=reason,
        actor=actor,
        effective_at=now,
    )
    session.add(row)
    session.flush()
    session.execute(text(f"NOTIFY {CHANNEL}"))
    return _shown(session, [row])[0]


def current(session: Session, model_type: str) -> Plan | None:
    """The plan in force; None before the first version went live."""
    newest = select(TrafficPlan).filter_by(model_type=model_type).order_by(TrafficPlan.number.desc())
    return next(iter(_shown(session, session.scalars(newest.limit(1)).all())), None)


def in_force(session: Session) -> dict[str, Plan]:
    """The plan of every type that has one, in two trips: routers ask at each change, and people wait."""
    newest = select(TrafficPlan.model_type, func.max(TrafficPlan.number).label("number"))
    of_each = newest.group_by(TrafficPlan.model_type).subquery()
    is_newest = (TrafficPlan.model_type == of_each.c.model_type) & (TrafficPlan.number == of_each.c.number)
    rows = session.scalars(select(TrafficPlan).join(of_each, is_newest)).all()
    return {plan.model_type: plan for plan in _shown(session, rows)}


def at(session: Session, model_type: str, instant: datetime) -> Plan | None:
    """The plan that was in force at an instant; None when nothing served yet."""
    then = select(TrafficPlan).filter_by(model_type=model_type).where(TrafficPlan.effective_at <= instant)
    newest = then.order_by(TrafficPlan.number.desc()).limit(1)
    return next(iter(_shown(session, session.scalars(newest).all())), None)


def history(session: Session, model_type: str, limit: int = 100) -> list[Plan]:
    """The newest plans, newest first."""
    newest = select(TrafficPlan).filter_by(model_type=model_type).order_by(TrafficPlan.number.desc())
    return _shown(session, session.scalars(newest.limit(limit)).all())


def _shown(session: Session, rows: Sequence[TrafficPlan]) -> list[Plan]:
    ids = {row_id for row in rows for row_id in (row.champion_id, row.challenger_id, row.standby_id)}
    named = select(ModelVersion.id, ModelVersion.name, ModelVersion.digest).where(ModelVersion.id.in_(ids))
    served = {row.id: Served(row.id, row.name, row.digest) for row in session.execute(named)}
    return [
        Plan(
            number=row.number,
            model_type=row.model_type,
            champion=served[row.champion_id],
            challenger=served.get(row.challenger_id) if row.challenger_id else None,
            standby=served.get(row.standby_id) if row.standby_id else None,
            share=row.share,
            shadow=row.shadow,
            salt=row.salt,
            reason=row.reason,
            actor=row.actor,
            effective_at=row.effective_at,
        )
        for row in rows
    ]
