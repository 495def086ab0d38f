"""Every change of who serves, as rules: who stands where and what is wanted in, moves and seats after it out.

`shared.registry.releases` writes what these say in one transaction; nothing else moves a version in service.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from shared.domain.cycle import CHALLENGING, SERVABLE, VersionState
from shared.errors import ConflictError

V = TypeVar("V", bound=Hashable)
CANARY = (VersionState.CANARY_5, VersionState.CANARY_25, VersionState.CANARY_50)
ENDED = (VersionState.ROLLED_BACK, VersionState.RETIRED, VersionState.REJECTED)
_S = VersionState


class Seats(NamedTuple, Generic[V]):
    """Who serves under plan `number` (0: nobody yet); `share` is of persons, to the challenger."""

    number: int
    champion: V
    challenger: V | None = None
    standby: V | None = None
    share: float = 0.0
    shadow: bool = False
    salt: str = ""

    def named(self) -> tuple[V, ...]:
        """Every version that has a seat."""
        return tuple(one for one in (self.champion, self.challenger, self.standby) if one is not None)


class Entrant(NamedTuple):
    """A version as far as its right to serve goes; `gate_passed` is over exactly its bytes."""

    state: VersionState
    gate_passed: bool
    blocked: bool = False
    tainted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change(Generic[V]):
    """One transition: the moves in their order, the seats after it (None: they stay), and whom it is about.

    `fallen` is a challenger that goes with the champion it was compared with; it has a record of its own.
    """

    transition: str
    subject: V
    moves: tuple[tuple[V, VersionState], ...]
    seats: Seats[V] | None = None
    fallen: V | None = None


class NotSeatedError(ConflictError):
    """The version does not sit where this transition begins."""

    code = "not_seated"


class SeatTakenError(ConflictError):
    """Another challenge is under way."""

    code = "seat_taken"


class NothingToGoBackToError(ConflictError):
    """No warm version stands where the rollback points."""

    code = "nothing_to_go_back_to"


class NotServableError(ConflictError):
    """A version without a passed gate over its bytes, blocked or out of service would get a seat."""

    code = "not_servable"


def bootstrap(version: V) -> Change[V]:
    """The first version of a type: live at once, since there is nothing to compare it with."""
    return Change("gated>live", version, ((version, _S.LIVE),), Seats(1, version))


def start(seats: Seats[V], version: V) -> Change[V]:
    """The challenge begins in shadow: every case is scored silently and nobody is served.

    Raises:
        SeatTakenError: another version challenges.
    """
    if seats.challenger is not None:
        raise SeatTakenError("another version challenges already", fix="wait for its end, or roll it back")
    after = _next(seats)._replace(challenger=version, shadow=True, salt=str(version))
    return Change("gated>shadow", version, ((version, _S.REPLAY), (version, _S.SHADOW)), after)


def advance(seats: Seats[V], version: V, state: VersionState, *, share: float) -> Change[V]:
    """The next step of the ramp; a share only ever grows, so that no person goes back and forth."""
    _challenges(seats, version)
    step = 0 if state is _S.SHADOW else CANARY.index(state) + 1
    if step == len(CANARY) or not seats.share < share < 1:
        raise NotSeatedError(f"{state} has no step to {share:g} of persons", fix="see the policy's ramp")
    after = _next(seats)._replace(challenger=version, share=share, shadow=True, salt=seats.salt)
    return Change(f"{state}>{CANARY[step]}", version, ((version, CANARY[step]),), after)


def promote(seats: Seats[V], version: V, state: VersionState) -> Change[V]:
    """The challenger is live; the replaced version stays warm and scores every case silently."""
    _challenges(seats, version)
    oldest = ((seats.standby, _S.RETIRED),) if seats.standby is not None else ()
    moves = (*oldest, (seats.champion, _S.STANDBY), (version, _S.LIVE))
    after = Seats(seats.number + 1, version, standby=seats.champion, shadow=True)
    return Change(f"{state}>live", version, moves, after)


def roll_back(seats: Seats[V], version: V, state: VersionState) -> Change[V]:
    """Out of service at once; a live version gives its place back to the warm one before it.

    Raises:
        NothingToGoBackToError: it is live and no warm version stands by.
        NotSeatedError: it serves nobody.
    """
    if version != seats.champion:
        _challenges(seats, version)
        return Change(f"{state}>rolled_back", version, ((version, _S.ROLLED_BACK),), _next(seats))
    if seats.standby is None:
        raise NothingToGoBackToError("no warm version stands behind it", fix="deploy another version")
    fallen = ((seats.challenger, _S.ROLLED_BACK),) if seats.challenger is not None else ()
    moves = (*fallen, (version, _S.ROLLED_BACK), (seats.standby, _S.LIVE))
    after = Seats(seats.number + 1, seats.standby)
    return Change("live>rolled_back", version, moves, after, seats.challenger)


def end(seats: Seats[V], version: V, state: VersionState) -> Change[V]:
    """A challenge that showed nothing in its time ends: unsure means no, and no harm is claimed."""
    _challenges(seats, version)
    after = _S.RETIRED if state is _S.SHADOW else _S.ROLLED_BACK
    return Change(f"{state}>{after}", version, ((version, after),), _next(seats))


def settle(seats: Seats[V], version: V) -> Change[V]:
    """The reverse shadow ends without an alarm; only now may the replaced version be unloaded."""
    if version != seats.champion:
        raise NotSeatedError("only the version in service settles")
    moves = ((seats.standby, _S.RETIRED),) if seats.standby is not None else ()
    challenged = seats.challenger is not None
    after = seats._replace(number=seats.number + 1, standby=None, shadow=challenged)
    return Change("live>settled", version, moves, after)


def leaving(seats: Seats[V], to: V | None) -> V:
    """The version that has to go so that `to` serves everybody; without `to`, a challenger that serves first.

    Raises:
        NothingToGoBackToError: no warm version stands there.
    """
    challenger, standby = seats.challenger, seats.standby
    pulls = to == seats.champion or (to is None and (seats.share > 0 or standby is None))
    if challenger is not None and pulls:
        return challenger
    if standby is not None and to in (None, standby):
        return seats.champion
    warm = [str(one) for one in (standby, seats.champion if challenger is not None else None) if one]
    raise NothingToGoBackToError(
        f"{to or 'no version'} does not stand warm behind {seats.champion}",
        field="to_version",
        fix=f"choose {' or '.join(warm)}" if warm else "deploy another version",
    )


def why_not(entrant: Entrant, failed_rules: Sequence[str] = ()) -> list[str]:
    """Every reason why a version may not be deployed now; empty when it may."""
    reasons = [f"tainted: {reason}" for reason in entrant.tainted]
    if entrant.blocked:
        reasons.append("blocked by a person")
    if entrant.state is _S.REJECTED:
        reasons += failed_rules
    if not entrant.gate_passed:
        reasons.append("no gate was passed over exactly these bytes")
    if entrant.state is not _S.GATED and entrant.state not in CHALLENGING:
        reasons.append(f"it is {entrant.state.value}, not gated")
    return reasons


def may_start(entrant: Entrant) -> bool:
    """Whether a version that was asked for may take the challenger's seat now."""
    return entrant.state is _S.GATED and not entrant.blocked and not entrant.tainted


def check_seats(seats: Seats[V], entrants: Mapping[V, Entrant], before: Seats[V] | None = None) -> None:
    """Let nobody sit down who may not serve; the database holds the same rule.

    A version that a person has blocked may stay where it sat `before` as champion or standby: else nobody
    beside it could be rolled back.

    Raises:
        NotServableError: one of them may not.
    """
    for one in seats.named():
        entrant = entrants[one]
        blocked = entrant.blocked and not _keeps_a_seat(one, seats, before)
        if not entrant.gate_passed or blocked or entrant.state not in SERVABLE:
            raise NotServableError(
                "a version of the next plan has no passed gate over its bytes, is blocked or out of service",
                fix="`rounds models show` says why",
            )


def _keeps_a_seat(one: V, seats: Seats[V], before: Seats[V] | None) -> bool:
    """Whether it sat there before, or moves from the champion's seat to the warm one."""
    if before is None or one == seats.challenger:
        return False
    return one in ((before.champion,) if one == seats.champion else (before.champion, before.standby))


def follows_on(follows: int, newest: int) -> bool:
    """Whether a plan made for the one after `follows` may still be written: nobody was faster."""
    return follows == newest


def compared(seats: Seats[V]) -> list[tuple[V, V]]:
    """Who is compared now: the challenger with the champion, the champion with the version it replaced."""
    pairs = ((seats.challenger, seats.champion), (seats.champion, seats.standby))
    return [(first, second) for first, second in pairs if first is not None and second is not None]


def still_runs(pair: tuple[V, V], seats: Seats[V]) -> bool:
    """Whether a comparison that was read earlier goes on; a person may have decided meanwhile."""
    return pair in compared(seats)


def held(*, paused: bool, two_people: bool, word: str | None) -> str | None:
    """Which moves wait: all while the site is paused, the promotion until a second person has agreed."""
    if paused:
        return "advance"
    return "promote" if two_people and word != "approved" else None


def may_settle(state: VersionState, *, days: float, cases: int, needed: tuple[int, int]) -> bool:
    """Whether a version in service has stood its days and cases of reverse shadow, `needed` in that order."""
    return state is _S.LIVE and days >= needed[0] and cases >= needed[1]


def may_unload(version: V, state: VersionState, seats: Seats[V] | None) -> bool:
    """Whether a version's memory may be freed: its road has ended and nobody names it."""
    return state in ENDED and (seats is None or version not in seats.named())


def _challenges(seats: Seats[V], version: V) -> None:
    if seats.challenger != version:
        raise NotSeatedError("the version is not the challenger", fix="see `rounds models current`")


def _next(seats: Seats[V]) -> Seats[V]:
    """The seats after this plan without a challenge: the champion, and behind it its warm standby if any."""
    return Seats(seats.number + 1, seats.champion, standby=seats.standby, shadow=seats.standby is not None)
