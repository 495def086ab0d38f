"""Who calls, and what that caller may do: bearer keys and sign-in cookies, roles, denied by default."""

import hashlib
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from flask import Request
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session, sessionmaker

from shared.clock import Clock
from shared.errors import ForbiddenError, UnauthenticatedError
from shared.registry import emergencies, keys
from shared.registry.second_factors import GUARDED
from shared.registry.tables import ApiKey

FRESH_SECONDS = 2.0
REMEMBERED = 1000


class Role(StrEnum):
    """What a key may be for; a key can hold several."""

    VIEWER = "viewer"
    CLINICIAN = "clinician"
    STEWARD = "steward"
    OPERATOR = "operator"
    APPROVER = "approver"
    ADMIN = "admin"
    SERVICE = "service"


READERS = frozenset(Role) - {Role.SERVICE}
EVERYBODY = frozenset(Role)
OPEN: frozenset[Role] = frozenset()


class SecondFactorNeededError(UnauthenticatedError):
    """The key is good; the code of its holder's device is asked for, too."""

    code = "second_factor_needed"


@dataclass(frozen=True)
class Caller:
    """The key that speaks; `name` is what the audit trail shows."""

    name: str
    roles: frozenset[Role]
    key_id: UUID | None = None


NOBODY = Caller("nobody", frozenset())


@dataclass(frozen=True)
class _Known:
    caller: Caller
    expires_at: datetime | None
    checked: float


class KeyRing:
    """Keys looked up in the registry at most every two seconds.

    With the database away a key that was good stays good, so that predictions are answered and a rollback
    can be asked for; one that was never seen is refused.
    """

    def __init__(
        self,
        sessions: sessionmaker[Session],
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
        *,
        is_heard: Callable[[], bool] = lambda: True,
    ) -> None:
        """`is_heard` says whether the registry answers; while it does not, a known key is not looked up."""
        self._sessions, self._clock, self._monotonic, self._is_heard = sessions, clock, monotonic, is_heard
        self._known: dict[bytes, _Known] = {}
        self._lock = threading.Lock()

    def caller(self, key_text: str) -> Caller:
        """The caller behind a key.

        Raises:
            UnauthenticatedError: the key is unknown, revoked or expired.
        """
        digest = hashlib.sha256(key_text.encode()).digest()
        return self._good(digest, lambda session: keys.find(session, key_text, self._clock()))

    def signed_in(self, key_id: UUID) -> Caller:
        """The caller whose session names this key.

        Raises:
            UnauthenticatedError: the key was revoked or has expired since.
        """
        return self._good(key_id.bytes, lambda session: keys.good(session, key_id, self._clock()))

    def _good(self, digest: bytes, find: Callable[[Session], ApiKey | None]) -> Caller:
        known = self._known.get(digest)
        if known is None or (self._monotonic() - known.checked > FRESH_SECONDS and self._is_heard()):
            known = self._look_up(digest, find, known)
        if known.expires_at is not None and known.expires_at <= self._clock():
            raise UnauthenticatedError("this key has expired", fix="ask an admin for a key")
        return known.caller

    def _look_up(
        self, digest: bytes, find: Callable[[Session], ApiKey | None], known: _Known | None
    ) -> _Known:
        try:
            with self._sessions() as session:
                row = find(session)
                more = emergencies.extra_roles(session, row.id, self._clock()) if row else frozenset()
                session.commit()
        except (DBAPIError, PoolTimeoutError):
            if known is None:
                raise
            return known
        return self._remember(digest, row, more)

    def _remember(self, digest: bytes, row: ApiKey | None, more: frozenset[str]) -> _Known:
        with self._lock:
            self._known.pop(digest, None)
            if row is None:
                raise UnauthenticatedError(
                    "this key is unknown, revoked or expired", fix="ask an admin for a key"
                )
            if len(self._known) >= REMEMBERED:
                self._known.pop(next(iter(self._known)))
            caller = Caller(f"key:{row.name}", frozenset(Role(role) for role in {*row.roles, *more}), row.id)
            known = self._known[digest] = _Known(caller, row.expires_at, self._monotonic())
            return known


def bearer(request: Request) -> str | None:
    """The key in the Authorization header, if there is one."""
    scheme, _, key_text = request.headers.get("Authorization", "").partition(" ")
    return key_text.strip() if scheme.lower() == "bearer" and key_text.strip() else None


def refuse_lone_key(caller: Caller, *, required: bool) -> None:
    """Let a write by key alone pass, unless the site asks for a second factor of whoever governs it.

    Raises:
        SecondFactorNeededError: such a key writes only in a session, which begins with a code.
    """
    if required and caller.roles & GUARDED:
        raise SecondFactorNeededError(
            "this site asks for a second factor of whoever governs it",
            field="Authorization",
            fix="sign in with POST /session and the code of your device",
        )


def admit(found: Caller | None, roles: Collection[Role]) -> Caller:
    """The caller, who holds one of the roles; an open address (no roles) asks for nothing.

    Raises:
        UnauthenticatedError: nobody is known.
        ForbiddenError: a good key without any of the roles.
    """
    if not roles:
        return NOBODY
    if found is None:
        raise UnauthenticatedError(
            "this address needs a key", field="Authorization", fix="send Authorization: Bearer rnd_…"
        )
    if not found.roles & frozenset(roles):
        needed = ", ".join(sorted(roles))
        raise ForbiddenError("this key may not do that", fix=f"it needs one of the roles {needed}")
    return found
