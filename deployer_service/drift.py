"""What is asked and answered, beside the weeks before: alerts for people, and nothing else."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from shared.domain import drift
from shared.domain.rollout import STRATA
from shared.registry import alerts, outcomes, plans
from shared.registry.alerts import Trouble
from shared.registry.tables import Prediction

NOW_DAYS, BEFORE_DAYS = 7, 28
AUDIT_NOW_DAYS, AUDIT_BEFORE_DAYS = 28, 84  # labels of the audit sample are few, and come late
MOST = 5000  # predictions of a window, the newest
RULE = "rule:drift"
Asked = Row[UUID, UUID, str, float, dict[str, Any]]


def warn(session: Session, model_type: str, *, now: datetime) -> None:
    """Open an alert for each change that chance does not explain, and close it when it is over.

    Nothing here promotes or rolls back: where the patients change, the version before would do no better.
    """
    plan = plans.current(session, model_type)
    if plan is None:
        return
    edge = now - timedelta(days=NOW_DAYS)
    after = _asked(session, model_type, (edge, now))
    before = _asked(session, model_type, (edge - timedelta(days=BEFORE_DAYS), edge))
    champion = plan.champion.id
    found = drift.drifted(_features(before, champion), _features(after, champion))
    _tell(session, f"drift:{model_type}", _mixed(model_type, found), now=now)
    _tell(session, f"accuracy:{model_type}", _fallen(session, model_type, champion, now=now), now=now)


def _mixed(model_type: str, found: Sequence[drift.Drift]) -> Trouble | None:
    if not found:
        return None
    said = "; ".join(f"{one.feature}: index {one.index:g}, more than {one.bound:g}" for one in found)
    return Trouble(
        kind="drift",
        severity="warning",
        dedup_key=f"drift:{model_type}",
        title=f"Rounds: the cases of {model_type} are not those of the weeks before",
        body=f"{said}. The last {NOW_DAYS} days beside the {BEFORE_DAYS} before. Nothing was rolled back: "
        "look at a changed form, a new site or a season, and think of a training.",
    )


def _fallen(session: Session, model_type: str, champion: UUID, *, now: datetime) -> Trouble | None:
    """The champion's answers in the audit sample are surely less often right than they were."""
    edge = now - timedelta(days=AUDIT_NOW_DAYS)
    after = _right(session, champion, (edge, now))
    before = _right(session, champion, (edge - timedelta(days=AUDIT_BEFORE_DAYS), edge))
    fell = drift.fell(before, after)
    if fell is None:
        return None
    then, late = (100 * share for share in fell)
    return Trouble(
        kind="accuracy_fell",
        severity="warning",
        dedup_key=f"accuracy:{model_type}",
        title=f"Rounds: {model_type} is less often right than it was",
        body=f"In the audit sample {late:.1f} % (n {len(after)}) after {then:.1f} % (n {len(before)}). If "
        "the version before does no better on the same cases, the cases have changed; train on newer ones.",
    )


def _tell(session: Session, key: str, trouble: Trouble | None, *, now: datetime) -> None:
    if trouble is None:
        alerts.resolve(session, key, by=RULE, now=now)
    else:
        alerts.raise_alert(session, trouble, now=now)


def _asked(session: Session, model_type: str, span: tuple[datetime, datetime]) -> Sequence[Asked]:
    columns = (
        Prediction.id,
        Prediction.model_version_id,
        Prediction.label,
        Prediction.confidence,
        Prediction.subgroup,
    )
    within = (Prediction.model_type == model_type, Prediction.at >= span[0], Prediction.at < span[1])
    return session.execute(select(*columns).where(*within).order_by(Prediction.seq.desc()).limit(MOST)).all()


def _features(rows: Sequence[Asked], champion: UUID) -> dict[str, list[str]]:
    """Who was asked about, of all; what was answered and how surely, of the one version in service."""
    mine = [row for row in rows if row.model_version_id == champion]
    return {
        "answers": [row.label for row in mine],
        "confidence": [drift.tenth(row.confidence) for row in mine],
        **{name: [str(row.subgroup[name]) for row in rows if name in row.subgroup] for name in STRATA},
    }


def _right(session: Session, version: UUID, span: tuple[datetime, datetime]) -> list[bool]:
    drawn = (Prediction.model_version_id == version, Prediction.in_audit)
    within = (Prediction.at >= span[0], Prediction.at < span[1])
    rows = session.execute(select(Prediction.id, Prediction.label).where(*drawn, *within)).all()
    labels = outcomes.standing(session, [row.id for row in rows])
    return [labels[row.id] == row.label for row in rows if row.id in labels]
