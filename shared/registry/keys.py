"""API keys: shown once, stored as a hash, looked up by their prefix."""

import hashlib
import hmac
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from shared.errors import ConflictError, InvalidInputError, NotFoundError
from shared.registry import audit
from shared.registry.tables import ApiKey

ROLES = ("viewer", "clinician", "steward", "operator", "approver", "admin", "service")
_MARK = "rnd"
_USE_NOTED_EVERY = timedelta(minutes=1)


def create(
    session: Session,
    name: str,
    roles: Collection[str],
    *,
    now: datetime,
    actor: str = "cli",
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Make a key; the text beside the row is the only time it can be read.

    Raises:
        InvalidInputError: a role is unknown, or none is given.
        ConflictError: a key of this name exists; also a revoked one keeps its name in the audit trail.
    """
    _check_roles(roles)
    if session.scalar(select(ApiKey.id).where(ApiKey.name == name)) is not None:
        raise ConflictError(f"a key named {name} exists", field="name", fix="choose another name")
    prefix, secret = secrets.token_hex(4), secrets.token_hex(32)  # 256 random bits
    row = ApiKey(
        name=name,
        prefix=prefix,
        sha256=_hash(secret),
        roles=sorted(set(roles)),
        created_at=now,
        expires_at=expires_at,
    )
    session.add(row)
    session.flush()
    details = {"name": name, "roles": row.roles}
    audit.write(session, act="key.create", subject=("api_keys", row.id), actor=actor, at=now, details=details)
    return row, f"{_MARK}_{prefix}_{secret}"


def find(session: Session, key_text: str, now: datetime) -> ApiKey | None:
    """The key's row when the text is right and the key neither revoked nor expired; else None."""
    mark, _, rest = key_text.partition("_")
    prefix, _, secret = rest.partition("_")
    if mark != _MARK or not secret:
        return None
    row = session.scalar(select(ApiKey).where(ApiKey.prefix == prefix, is_good(now)))
    if row is None or not hmac.compare_digest(row.sha256, _hash(secret)):
        return None
    if row.last_used_at is None or now - row.last_used_at > _USE_NOTED_EVERY:
        row.last_used_at = now
    return row


def good(session: Session, key_id: UUID, now: datetime) -> ApiKey | None:
    """The key of this id while it is neither revoked nor expired; for sessions that name their key."""
    return session.scalar(select(ApiKey).where(ApiKey.id == key_id, is_good(now)))


def revoke(session: Session, name: str, *, now: datetime, actor: str = "cli") -> ApiKey:
    """End a key for good; a second time is fine.

    Raises:
        NotFoundError: there is no such key.
    """
    row = session.scalar(select(ApiKey).where(ApiKey.name == name).with_for_update())
    if row is None:
        raise NotFoundError(f"there is no key named {name}", field="name", fix="see `rounds key list`")
    if row.revoked_at is None:
        row.revoked_at = now
        subject = ("api_keys", row.id)
        audit.write(session, act="key.revoke", subject=subject, actor=actor, at=now, details={"name": name})
    return row


def named(session: Session, name: str) -> ApiKey:
    """The key of this name.

    Raises:
        NotFoundError: there is no such key.
    """
    row = session.scalar(select(ApiKey).where(ApiKey.name == name))
    if row is None:
        raise NotFoundError(f"there is no key named {name}", field="name", fix="see `rounds key list`")
    return row


def listed(session: Session) -> list[ApiKey]:
    """Every key, oldest first."""
    return list(session.scalars(select(ApiKey).order_by(ApiKey.created_at, ApiKey.name)))


def count(session: Session) -> int:
    """How many keys were ever made; none means that nobody has started this site before."""
    return session.scalar(select(func.count()).select_from(ApiKey)) or 0


def is_good(now: datetime) -> ColumnElement[bool]:
    """The condition of a key that opens doors."""
    return ApiKey.revoked_at.is_(None) & or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now)


def _check_roles(roles: Collection[str]) -> None:
    wrong = sorted(set(roles) - set(ROLES))
    if wrong or not roles:
        raise InvalidInputError(
            f"{wrong[0]} is not a role" if wrong else "a key needs a role",
            field="roles",
            fix=f"choose from {', '.join(ROLES)}, or all",
        )


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
