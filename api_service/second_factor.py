"""Asks for the code of a person's device where one is due; wrong codes count whatever becomes of the call."""

from pydantic import SecretStr

from api_service.auth import SecondFactorNeededError
from api_service.endpoint import Call
from shared.errors import ForbiddenError, UnauthenticatedError
from shared.registry import second_factors
from shared.registry.second_factors import GUARDED, Answer
from shared.registry.tables import ApiKey


class LockedOutError(ForbiddenError):
    """Too many wrong codes came for this key."""

    code = "locked_out"


def ask(call: Call, key: ApiKey, code: SecretStr | None, *, always: bool = False) -> None:
    """Pass with the right code, or where none is due.

    Args:
        call: the request.
        key: whose holder is asked.
        code: what the device showed.
        always: whether a holder without a device is refused in any case.

    Raises:
        SecondFactorNeededError: a code is due and none was sent, or no device is known.
        UnauthenticatedError: the code is wrong, or was used before.
        LockedOutError: wrong codes came too often.
    """
    shown = code.get_secret_value() if code else None
    with call.deps.sessions.begin() as session:  # its own: a refusal must not take the count back
        answer = second_factors.check(session, key, shown, vault=call.deps.vault, now=call.now)
        until = second_factors.locked_until(session, key.id)
    if answer is Answer.NONE_SET:
        _without_device(call, key, always=always)
    elif answer is Answer.MISSING:
        raise SecondFactorNeededError(
            "this key asks for a code", field="code", fix="send the code of the device"
        )
    elif answer is Answer.LOCKED:
        when = until.isoformat(timespec="minutes") if until else "later"
        raise LockedOutError("too many wrong codes", field="code", fix=f"wait until {when}, or ask an admin")
    elif answer is Answer.WRONG:
        raise UnauthenticatedError("this code is wrong or was used", field="code", fix="send the next one")


def _without_device(call: Call, key: ApiKey, *, always: bool) -> None:
    required = call.deps.settings.second_factor == "required" and not GUARDED.isdisjoint(key.roles)
    if always or required:
        raise SecondFactorNeededError(
            "this key needs a second factor", field="code", fix=f"have one set: rounds key factor {key.name}"
        )
