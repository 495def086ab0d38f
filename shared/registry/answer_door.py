"""How an answer is filed: one statement knows the patient, another writes all of the answer or nothing.

A person waits for both, so each is one round trip. `file` asks for the version's seat where it writes: an
answer of a version that was rolled back since it was computed is not filed, and so not given.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy.orm import Session, sessionmaker

from shared.domain.split import SPLIT_PURPOSE, split_of
from shared.errors import ConflictError
from shared.registry.idempotency import KeyReusedError, RequestKey, StillRunningError
from shared.registry.session import Prepared
from shared.vault import Vault

_PERSON = "SELECT person, person_key FROM know_person({})"
_ANSWER = "SELECT outcome, kept FROM file_prediction({})"
# Nobody waits for the disk to know a patient: whoever files something of that person brings it there, too.
_NO_SYNC = "SELECT person, person_key, set_config('synchronous_commit', 'off', true) FROM know_person({})"
_KNOW, _FILE = Prepared("know_person", _NO_SYNC, places=6), Prepared("file_prediction", _ANSWER, places=10)


@dataclass(frozen=True)
class Sight:
    """A patient as an application names one: that name's keyed hash, and who it is if nobody has it yet."""

    lookup: bytes
    kind: str  # who named the patient so
    key: str
    split: str
    at: datetime

    @classmethod
    def of(cls, lookup: bytes, *, vault: Vault, evaluation_share: float, at: datetime, kind: str) -> "Sight":
        """With a fresh random key, on the side that the key falls on."""
        key = secrets.token_hex(16)
        split = split_of(vault.keyed_hash(key, SPLIT_PURPOSE), evaluation_share)
        return cls(lookup, kind, key, split, at)


@dataclass(frozen=True)
class Answered:
    """An answer as its row (every column of `predictions` but `seq`), and its sealed input."""

    row: Mapping[str, object]
    sealed_input: bytes
    kept_until: datetime
    is_read: bool  # put before a reader who does not see it: drawn into the audit sample


class NoSeatError(ConflictError):
    """The version has no seat in the plan of this moment: its answer is not filed, another answers."""

    code = "no_seat"


class FiledBeforeError(ConflictError):
    """An answer of this id stands already."""

    code = "filed_before"


def know(sessions: sessionmaker[Session], sight: Sight) -> tuple[UUID, str]:
    """The person's id and random key, committed; made at first sight."""
    person_id, key, _ = _KNOW.row(sessions, _sight(sight))
    return UUID(str(person_id)), key


def know_within(session: Session, sight: Sight) -> UUID:
    """The person's id, in a transaction of the caller's."""
    session.flush()
    found = session.connection().exec_driver_sql(_PERSON.format(_places(6)), _sight(sight))
    return UUID(str(found.one().person))


def file(
    sessions: sessionmaker[Session], answered: Answered, *, request: RequestKey | None, body: bytes
) -> bytes | None:
    """File an answer that is about to be given, under the caller's Idempotency-Key if there is one.

    Args:
        sessions: where to; the statement is a transaction of its own.
        answered: what was computed.
        request: the caller's key.
        body: the answer as it goes out, kept under that key.

    Returns:
        None once it is filed; else the answer that was given under the key before.

    Raises:
        NoSeatError: the version was rolled back meanwhile.
        FiledBeforeError: an answer of this id stands already.
        KeyReusedError: the key came before with another body.
        StillRunningError: the first call with this key has not ended.
        DBAPIError: the database refused, or does not answer.
    """
    told = (request.actor, request.route, request.key, request.body_sha256, body) if request else (None,) * 5
    outcome, kept = _FILE.row(sessions, (*_words(answered, must_sit=True), *told))
    _refuse(outcome)
    return bytes(kept) if outcome == "answered_before" else None


def file_within(session: Session, answered: Answered) -> None:
    """File an answer that was given already, in the caller's transaction; told twice it is filed once."""
    session.flush()
    values = (*_words(answered, must_sit=False), *(None,) * 5)
    session.connection().exec_driver_sql(_ANSWER.format(_places(10)), values)


def _refuse(outcome: str) -> None:
    if outcome == "no_seat":
        raise NoSeatError("the version was rolled back while it answered", fix="ask again")
    if outcome == "filed_before":
        raise FiledBeforeError("this answer stands already", field="Idempotency-Key", fix="send a fresh key")
    if outcome == "key_reused":
        raise KeyReusedError
    if outcome == "still_running":
        raise StillRunningError


def _words(answered: Answered, *, must_sit: bool) -> tuple[object, ...]:
    row = json.dumps(dict(answered.row), default=_plain)
    return row, answered.sealed_input, answered.kept_until, answered.is_read, must_sit


def _sight(sight: Sight) -> tuple[object, ...]:
    return sight.lookup, str(uuid4()), sight.key, sight.split, sight.kind, sight.at


def _plain(value: object) -> str:
    """As Postgres reads it out of JSON."""
    return "\\x" + value.hex() if isinstance(value, bytes) else str(value)


def _places(number: int) -> str:
    return ", ".join(["%s"] * number)
