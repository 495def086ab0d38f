"""The site's policy versions: every decision names the one it used."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.domain.policy import Policy
from shared.errors import NotFoundError
from shared.registry import audit, events
from shared.registry.tables import PolicyVersion


def current(session: Session) -> tuple[int, Policy]:
    """The policy in force and its version."""
    row = session.scalars(select(PolicyVersion).order_by(PolicyVersion.version.desc()).limit(1)).one()
    return row.version, Policy.model_validate(row.body)


def get(session: Session, version: int) -> Policy:
    """One policy version.

    Raises:
        NotFoundError: there is none of that number.
    """
    row = session.get(PolicyVersion, version)
    if row is None:
        raise NotFoundError(f"there is no policy version {version}", field="version")
    return Policy.model_validate(row.body)


def versions(session: Session) -> list[PolicyVersion]:
    """Every version, newest first."""
    return list(session.scalars(select(PolicyVersion).order_by(PolicyVersion.version.desc())))


def take_turn(session: Session) -> None:
    """Let nobody else put a policy in force until the transaction ends."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("policies", 0))))


def adopt(session: Session, policy: Policy, *, reason: str, actor: str, now: datetime) -> int:
    """Put a policy in force; the version it got. Running challenges keep the one they began with."""
    row = PolicyVersion(body=policy.model_dump(mode="json"), reason=reason, created_by=actor, created_at=now)
    session.add(row)
    session.flush()
    subject = ("policies", str(row.version))
    audit.write(session, act="adopt", subject=subject, actor=actor, at=now, details={"reason": reason})
    events.emit(session, kind="policies.adopted", subject=subject[1], at=now)
    return row.version
