"""Every error that Rounds raises on purpose: five families, each a sentence with a way out."""

from typing import ClassVar


class Error(Exception):
    """Something went wrong that Rounds knows how to name.

    The message is one sentence for a person; it never holds patient data.
    """

    code: ClassVar[str] = "error"

    def __init__(self, message: str, *, field: str | None = None, fix: str | None = None) -> None:
        super().__init__(message)
        self.field, self.fix = field, fix


class NotFoundError(Error):
    """The named record does not exist (or is not the caller's to see)."""

    code = "not_found"


class ConflictError(Error):
    """The request is well formed, and the state of the record refuses it."""

    code = "conflict"


class InvalidInputError(Error):
    """A value breaks a rule; `field` names it and `fix` says what would be right."""

    code = "invalid_input"


class ForbiddenError(Error):
    """The caller is known and may not do this."""

    code = "forbidden"


class UnauthenticatedError(ForbiddenError):
    """The caller is not known: no key, or one that is unknown, revoked or expired."""

    code = "unauthenticated"


class TransientError(Error):
    """The same call may succeed a moment later; the only family that is retried."""

    code = "try_again"


class TooBusyError(TransientError):
    """More work waits than the site can do soon."""

    code = "too_busy"


class PartDownError(TransientError):
    """A part of the stack (database, broker, model server, storage) does not answer."""

    code = "part_down"
