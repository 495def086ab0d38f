"""What must hold in every state and of every answer that reaches a person; the numbers are the design's."""

from bench.release_model.world import PERSONS, SHARES, Router, World, need
from shared.domain.assignment import bucket
from shared.domain.cycle import CHALLENGING, VersionState
from shared.domain.transitions import ENDED

_LIVE, _STANDBY = VersionState.LIVE, VersionState.STANDBY
_PLACES = {(person, salt): bucket(person, salt) for person in PERSONS for salt in ("", "0", "1", "2", "3")}


def check(world: World) -> None:
    """Every invariant of a state.

    Raises:
        Broken: one does not hold.
    """
    seats, states = world.seats, world.states
    sitting = seats.named()
    need([one for one, state in enumerate(states) if state is _LIVE] == [seats.champion], "I1 one champion")
    challenging = [one for one, state in enumerate(states) if state in CHALLENGING]
    need(challenging == [one for one in (seats.challenger,) if one is not None], "I1 one challenger, seated")
    warm = [one for one, state in enumerate(states) if state is _STANDBY]
    need(warm == [one for one in (seats.standby,) if one is not None], "I4 the version before stands warm")
    need(all(world.gate[one] for one in sitting), "I2 a seat without a passed gate")
    need(all(states[one] not in ENDED for one in sitting), "I3 an ended version sits")
    share = SHARES.get(states[seats.challenger], 0.0) if seats.challenger is not None else 0.0
    need(seats.share == share, "I5 the share is that of the state")
    need(world.cold or all(world.loaded[one] for one in sitting), "I4 a seated version is not in memory")
    need(
        world.promoted <= (world.ripe or seats.standby is not None),
        "I4 nothing to go back to before settling",
    )
    need(world.told == states, "I10 the records do not tell the states")
    for router in world.routers:
        if router.fresh and router.newest and router.order is None:
            need(router.seats == seats, "I1 a router that knows the newest plan serves by another")


def check_answer(world: World, router: Router, version: int, *, slot: str, person: str) -> None:
    """Every invariant of an answer at the moment it is delivered."""
    need(world.gate[version], "I2 an answer of a version without a passed gate")
    need(
        router.order is None or version != router.order.leaving, "I8 an answer of a version rolled back here"
    )
    if slot == "challenger" and version == router.seats.challenger:  # else it was promoted meanwhile
        need(router.fresh, "I12 an unconfirmed challenger answers")
        need(router.seats.share > 0, "I5 a version in shadow answers")
        place = _PLACES[person, router.seats.salt]
        need(place < round(router.seats.share * 10_000), "I5 somebody outside of the share is answered")
    if router.newest and router.fresh:
        need(world.states[version] not in ENDED, "I3 an ended version answers")
    elif not router.fresh:
        need(
            version in (router.seats.champion, router.seats.standby), "I12 cut off, and not the last champion"
        )
