# ruff: noqa: FBT003 - values that are put into tuples
"""Everything that may happen to a world: people, workers, messages, crashes, time, requests."""

from collections.abc import Iterator

from bench.release_model.invariants import check_answer
from bench.release_model.world import (
    PERSONS,
    RAMP,
    WORDS,
    Event,
    Job,
    Order,
    Router,
    World,
    entrants,
    moved,
    need,
    put,
    written,
)
from deployer_service import slots
from shared.domain import routing, transitions
from shared.domain.cycle import VersionState
from shared.domain.transitions import Change, Seats
from shared.errors import Error
from shared.serving.base import Loaded

_S = VersionState
_WAITING = (_S.TRAINED, _S.GATED)


class Bytes:
    """A model server at the Protocol: what was altered answers otherwise than at training."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.model_server = self

    def load(self, digest: int) -> Loaded:
        """Loaded, with what it answers to the probes."""
        return Loaded(str(digest), "as trained" if self._world.whole[digest] else "otherwise")


class Version:
    """What `bring_up` reads of a version."""

    fingerprint = "as trained"

    def __init__(self, number: int) -> None:
        self.digest, self.name = number, str(number)


def people(world: World) -> Iterator[Event]:
    """What persons ask of the registry."""
    fit = entrants(world)
    for one, entrant in fit.items():
        if not world.asked[one] and not transitions.why_not(entrant):
            clean = entrant.gate_passed and not entrant.tainted and entrant.state not in transitions.ENDED
            need(clean and entrant.state is not _S.TRAINED, "a deployment that should have been refused")
            if entrant.state is _S.GATED:
                yield f"ask {one}", world._replace(asked=put(world.asked, one, True))
        if WORDS[world.word[one]] == "asked":
            yield f"approve {one}", world._replace(word=put(world.word, one, 2))
            yield f"refuse {one}", world._replace(word=put(world.word, one, 3))
    yield "pause", world._replace(paused=not world.paused)
    for to in (None, *world.seats.named()):
        try:
            leaving = transitions.leaving(world.seats, to)
            if to is None and world.seats.share > 0:
                need(leaving == world.seats.challenger, "I8 a rollback spares the challenger that serves")
            change = transitions.roll_back(world.seats, leaving, world.states[leaving])
            yield f"rollback to {to}", written(world, change)
        except Error:
            continue


def misfortunes(world: World) -> Iterator[Event]:
    """What befalls a version that waits: consent withdrawn, bytes altered, a gate that was of other bytes."""
    for one, state in enumerate(world.states):
        if world.luck and state in _WAITING:
            less = world._replace(luck=world.luck - 1)
            yield f"taint {one}", less._replace(tainted=put(world.tainted, one, True))
            yield f"alter {one}", less._replace(whole=put(world.whole, one, False))
            if state is _S.GATED:
                yield f"ungate {one}", less._replace(gate=put(world.gate, one, False))


def gate(world: World) -> Iterator[Event]:
    """A judge's message, delivered however often; the newest gated version supersedes the one that waits."""
    for one, state in enumerate(world.states):
        if state is not _S.TRAINED:
            continue
        yield f"reject {one}", moved(world, ((one, _S.REJECTED),))
        passed = world._replace(gate=put(world.gate, one, True))
        older = tuple((two, _S.RETIRED) for two in range(one) if world.states[two] is _S.GATED)
        gone = passed._replace(asked=tuple(yes and two >= one for two, yes in enumerate(world.asked)))
        yield f"gate {one}", moved(gone if older else passed, ((one, _S.GATED), *older))


def workers(world: World, *, two_people: bool) -> Iterator[Event]:
    """Looks at the type, in their steps; between any two of them a worker may die or others may act.

    The lock that lets one of them act at a time is left out: the rules must hold without it.
    """
    for place, job in enumerate(world.jobs):
        if job is None:
            for name, fresh in _begun(world):
                yield name, world._replace(jobs=put(world.jobs, place, fresh))
            continue
        yield from _goes_on(world, place, job, two_people=two_people)


def _goes_on(world: World, place: int, job: Job, *, two_people: bool) -> Iterator[Event]:  # noqa: PLR0917
    idle = world._replace(jobs=put(world.jobs, place, None))
    yield "worker dies", idle
    if job.kind == "start":
        yield from _started(idle, job.subject[0])
    elif job.kind == "decide":
        for name, wished, after in _decided(idle, job, two_people=two_people):
            yield name, after._replace(jobs=put(after.jobs, place, wished))
    elif job.change is not None:
        try:
            yield f"commit {job.change.transition}", written(idle, job.change, job.follows)
        except Error:
            yield "commit refused", idle


def _begun(world: World) -> Iterator[tuple[str, Job]]:
    fit = entrants(world)
    waiting = [one for one, yes in enumerate(world.asked) if yes and transitions.may_start(fit[one])]
    if waiting and world.seats.challenger is None and not world.paused:
        yield f"pick {waiting[-1]}", Job("start", (waiting[-1], -1))
    for pair in transitions.compared(world.seats):
        yield f"compare {pair}", Job("decide", pair)


def _started(world: World, one: int) -> Iterator[Event]:
    try:
        slots.bring_up(Bytes(world), Version(one))
    except Error:
        yield f"{one} does not come up", world
        return
    need(world.whole[one], "I2 altered bytes came up")
    loaded = world._replace(loaded=put(world.loaded, one, True))
    if not transitions.may_start(entrants(world)[one]):
        yield f"{one} may not start any more", loaded
        return
    need(not world.tainted[one], "a tainted version starts")
    try:
        yield f"start {one}", written(loaded, transitions.start(world.seats, one))
    except Error:
        yield "seat taken", loaded


def _decided(world: World, job: Job, *, two_people: bool) -> Iterator[tuple[str, Job | None, World]]:
    """The engine may say whatever it is not held from; the commit comes later, on what was read here."""
    one, other = job.subject
    if not transitions.still_runs((one, other), world.seats):
        yield "comparison is over", None, world
        return
    state, agreed = world.states[one], WORDS[world.word[one]]
    held = transitions.held(paused=world.paused, two_people=two_people, word=agreed)
    if state is _S.CANARY_50 and agreed is None and two_people:
        yield f"ask for a second person {one}", None, world._replace(word=put(world.word, one, 1))
    for change in _answers(world, one, held):
        forward = one == world.seats.challenger and change.moves[-1][1] not in transitions.ENDED
        need(not (forward and world.paused), "a paused site advances")
        agreed_to = not two_people or agreed == "approved"
        need(agreed_to or not change.transition.endswith(">live"), "promoted without a second person")
        yield f"decide {change.transition}", Job("commit", job.subject, change), world


def _answers(world: World, one: int, held: str | None) -> Iterator[Change[int]]:
    seats, state = world.seats, world.states[one]
    step = RAMP.index(seats.share) + 1 if seats.share else 0
    wishes = [lambda: transitions.roll_back(seats, one, state)]
    if one == seats.challenger:
        wishes.append(lambda: transitions.end(seats, one, state))
        if held != "advance" and step < len(RAMP):
            wishes.append(lambda: transitions.advance(seats, one, state, share=RAMP[step]))
        if held is None:
            wishes.append(lambda: transitions.promote(seats, one, state))
    days, cases = (14, 1000) if world.ripe else (13, 1000)
    if transitions.may_settle(state, days=days, cases=cases, needed=(14, 1000)):
        wishes.append(lambda: transitions.settle(seats, one))
    for wish in wishes:
        try:
            yield wish()
        except Error:
            continue


def machines(world: World) -> Iterator[Event]:
    """Time, memory and the database."""
    # Weeks pass for routers that have heard the newest plan: none is taken to be cut off for so long.
    if world.promoted and not world.ripe and all(router.newest for router in world.routers):
        yield "weeks pass", world._replace(ripe=True)
    if not world.cold:
        yield "model server dies", world._replace(loaded=(False,) * len(world.loaded), cold=True)
    for one in world.seats.named() if world.cold else ():
        if not world.loaded[one]:
            loaded = put(world.loaded, one, True)
            warm = all(loaded[two] for two in world.seats.named())
            yield f"warm {one}", world._replace(loaded=loaded, cold=not warm)
    # Memory is freed a minute later: every router that hears the registry has heard of it by then.
    heard = all(router.newest or not router.fresh for router in world.routers)
    for one, held in enumerate(world.loaded):
        if held and heard and transitions.may_unload(one, world.states[one], world.seats):
            yield f"unload {one}", world._replace(loaded=put(world.loaded, one, False))
    if world.routers:
        yield "database", world._replace(database=not world.database)


def routers(world: World) -> Iterator[Event]:
    """What API processes do: confirm, grow old, order, answer."""
    for place, router in enumerate(world.routers):
        if world.database:
            yield from _refreshed(world, place)
        elif router.order is None:
            yield from _ordered(world, place)
        if router.fresh:
            yield "two seconds pass", _with(world, place, router._replace(fresh=False))
        if router.flight is None:
            yield from _asked(world, place)
            continue
        served, slot, person = router.flight
        if routing.still_serves(router.seats, served, confirmed=router.fresh):
            check_answer(world, router, served, slot=slot, person=person)
        yield "answered or asked again", _with(world, place, router._replace(flight=None))


def _with(world: World, place: int, router: Router) -> World:
    return world._replace(routers=put(world.routers, place, router))


def _asked(world: World, place: int) -> Iterator[Event]:
    """A request of each person, given to the first version that is in memory."""
    router = world.routers[place]
    for person in PERSONS:
        key = person if world.database else None
        slot = routing.slot(router.seats, key, confirmed=router.fresh)
        served = next((one for one in routing.tries(router.seats, slot) if world.loaded[one]), None)
        lost = world.cold or router.order is not None  # cut off for longer than the version was warm
        need(served is not None or lost, "I4 nobody answers")
        if served is not None:
            lets = routing.still_serves(router.seats, served, confirmed=router.fresh)
            need(lets, "I12 an answer is begun that may not be delivered")
            given = slot if served == router.seats.challenger else routing.CHAMPION
            yield "request", _with(world, place, router._replace(flight=(served, given, person)))


def _refreshed(world: World, place: int) -> Iterator[Event]:
    """Orders are filed before the plans are read; a process may die between the two and file them again."""
    router = world.routers[place]
    after, order = world, router.order
    if order is not None and order.leaving in (world.seats.champion, world.seats.challenger):
        try:
            after = written(
                world, transitions.roll_back(world.seats, order.leaving, world.states[order.leaving])
            )
            again = after.routers[place]._replace(fresh=False)
            yield "filed, and dies", after._replace(routers=put(after.routers, place, again))
        except Error:
            pass
    if order is not None and after is not world:
        need(order.leaving not in after.seats.named(), "I8 a filed rollback leaves the version in its seat")
        need(len(set(world.seats.named()) - set(after.seats.named())) <= 2, "I6 one order, one rollback")
    known = router._replace(seats=after.seats, fresh=True, newest=True, order=None)
    yield "refresh", after._replace(routers=put(after.routers, place, known))


def _ordered(world: World, place: int) -> Iterator[Event]:
    router = world.routers[place]
    for to in (None, *router.seats.named()):
        try:
            leaving = transitions.leaving(router.seats, to)
            seats: Seats[int] = routing.rolled_back(router.seats, to)
        except Error:
            continue
        obeyed = router._replace(seats=seats, newest=False, order=Order(leaving, to))
        yield f"order {to}", world._replace(routers=put(world.routers, place, obeyed))
