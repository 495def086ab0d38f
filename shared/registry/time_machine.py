"""What served at an instant, why, by whose word, and whom it answered: one query over what never changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

_LIVE_THEN = text(
    """
    WITH serving AS (
      SELECT * FROM traffic_plans
      WHERE model_type = :model_type AND effective_at <= :instant
      ORDER BY number DESC LIMIT 1
    ), answered AS (
      SELECT v.name AS model_version, p.slot, count(*) AS answers, count(DISTINCT p.person_id) AS persons
      FROM serving s
      JOIN predictions p ON p.model_type = s.model_type AND p.plan_number = s.number AND p.at <= :instant
      JOIN model_versions v ON v.id = p.model_version_id
      GROUP BY v.name, p.slot ORDER BY v.name, p.slot
    )
    SELECT s.number, s.share, s.shadow, s.reason, s.actor, s.effective_at,
      champion.name AS champion, champion.digest AS champion_digest,
      challenger.name AS challenger, challenger.digest AS challenger_digest,
      standby.name AS standby,
      (SELECT n.effective_at FROM traffic_plans n
       WHERE n.model_type = s.model_type AND n.number = s.number + 1) AS until,
      (SELECT jsonb_build_object('seq', e.seq, 'hash', e.hash, 'transition', e.transition,
                                 'live_evidence', e.body -> 'live_evidence')
       FROM evidence_records e
       WHERE e.model_type = s.model_type AND (e.body -> 'plan' ->> 'number')::int = s.number
       ORDER BY e.seq DESC LIMIT 1) AS evidence,
      (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'model_version', v.name, 'maker', a.maker, 'checker', a.checker, 'state', a.state,
                'reason', a.reason, 'decided_at', a.decided_at) ORDER BY a.decided_at), '[]')
       FROM approvals a JOIN model_versions v ON v.id = a.subject_id
       WHERE a.decided_at <= :instant AND a.subject_id IN (s.champion_id, s.challenger_id)) AS approvals,
      (SELECT coalesce(jsonb_agg(to_jsonb(answered)), '[]') FROM answered) AS answered
    FROM serving s
    JOIN model_versions champion ON champion.id = s.champion_id
    LEFT JOIN model_versions challenger ON challenger.id = s.challenger_id
    LEFT JOIN model_versions standby ON standby.id = s.standby_id
    """
)


@dataclass(frozen=True)
class LiveThen:
    """One instant. `answered` counts answers and persons under this plan, by version, up to the instant."""

    number: int
    share: float
    shadow: bool
    reason: str
    actor: str
    effective_at: datetime
    champion: str
    champion_digest: str
    challenger: str | None
    challenger_digest: str | None
    standby: str | None
    until: datetime | None  # when the next plan took its place; None while it is in force
    evidence: Mapping[str, Any] | None  # the record of the transition that brought it
    approvals: Sequence[Mapping[str, Any]]
    answered: Sequence[Mapping[str, Any]]


def live_at(session: Session, model_type: str, instant: datetime) -> LiveThen | None:
    """Who served a model type then; None when nothing did yet."""
    row = session.execute(_LIVE_THEN, {"model_type": model_type, "instant": instant}).one_or_none()
    return LiveThen(**row._mapping) if row is not None else None
