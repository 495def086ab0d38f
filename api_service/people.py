"""Persons seen of late, so that the next prediction of one does not ask the registry again."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

REMEMBERED_SECONDS = 60.0
REMEMBERED = 10_000


@dataclass(frozen=True)
class Known:
    """A person as the router needs one: the row and the random key that the arm hangs on."""

    id: UUID
    key: str


class People:
    """The caller's opaque ids and whom they mean, for a minute: merges of persons take effect by then."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._known: dict[str, tuple[Known, float]] = {}

    def recall(self, natural_key: str) -> Known | None:
        """The person, if seen within the last minute."""
        found = self._known.get(natural_key)
        if found is None or self._monotonic() - found[1] > REMEMBERED_SECONDS:
            return None
        return found[0]

    def remember(self, natural_key: str, known: Known) -> None:
        """Keep the person; of too many the ones kept longest go."""
        while len(self._known) >= REMEMBERED:
            self._known.pop(next(iter(self._known)), None)
        self._known[natural_key] = (known, self._monotonic())
