"""The account of promotions of a model type, read from its decisions, plans and gate verdicts."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.domain.lifetime import YEAR_DAYS, Anchored, Standing, spent
from shared.registry import decisions
from shared.registry.tables import GateDecision, ModelVersion, ReleaseDecision, TrafficPlan


def standing(session: Session, challenger: ModelVersion, *, now: datetime) -> Standing:
    """Where the account of its type stands as this version begins its challenge."""
    promoted = session.scalars(
        select(ReleaseDecision)
        .filter_by(model_type=challenger.model_type, action="promote")
        .where(ReleaseDecision.at > now - timedelta(days=YEAR_DAYS))
        .order_by(ReleaseDecision.at)
    ).all()
    alphas = [_config(session, one.run)["alpha_promote"] for one in promoted]
    first = session.scalar(
        select(TrafficPlan.champion_id)
        .filter_by(model_type=challenger.model_type)
        .order_by(TrafficPlan.number)
        .limit(1)
    )
    anchor = _beside(session, first, challenger.id)
    tests = [anchor, *(_beside(session, first, row.model_version_id) for row in promoted)]
    failed = any(test is not None and test.failed for test in tests)
    return Standing(spent=spent(alphas), anchor=anchor, failed_this_year=failed)


def why_person(session: Session, run: str) -> str | None:
    """Why the promotion of this run waits for a person whatever the release mode, as its start settled it."""
    if decisions.newest(session, run) is None:
        return None
    why: str | None = _config(session, run).get("person_because")
    return why


def _config(session: Session, run: str) -> dict[str, Any]:
    config: dict[str, Any] = json.loads(decisions.start(session, run).message)["config"]
    return config


def _beside(session: Session, first: UUID | None, version: UUID) -> Anchored | None:
    """How a version does beside the first one, on the cases whose truth and answers both verdicts hold."""
    if first is None:
        return None
    theirs, mine = _answers(session, first), _answers(session, version)
    common = theirs.keys() & mine.keys()
    if not common:
        return None
    changes = [(mine[case][0] == mine[case][1]) - (mine[case][0] == theirs[case][1]) for case in common]
    return Anchored(cases=len(changes), wins=changes.count(1), losses=changes.count(-1))


def _answers(session: Session, version: UUID) -> dict[str, tuple[str, str]]:
    """Truth and answer by case, of the newest verdict on this version."""
    inputs = session.scalar(
        select(GateDecision.inputs)
        .filter_by(model_version_id=version)
        .order_by(GateDecision.created_at.desc())
        .limit(1)
    )
    cases = (inputs or {}).get("cases", [])
    return {one["case_id"]: (one["truth"], one["candidate"]["label"]) for one in cases}
