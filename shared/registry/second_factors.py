"""The second factor of a key's holder: made once, asked for at sign-in, locked after wrong codes."""

import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.domain import totp
from shared.errors import ConflictError
from shared.registry import audit
from shared.registry.tables import ApiKey, SecondFactor
from shared.vault import Vault

PURPOSE = "second-factor"
GUARDED = frozenset({"operator", "approver", "admin"})  # whose word changes what patients are answered by
MOST_FAILURES = 5
FIRST_LOCK = timedelta(minutes=1)
LONGEST_LOCK = timedelta(hours=12)
_SECRET_BYTES = 20


class Answer(StrEnum):
    """What a code was."""

    RIGHT = "right"
    WRONG = "wrong"
    MISSING = "missing"
    LOCKED = "locked"
    NONE_SET = "none_set"


def enrol(session: Session, key: ApiKey, *, vault: Vault, now: datetime, actor: str) -> str:
    """Give the holder of a key a device; the address for it can be read this once.

    Raises:
        ConflictError: the key has a second factor.
    """
    if session.get(SecondFactor, key.id) is not None:
        fix = f"remove it first: rounds key factor {key.name} --remove"
        raise ConflictError(f"{key.name} has a second factor", field="name", fix=fix)
    secret = secrets.token_bytes(_SECRET_BYTES)
    session.add(
        SecondFactor(
            key_id=key.id,
            sealed=vault.seal(secret, PURPOSE),
            last_step=0,
            failures=0,
            locked_until=None,
            created_at=now,
        )
    )
    _note(session, key, "key.factor", actor=actor, now=now)
    return totp.address(secret, name=key.name)


def remove(session: Session, key: ApiKey, *, now: datetime, actor: str) -> bool:
    """Take the device away, as when it is lost; False where there is none."""
    row = session.get(SecondFactor, key.id)
    if row is None:
        return False
    session.delete(row)
    _note(session, key, "key.factor_removed", actor=actor, now=now)
    return True


def check(session: Session, key: ApiKey, shown: str | None, *, vault: Vault, now: datetime) -> Answer:
    """What a code is worth. Wrong ones are counted, so let the transaction be committed whatever the answer.

    After five wrong codes the key is locked for a minute, then for twice as long at each further one.
    """
    row = session.scalar(select(SecondFactor).filter_by(key_id=key.id).with_for_update())
    if row is None:
        return Answer.NONE_SET
    if row.locked_until is not None and row.locked_until > now:
        return Answer.LOCKED
    if not shown:
        return Answer.MISSING
    secret = vault.open(row.sealed, PURPOSE)
    step = totp.matching_step(secret, shown, seconds=now.timestamp(), after=row.last_step)
    if step is None:
        return _failed(session, key, row, now=now)
    row.last_step, row.failures, row.locked_until = step, 0, None
    return Answer.RIGHT


def locked_until(session: Session, key_id: UUID) -> datetime | None:
    """Until when wrong codes keep a key out."""
    return session.scalar(select(SecondFactor.locked_until).filter_by(key_id=key_id))


def _failed(session: Session, key: ApiKey, row: SecondFactor, *, now: datetime) -> Answer:
    row.failures += 1
    if row.failures >= MOST_FAILURES:
        twice = min(row.failures - MOST_FAILURES, 16)
        row.locked_until = now + min(FIRST_LOCK * 2**twice, LONGEST_LOCK)
        _note(session, key, "key.locked", actor=f"key:{key.name}", now=now)
    return Answer.WRONG


def _note(session: Session, key: ApiKey, act: str, *, actor: str, now: datetime) -> None:
    details = {"name": key.name}
    audit.write(session, act=act, subject=("api_keys", key.id), actor=actor, at=now, details=details)
