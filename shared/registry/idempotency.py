"""Repeated POSTs: the answer a caller was given under its key, kept beside what the call wrote."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from shared.errors import ConflictError, InvalidInputError
from shared.registry.tables import IdempotencyKey

KEPT_FOR = timedelta(days=7)


@dataclass(frozen=True)
class RequestKey:
    """One call as its caller names it; `body_sha256` tells a repeat from another wish under the same key."""

    actor: str
    route: str
    key: str
    body_sha256: bytes


@dataclass(frozen=True)
class Stored:
    """An answer, byte for byte."""

    status: int
    body: bytes


class KeyReusedError(InvalidInputError):
    """The key came before with another body."""

    code = "idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__(
            "this Idempotency-Key was used with another body",
            field="Idempotency-Key",
            fix="send a fresh key for a different request",
        )


class StillRunningError(ConflictError):
    """The first call with this key has not ended."""

    code = "still_running"

    def __init__(self) -> None:
        super().__init__(
            "the first request with this Idempotency-Key is still running",
            field="Idempotency-Key",
            fix="ask again in a moment",
        )


def find(session: Session, key: RequestKey) -> Stored | None:
    """The answer kept under the key; None makes this transaction its owner until it ends.

    Raises:
        KeyReusedError: the key was used with another body.
        StillRunningError: another transaction owns the key.
    """
    name = f"{key.actor}\n{key.route}\n{key.key}"
    owned = session.scalar(select(func.pg_try_advisory_xact_lock(func.hashtextextended(name, 0))))
    if not owned:
        raise StillRunningError
    row = session.get(IdempotencyKey, (key.actor, key.route, key.key))
    if row is None:
        return None
    if row.request_sha256 != key.body_sha256:
        raise KeyReusedError
    assert row.status is not None and row.response is not None  # written only with its answer
    return Stored(row.status, row.response)


def keep(session: Session, key: RequestKey, answer: Stored, *, now: datetime) -> None:
    """Write the answer in the transaction of the effect."""
    session.add(
        IdempotencyKey(
            actor=key.actor,
            route=key.route,
            key=key.key,
            request_sha256=key.body_sha256,
            status=answer.status,
            response=answer.body,
            created_at=now,
        )
    )


def prune(session: Session, *, now: datetime) -> None:
    """Drop the answers that are past their time."""
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < now - KEPT_FOR))
