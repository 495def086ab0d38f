"""The newest comparison in service of a model type, as plans, predictions and decisions tell it."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from shared.domain.cycle import CHALLENGING, VersionState
from shared.domain.rollout import summary
from shared.registry import steering
from shared.registry.steering import Steering
from shared.registry.tables import ModelVersion, Outcome, Prediction, ReleaseDecision, TrafficPlan

_COUNTS = text(
    """
    SELECT
      count(*) FILTER (WHERE p.model_version_id = :champion) AS champion,
      count(*) FILTER (WHERE p.model_version_id = :challenger) AS challenger,
      avg(p.share) AS expected_share,
      count(*) FILTER (WHERE o.label IS NOT NULL) AS labelled,
      count(*) FILTER (WHERE o.label IS NOT NULL AND s.label IS NOT NULL) AS paired
    FROM predictions p
    LEFT JOIN LATERAL (SELECT label FROM outcomes WHERE prediction_id = p.id LIMIT 1) o ON true
    LEFT JOIN LATERAL (
      SELECT label FROM silent_scores
      WHERE prediction_id = p.id AND model_version_id IN (:champion, :challenger) LIMIT 1) s ON true
    WHERE p.model_type = :model_type AND p.at >= :since AND (:until IS NULL OR p.at < :until)
    """
)


@dataclass(frozen=True)
class Challenge:
    """One challenge: who against whom, how many answers it rests on, what was decided last."""

    champion: str
    challenger: str
    running: bool
    share: float
    started_at: datetime
    ended_at: datetime | None
    served_by_champion: int
    served_by_challenger: int
    labelled: int
    paired: int
    state: str
    why: str
    decision: str | None
    shown: dict[str, Any]  # `rollout.summary` of the engine's last state; empty before its first step
    undecided: int  # labels that the engine has not been told yet; 0 where its run is over
    expected_share: float | None  # of the answers given, by the share in force at each
    steering: Steering


def newest(session: Session, model_type: str) -> Challenge | None:
    """The running challenge, or the last one; None when there was none yet."""
    mine = select(TrafficPlan).filter_by(model_type=model_type).order_by(TrafficPlan.number.desc())
    challenged = session.scalar(mine.where(TrafficPlan.challenger_id.is_not(None)).limit(1))
    if challenged is None or challenged.challenger_id is None:
        return None
    after = session.scalar(
        select(TrafficPlan)
        .filter_by(model_type=model_type)
        .where(TrafficPlan.number > challenged.number)
        .order_by(TrafficPlan.number)
        .limit(1)
    )
    since = session.scalar(
        select(func.min(TrafficPlan.effective_at)).filter_by(challenger_id=challenged.challenger_id)
    )
    assert since is not None
    return _told(session, challenged, since=since, after=after)


def _told(session: Session, plan: TrafficPlan, *, since: datetime, after: TrafficPlan | None) -> Challenge:
    sides = {"champion": plan.champion_id, "challenger": plan.challenger_id}
    until = after.effective_at if after else None
    found = session.execute(
        _COUNTS, sides | {"model_type": plan.model_type, "since": since, "until": until}
    ).one()
    champion, challenger = _version(session, plan.champion_id), _version(session, plan.challenger_id)
    decision = session.scalar(
        select(ReleaseDecision)
        .filter_by(model_version_id=challenger.id)
        .order_by(ReleaseDecision.at.desc(), ReleaseDecision.step.desc())
        .limit(1)
    )
    return Challenge(
        champion=champion.name,
        challenger=challenger.name,
        running=after is None,
        share=plan.share,
        started_at=since,
        ended_at=until,
        served_by_champion=found.champion,
        served_by_challenger=found.challenger,
        labelled=found.labelled,
        paired=found.paired,
        state=challenger.state.value,
        why=(after or plan).reason,
        decision=decision.action if decision else None,
        shown=summary(json.loads(decision.answer)["state"]) if decision else {},
        undecided=_undecided(session, challenger, decision),
        expected_share=found.expected_share,
        steering=steering.of(session, challenger),
    )


def _undecided(session: Session, version: ModelVersion, decision: ReleaseDecision | None) -> int:
    """Labels beyond the cursor of the last decision, as long as the version is compared."""
    if decision is None or version.settled or version.state not in (*CHALLENGING, VersionState.LIVE):
        return 0
    later = (
        select(func.count())
        .select_from(Outcome)
        .join(Prediction, Prediction.id == Outcome.prediction_id)
        .where(
            Prediction.model_type == version.model_type,
            Prediction.seq > decision.cursors["base"],
            Outcome.seq > decision.cursors["outcome"]["at"],
        )
    )
    return session.scalar(later) or 0


def _version(session: Session, version_id: UUID | None) -> ModelVersion:
    return session.execute(select(ModelVersion).filter_by(id=version_id)).scalar_one()
