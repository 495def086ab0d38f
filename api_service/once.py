"""A transaction that a repeated call enters only once: the second time the first answer comes back."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from api_service.endpoint import Call
from shared.registry import idempotency
from shared.registry.idempotency import Stored


class ReplayedError(Exception):
    """The call was answered before; `stored` is that answer."""

    def __init__(self, stored: Stored) -> None:
        super().__init__("answered before")
        self.stored = stored


@contextmanager
def transaction(call: Call) -> Iterator[Session]:
    """One transaction of this call.

    Raises:
        ReplayedError: the caller's Idempotency-Key has its answer already.
    """
    with call.deps.sessions.begin() as session:
        stored = idempotency.find(session, call.key) if call.key else None
        if stored is not None:
            raise ReplayedError(stored)
        yield session


def keep(call: Call, session: Session, *, status: int, body: bytes) -> None:
    """Keep the answer under the caller's key, in the transaction of what it reports."""
    if call.key is not None:
        idempotency.keep(session, call.key, Stored(status, body), now=call.now)
