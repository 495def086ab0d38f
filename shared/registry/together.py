"""Calls that come at the same moment are made as one: whoever has the turn makes them for all that wait."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Given = TypeVar("Given")
Got = TypeVar("Got")


@dataclass(eq=False)
class _Ticket(Generic[Given, Got]):
    given: Given
    got: Got | None = None
    error: Exception | None = None

    @property
    def is_served(self) -> bool:
        return self.got is not None or self.error is not None


class Together(Generic[Given, Got]):
    """One call is made at a time, with all that came while the one before it was made; alone, none waits.

    `make` gets what was given and answers in its order, never with None.
    """

    def __init__(self, make: Callable[[Sequence[Given]], Sequence[Got]]) -> None:
        self._make = make
        self._turn = threading.Lock()
        self._waiting: deque[_Ticket[Given, Got]] = deque()

    def call(self, given: Given) -> Got:
        """The answer to this one; what `make` raised is raised to everybody who was in it."""
        ticket: _Ticket[Given, Got] = _Ticket(given)
        self._waiting.append(ticket)
        with self._turn:
            if not ticket.is_served:
                self._serve()
        if ticket.error is not None:
            raise ticket.error
        assert ticket.got is not None  # it was among those that were served
        return ticket.got

    def _serve(self) -> None:
        tickets = [self._waiting.popleft() for _ in range(len(self._waiting))]
        try:
            answers = self._make([one.given for one in tickets])
        except Exception as error:  # noqa: BLE001 - it is raised again where each call was made
            for one in tickets:
                one.error = error
            return
        for one, got in zip(tickets, answers, strict=True):
            one.got = got
