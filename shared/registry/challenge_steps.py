"""How a comparison in service grew: what the decision engine knew and did at each of its steps."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.domain.rollout import bounds, summary
from shared.registry.tables import ReleaseDecision, TrafficPlan


@dataclass(frozen=True)
class Step:
    """One step: `shown` is what the engine's state then says to people."""

    number: int
    at: datetime
    action: str
    shown: Mapping[str, Any]


def steps(session: Session, model_type: str, *, limit: int) -> list[Step]:
    """The newest steps of the running challenge or of the last one, oldest first."""
    version_id = _challenger(session, model_type)
    mine = select(ReleaseDecision).filter_by(model_version_id=version_id)
    newest = mine.order_by(ReleaseDecision.at.desc(), ReleaseDecision.step.desc()).limit(limit)
    rows = reversed(session.scalars(newest).all())
    return [Step(row.step, row.at, row.action, _shown(json.loads(row.answer)["state"])) for row in rows]


def _shown(state: Mapping[str, Any]) -> Mapping[str, Any]:
    """The state as people read it, its interval from the very counts that give its difference."""
    return summary(state) | {"interval": list(bounds(state["counts"]))}


def _challenger(session: Session, model_type: str) -> UUID | None:
    challenged = select(TrafficPlan.challenger_id).filter_by(model_type=model_type)
    newest = challenged.where(TrafficPlan.challenger_id.is_not(None)).order_by(TrafficPlan.number.desc())
    return session.scalar(newest.limit(1))
