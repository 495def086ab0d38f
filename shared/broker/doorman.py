"""Who may ring: a worker acts on what a relay of this site sent, and on each message once.

The seal of a message is a keyed hash over its task, its subject and its own id; whoever can write to the
broker cannot make one. No clock has a say. What is refused is counted at the broker, and the relay reads it.
"""

import hmac
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from uuid import UUID

from shared.broker.names import TaskName
from shared.broker.wire import SEAL, Line, seal_of
from shared.config import load_settings
from shared.errors import PartDownError
from shared.logs import log
from shared.vault import Vault, open_vault


class Refusal(StrEnum):
    """Why a message is not acted upon."""

    FORGED = "forged"  # no seal of this site, or it is another message's
    REPLAYED = "replayed"  # acted upon before
    EXPIRED = "expired"  # it carries a date of its own, which no relay writes
    UNREADABLE = "unreadable"  # no message, or of a task that there is not


class Doorman:
    """Looks at messages for one process."""

    def __init__(self, vault: Vault, line: Line) -> None:
        self._vault, self._line = vault, line

    def lets_in(self, task: TaskName, subject: object, headers: Mapping[str, object]) -> UUID | None:
        """The record that the message names; None for one that is refused, which is counted."""
        ring, seal = str(headers.get("id")), str(headers.get(SEAL))
        if not hmac.compare_digest(seal, seal_of(self._vault, task, subject=str(subject), ring=ring)):
            self.refuse(Refusal.FORGED)
            return None
        try:
            is_first = self._line.is_first(ring)
        except PartDownError:
            is_first = True  # what is done twice is held off by the row all the same
        if not is_first:
            self.refuse(Refusal.REPLAYED)
            return None
        return UUID(str(subject))

    def refuse(self, why: Refusal) -> None:
        """Count a message that nobody acts upon; its content goes nowhere, for it may hold anything."""
        log.warning("message refused", reason=why.value)
        try:
            self._line.count_refused(why.value)
        except PartDownError as error:
            log.warning("refused message not counted", reason=str(error))


@cache
def doorman() -> Doorman:
    """The one of this process; made after the fork, at the first message."""
    settings = load_settings()
    vault = open_vault(settings.secret_file)
    return Doorman(vault, Line(vault))
