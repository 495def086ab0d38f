"""Access in an emergency: an hour of two more roles, an alert to everybody, a review by somebody else."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.errors import ConflictError, NotFoundError
from shared.registry import alerts, audit
from shared.registry.alerts import Trouble
from shared.registry.approvals import SamePersonError
from shared.registry.tables import ApiKey, Emergency
from shared.vault import Vault

PURPOSE = "emergency"
LASTS = timedelta(minutes=60)
GIVES = frozenset({"clinician", "operator"})  # see the cases, stop and roll back; never approve


class ReviewedAlreadyError(ConflictError):
    """The emergency was reviewed before."""

    code = "reviewed_already"


def begin(session: Session, key: ApiKey, why: str, *, vault: Vault, now: datetime) -> Emergency:
    """Open the doors for the holder of a key, once: while they are open the same answer comes back."""
    standing = session.scalar(select(Emergency).where(Emergency.key_id == key.id, Emergency.ends_at > now))
    if standing is not None:
        return standing
    by = f"key:{key.name}"
    row = Emergency(
        key_id=key.id,
        taken_by=by,
        why_sealed=vault.seal(why.encode(), PURPOSE),
        started_at=now,
        ends_at=now + LASTS,
    )
    session.add(row)
    session.flush()
    until = row.ends_at.isoformat(timespec="minutes")
    audit.write(
        session, act="emergency", subject=("emergencies", row.id), actor=by, at=now, details={"until": until}
    )
    body = f"{by} took emergency access until {until}. Read why, and review it: GET /emergencies."
    trouble = Trouble("emergency", "critical", f"emergency:{row.id}", f"Emergency access by {by}", body)
    alerts.raise_alert(session, trouble, now=now)
    return row


def extra_roles(session: Session, key_id: UUID, now: datetime) -> frozenset[str]:
    """What an emergency gives the holder of this key now."""
    open_ones = select(func.count()).where(Emergency.key_id == key_id, Emergency.ends_at > now)
    return GIVES if session.scalar(open_ones) else frozenset()


def review(session: Session, emergency_id: UUID, *, verdict: str, reviewer: str, now: datetime) -> Emergency:
    """Say whether it was justified, once; the alert is over then, and access that still runs ends.

    Raises:
        NotFoundError: there is no such emergency.
        SamePersonError: the reviewer is the one who took it.
        ReviewedAlreadyError: somebody reviewed it before.
    """
    row = session.scalar(select(Emergency).where(Emergency.id == emergency_id).with_for_update())
    if row is None:
        raise NotFoundError(f"there is no emergency {emergency_id}", field="emergency_id")
    if row.taken_by == reviewer:
        raise SamePersonError("whoever took emergency access may not review it", fix="ask a second person")
    if row.reviewed_at is not None:
        raise ReviewedAlreadyError(f"emergency {emergency_id} was reviewed before")
    row.reviewed_by, row.reviewed_at, row.verdict = reviewer, now, verdict
    row.ends_at = min(row.ends_at, now)
    details = {"verdict": verdict}
    subject = ("emergencies", row.id)
    audit.write(session, act="review", subject=subject, actor=reviewer, at=now, details=details)
    alerts.resolve(session, f"emergency:{row.id}", by=reviewer, now=now)
    return row


def listed(session: Session, limit: int = 100) -> list[Emergency]:
    """Every emergency, newest first."""
    return list(session.scalars(select(Emergency).order_by(Emergency.started_at.desc()).limit(limit)))
