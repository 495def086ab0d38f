"""What a state of the model holds, and how one transition is written into it."""

from collections.abc import Callable
from typing import NamedTuple

from shared.domain import cycle, transitions
from shared.domain.cycle import CHALLENGING, MOVES, VersionState
from shared.domain.transitions import Change, Entrant, Seats

RAMP = (0.05, 0.25, 0.50)
SHARES = {VersionState.CANARY_5: 0.05, VersionState.CANARY_25: 0.25, VersionState.CANARY_50: 0.50}
EDGES = {
    state: frozenset(after) for state, after in MOVES[VersionState].items()
}  # before any guard is broken
PERSONS = (
    "person-6755",
    "person-2",
)  # the first is within 5 % of persons under every salt here, the second never
WORDS = (None, "asked", "approved", "refused")


class Broken(Exception):  # noqa: N818 - the finding of the explorer, not a failure of the program
    """An invariant does not hold."""


class Order(NamedTuple):
    """A rollback that a router obeys before the registry knows of it."""

    leaving: int
    to: int | None


class Router(NamedTuple):
    """One API process: the seats it knows, whether they are confirmed, what it owes and what is under way."""

    seats: Seats[int]
    fresh: bool = True
    newest: bool = True  # whether these are the registry's seats of this moment
    order: Order | None = None
    flight: tuple[int, str, str] | None = None  # version, slot and person of a request under way


class Job(NamedTuple):
    """A worker in the middle of something; what it read may be of the past."""

    kind: str  # start, decide, commit
    subject: tuple[int, int]
    change: Change[int] | None = None
    follows: int = 0  # 0: nothing has changed since it read; -1: something has


class World(NamedTuple):
    """Everything that matters about one model type. Plans count from the present one, which is 0."""

    states: tuple[VersionState, ...]
    gate: tuple[bool, ...]
    whole: tuple[bool, ...]  # bytes in the store are those that were trained
    tainted: tuple[bool, ...]
    loaded: tuple[bool, ...]
    told: tuple[VersionState, ...]  # what the evidence records alone say
    seats: Seats[int]
    asked: tuple[bool, ...]
    word: tuple[int, ...]
    routers: tuple[Router, ...]
    jobs: tuple[Job | None, ...] = (None,)
    paused: bool = False
    ripe: bool = False
    settled: bool = False
    promoted: bool = False
    cold: bool = False  # the model server was killed and is not warm again
    database: bool = True
    luck: int = 1  # misfortunes of this kind that are still to come


def first(versions: int, routers: int, *, workers: int, luck: int) -> World:
    """A live version and others that were trained."""
    states = (VersionState.LIVE, *[VersionState.TRAINED] * (versions - 1))
    no, seats = (False,) * versions, Seats(0, 0)
    return World(
        states=states,
        gate=(True, *no[1:]),
        whole=(True,) * versions,
        tainted=no,
        loaded=(True, *no[1:]),
        told=states,
        seats=seats,
        asked=no,
        word=(0,) * versions,
        routers=(Router(seats),) * routers,
        jobs=(None,) * workers,
        luck=luck,
    )


def put(values: tuple, place: int, value: object) -> tuple:
    """The tuple with one value exchanged."""
    return (*values[:place], value, *values[place + 1 :])


def entrants(world: World) -> dict[int, Entrant]:
    """Every version as the rules see it."""
    return {
        one: Entrant(state, world.gate[one], tainted=("withdrawal",) if world.tainted[one] else ())
        for one, state in enumerate(world.states)
    }


def need(holds: object, what: str) -> None:
    """Say which invariant does not hold."""
    if not holds:
        raise Broken(what)


def moved(world: World, moves: tuple[tuple[int, VersionState], ...]) -> World:
    """The world after moves along the cycle, each told by its record."""
    states, told = list(world.states), list(world.told)
    for one, to in moves:
        cycle.check_move(states[one], to)
        need(to in EDGES.get(told[one], ()), "I6 a record tells a move that the cycle does not have")
        states[one] = told[one] = to
    return world._replace(states=tuple(states), told=tuple(told))


def written(world: World, change: Change[int], follows: int = 0) -> World:
    """The world after a transition has committed.

    Raises:
        ConflictError: the rules refuse it, and nothing of it is written.
    """
    if not transitions.follows_on(follows, 0):
        raise transitions.NotSeatedError("another plan was written first")
    after = moved(world, change.moves)
    assert change.seats is not None
    transitions.check_seats(change.seats, entrants(after))
    kind = change.transition.partition(">")[2]
    if kind == "settled":
        need(not world.settled, "I6 one version settled twice")
    settled = kind == "settled" or (world.settled and kind not in ("live", "rolled_back"))
    promoted = kind == "live" or (world.promoted and change.transition != "live>rolled_back")
    over = {one for one, state in enumerate(after.states) if state not in CHALLENGING}
    return after._replace(
        seats=change.seats._replace(number=0),
        settled=settled,
        promoted=promoted,
        ripe=world.ripe and kind != "live" and change.transition != "live>rolled_back",
        asked=tuple(yes and (one not in over or after.states[one] is VersionState.GATED)
                    for one, yes in enumerate(world.asked)),
        routers=tuple(one._replace(newest=False) for one in world.routers),
        jobs=tuple(job and job._replace(follows=-1) for job in world.jobs),
    )  # fmt: skip


Event = tuple[str, World]
Step = Callable[[World], "list[Event]"]
