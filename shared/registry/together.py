"""Calls that come at the same moment are made as one: whoever has the turn makes them for all that wait."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Given = TypeVar("Given")
Got = TypeVar("Got")


@dataclass(eq=False)
class _Ticket(Generic[Given, Got]):
    given: Given
    got: Got | None = None
    error: Exception | None = None
    called: threading.Event = field(default_factory=threading.Event)

    @property
    def is_served(self) -> bool:
        return self.got is not None or self.error is not None


class Together(Generic[Given, Got]):
    """One call is made at a time, with all that came while the one before it was made; alone, none waits.

    `make` gets what was given and answers in its order, never with None. Whoever has made a call gives the
    turn on before the others hear of their answers: nobody who only listens stands between two calls.
    """

    def __init__(self, make: Callable[[Sequence[Given]], Sequence[Got]]) -> None:
        self._make = make
        self._lock = threading.Lock()  # of the two below
        self._waiting: deque[_Ticket[Given, Got]] = deque()
        self._is_taken = False

    def call(self, given: Given) -> Got:
        """The answer to this one; what `make` raised is raised to everybody who was in it."""
        ticket: _Ticket[Given, Got] = _Ticket(given)
        with self._lock:
            self._waiting.append(ticket)
            waits, self._is_taken = self._is_taken, True
        if waits:
            ticket.called.wait()
        if not ticket.is_served:
            self._serve()
        if ticket.error is not None:
            raise ticket.error
        assert ticket.got is not None  # it was among those that were served
        return ticket.got

    def _serve(self) -> None:
        with self._lock:
            tickets = [self._waiting.popleft() for _ in range(len(self._waiting))]
        try:
            answers = self._make([one.given for one in tickets])
            for one, got in zip(tickets, answers, strict=True):
                one.got = got
        except Exception as error:  # noqa: BLE001 - it is raised again where each call was made
            for one in tickets:
                one.error = error
        finally:
            self._give_on()
            for one in tickets:
                one.called.set()

    def _give_on(self) -> None:
        with self._lock:
            self._is_taken = bool(self._waiting)
            if self._is_taken:
                self._waiting[0].called.set()
