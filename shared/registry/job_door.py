"""The one way a job is made: a statement that writes row, doorbell, audit and event, or says why not.

A call from outside goes through `JobDoor`, one round trip for its whole transaction: the key that speaks is
good still, the answer was not given before, the queue has room, the job is made, its answer is kept. Calls
that come at the same moment share that trip, its transaction and its sync of the disk.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from shared.domain.bells import first_bell
from shared.domain.recipe import parse_recipe
from shared.errors import (
    ConflictError,
    Error,
    InvalidInputError,
    NotFoundError,
    TooBusyError,
    UnauthenticatedError,
)
from shared.registry.idempotency import KeyReusedError, RequestKey, StillRunningError
from shared.registry.models import UnknownModelTypeError
from shared.registry.session import Prepared
from shared.registry.together import Together

CREATE = (
    "SELECT outcome, job, size FROM create_job(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"  # `words`
)
_SUBMIT = Prepared("submit_jobs", "SELECT outcome, job, answer FROM submit_jobs({})", places=2)
_WRITER = json.JSONEncoder(default=str)
_AGAIN = "again"  # a lock stood in the way, or the database refused all of them: it goes alone
Words = tuple[object, ...]
Told = tuple[str, UUID | None, str | None]


@dataclass(frozen=True)
class JobWish:
    """What somebody wants trained. Without a dataset version one is sealed first; no base: the type's."""

    model_type: str
    base: str | None = None
    dataset_version: str | None = None  # its name, like "diagnosis-data-3"
    recipe: Mapping[str, object] = field(default_factory=dict)
    seed: int = 0
    priority: int = 100
    auto_deploy: bool = True
    triggered_by: str = "manual"
    retry_of: UUID | None = None  # the job that failed, whose last good state this one goes on from


@dataclass(frozen=True)
class Visit:
    """Who submits: a caller by name and by the id of the key, which must be good when the job is made."""

    actor: str
    key_id: UUID
    request: RequestKey | None
    at: datetime


@dataclass(frozen=True)
class Terms:
    """On what terms: how many may wait, and the answer as a form that names job (%1$s) and size (%2$s)."""

    queue_most: int
    status: int
    form: str


@dataclass(frozen=True)
class Submitted:
    """The answer to a job that was made; one that is `repeated` was given before."""

    answer: bytes
    repeated: bool


class SameJobOpenError(ConflictError):
    """A job with the same inputs is queued or running; `job_id` names it."""

    code = "same_job_open"

    def __init__(self, job_id: UUID | None) -> None:
        super().__init__(
            f"training job {job_id} is open with the same inputs",
            fix="wait for it, cancel it or change the seed",
        )
        self.job_id = job_id


class JobDoor:
    """Where calls from outside become jobs."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self._sessions = sessions
        self._together: Together[Words, Told] = Together(self._all)

    def submit(self, wish: JobWish, family: str, *, visit: Visit, terms: Terms) -> Submitted:
        """Make a job; it stands when this returns.

        Raises:
            UnauthenticatedError: the caller's key was revoked or has expired by now.
            KeyReusedError: the Idempotency-Key came before with another body.
            StillRunningError: the first call with this Idempotency-Key has not ended.
            TooBusyError: as many jobs as may wait do wait.
            NotFoundError: the model type or the dataset version is not known.
            InvalidInputError: the dataset version is another model type's, or a hyperparameter is wrong.
            SameJobOpenError: a job with the same inputs is open.
            DBAPIError: the database does not answer.
        """
        asked = visit.request
        values = (
            *words(wish, family=family, actor=visit.actor, now=visit.at),
            str(visit.key_id),
            terms.queue_most,
            *((asked.route, asked.key, asked.body_sha256.hex()) if asked else (None, None, None)),
            terms.status,
            terms.form,
        )
        outcome, job_id, answer = self._together.call(values)
        if outcome == _AGAIN:
            [(outcome, job_id, answer)] = self._rows([values], waits=True)
        if outcome not in {"created", "answered_before"} or answer is None:
            raise refusal(wish, outcome, job_id)
        return Submitted(answer.encode(), repeated=outcome == "answered_before")

    def _all(self, wishes: Sequence[Words]) -> Sequence[Told]:
        """All of them at once, waiting for no lock; where the database refuses the whole, each goes alone."""
        try:
            return self._rows(wishes, waits=False)
        except DBAPIError as error:
            if len(wishes) == 1 or isinstance(error, OperationalError | InterfaceError):
                raise  # a lost connection, a lock, the time: of no one's making, and alone no other
            return [(_AGAIN, None, None)] * len(wishes)

    def _rows(self, wishes: Sequence[Words], *, waits: bool) -> list[Any]:
        return _SUBMIT.rows(self._sessions, (_WRITER.encode(wishes), waits))


def words(wish: JobWish, *, family: str, actor: str, now: datetime) -> Words:
    """What `create_job` is told.

    Raises:
        RecipeError: a hyperparameter is unknown or out of bounds.
    """
    recipe = parse_recipe(family, wish.recipe).model_dump(exclude_unset=True) if wish.recipe else {}
    return (
        wish.model_type,
        family,
        wish.base,
        wish.dataset_version,
        json.dumps(recipe),
        wish.seed,
        wish.priority,
        wish.auto_deploy,
        wish.triggered_by,
        actor,
        str(wish.retry_of) if wish.retry_of else None,
        now,
        first_bell(family, has_data=wish.dataset_version is not None).value,
    )


def refusal(wish: JobWish, outcome: str, job_id: UUID | None) -> Error:
    """Why no job was made."""
    if outcome == "same_job_open":
        return SameJobOpenError(job_id)
    if outcome == "unknown_model_type":
        return UnknownModelTypeError(wish.model_type)
    if outcome == "unknown_dataset":
        return NotFoundError(
            f"there is no dataset version {wish.dataset_version}",
            field="dataset_version",
            fix="`rounds dataset list`",
        )
    if outcome == "dataset_of_another_type":
        return InvalidInputError(
            f"{wish.dataset_version} holds cases of another model type, not of {wish.model_type}",
            field="dataset_version",
        )
    return _REFUSED[outcome]()


_REFUSED: Mapping[str, Callable[[], Error]] = {
    "revoked": lambda: UnauthenticatedError(
        "this key is unknown, revoked or expired", fix="ask an admin for a key"
    ),
    "key_reused": KeyReusedError,
    "still_running": StillRunningError,
    "full": lambda: TooBusyError("as many trainings wait as may", fix="cancel some, or wait"),
}
