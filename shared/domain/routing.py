"""Who answers one request, as rules over the seats that a router knows."""

from collections.abc import Hashable
from typing import TypeVar

from shared.domain.assignment import is_challenged
from shared.domain.transitions import Seats, leaving

V = TypeVar("V", bound=Hashable)
CHAMPION, CHALLENGER = "champion", "challenger"


def slot(seats: Seats[V], person_key: str | None, *, confirmed: bool) -> str:
    """The challenger only for a person of its share, and only while the registry confirms the plan."""
    if person_key is None or seats.challenger is None or not confirmed:
        return CHAMPION
    return CHALLENGER if is_challenged(person_key, seats.salt, seats.share) else CHAMPION


def tries(seats: Seats[V], wanted: str) -> list[V]:
    """Whom to ask, in order: where one does not answer the next does, and never a challenger unasked.

    The warm version is last: a router that was cut off may still name a champion that was rolled back since.
    """
    found = [seats.challenger] if wanted == CHALLENGER else []
    return [one for one in (*found, seats.champion, seats.standby) if one is not None]


def still_serves(seats: Seats[V], version: V, *, confirmed: bool) -> bool:
    """Whether an answer may be delivered by the seats of this moment: no rollback came while it was made."""
    if version in (seats.champion, seats.standby):
        return True
    return version == seats.challenger and confirmed and seats.share > 0


def rolled_back(seats: Seats[V], to: V | None) -> Seats[V]:
    """The seats that serve after a rollback which the registry cannot write yet: the same choice as its own.

    Raises:
        NothingToGoBackToError: no warm version stands where the rollback points.
    """
    if leaving(seats, to) == seats.champion and seats.standby is not None:
        return Seats(seats.number, seats.standby, salt=seats.salt)
    return seats._replace(challenger=None, share=0.0)
