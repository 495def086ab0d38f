"""Seals the audit trail for the relay's leader: places at once, signed checkpoints now and then."""

import json

from sqlalchemy.orm import Session, sessionmaker

from shared.clock import Clock
from shared.errors import ConflictError
from shared.logs import log
from shared.registry import audit_chain
from shared.registry.audit_chain import CHECKPOINTS
from shared.signing import Signer
from shared.storage.base import Storage
from shared.verifier import Checkpoint, canonical

SEAL_SECONDS = 5.0
CHECKPOINT_SECONDS = 300.0


class Notary:
    """A checkpoint is in the store before the table has it: the store is the copy that nobody rewrites."""

    def __init__(
        self, sessions: sessionmaker[Session], *, storage: Storage, signer: Signer, clock: Clock
    ) -> None:
        self._sessions, self._storage, self._signer, self._clock = sessions, storage, signer, clock
        self._behind: int | None = None
        self._seal_at = self._checkpoint_at = 0.0

    def turn(self, *, at: float) -> None:
        """Seal and sign what is due at the monotonic instant `at`.

        A store that does not answer delays the checkpoint and nothing else.

        Raises:
            SQLAlchemyError: the database does not answer.
        """
        if at < self._seal_at:
            return
        self._seal_at = at + SEAL_SECONDS
        with self._sessions.begin() as session:
            _, self._behind = audit_chain.seal(session, behind=self._behind)
        if at >= self._checkpoint_at or self._is_released():
            self.sign()
            self._checkpoint_at = at + CHECKPOINT_SECONDS

    def sign(self) -> Checkpoint | None:
        """Sign the chain as it stands; None when there is nothing to say or no store to say it to."""
        with self._sessions.begin() as session:
            made = audit_chain.checkpoint(session, self._signer.sign, now=self._clock())
            if made is None:
                return None
            try:
                made = self._stored(made)
            except OSError as error:
                log.warning("no checkpoint: the store does not answer", error=type(error).__name__)
                return None
            audit_chain.keep(session, made)
        return made

    def _stored(self, made: Checkpoint) -> Checkpoint:
        """The checkpoint that the store has of this length: one that died on its way to the table counts."""
        key = f"{CHECKPOINTS}{made.size:012d}.json"
        try:
            self._storage.put(key, canonical(vars(made)).encode())
        except ConflictError:
            return Checkpoint.of(json.loads(self._storage.get(key)))
        return made

    def _is_released(self) -> bool:
        with self._sessions() as session:
            return audit_chain.is_behind_evidence(session)
