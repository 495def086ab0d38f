"""Breadth first through every state that can be reached, with every invariant checked in each."""

from collections.abc import Iterator
from dataclasses import dataclass

from bench.release_model import events
from bench.release_model.invariants import check
from bench.release_model.world import Broken, Event, World, first
from shared.domain.cycle import VersionState


@dataclass(frozen=True)
class Site:
    """A kind of site: how many versions and API processes, who must agree, how much goes wrong."""

    versions: int = 3
    routers: int = 0
    workers: int = 1
    two_people: bool = False
    luck: int = 1
    road: tuple[str, ...] = ()  # events that have happened before the search begins


@dataclass(frozen=True)
class Found:
    """How far the search went; `whole` when nothing was left, `broken` with the way there otherwise."""

    states: int
    steps: int
    whole: bool
    broken: str | None = None
    way: tuple[str, ...] = ()


def successors(world: World, site: Site) -> Iterator[Event]:
    """Every world that may be next. While the database is away only machines and routers go on."""
    if world.database:
        yield from events.people(world)
        yield from events.misfortunes(world)
        yield from events.gate(world)
        yield from events.workers(world, two_people=site.two_people)
    yield from events.machines(world)
    yield from events.routers(world)


def explore(site: Site, most: int) -> Found:
    """Visit up to `most` distinct states; the first broken invariant ends it, with the way there."""
    start = begun(site)
    came: dict[World, tuple[World | None, str]] = {start: (None, "start")}
    level, steps = [start], 0
    while level and len(came) < most:
        following: list[World] = []
        for world in level:
            at = "?"
            try:
                for name, after in successors(world, site):
                    steps += 1
                    at = name
                    if after not in came:
                        came[after] = (world, name)
                        check(after)
                        following.append(after)
                    at = f"what comes after {name}"
            except Broken as broken:
                return Found(len(came), steps, whole=False, broken=str(broken), way=(*_way(came, world), at))
            if len(came) >= most:
                break
        level = following
    return Found(len(came), steps, not level)


def _way(came: dict[World, tuple[World | None, str]], world: World | None) -> tuple[str, ...]:
    names: list[str] = []
    while world is not None:
        world, name = came[world]
        names.append(name)
    return tuple(reversed(names))


def begun(site: Site) -> World:
    """Where the search begins: a first version is live, and the site's road has been gone."""
    world = first(site.versions, site.routers, workers=site.workers, luck=site.luck)
    for wanted in site.road:
        world = next(after for name, after in successors(world, site) if name == wanted)
    return world


def reached(site: Site, most: int) -> set[VersionState]:
    """Version states that a search meets: a model that never promotes proves nothing."""
    start = begun(site)
    seen, level = {start}, [start]
    while level and len(seen) < most:
        following = {after for world in level for _, after in successors(world, site)} - seen
        seen |= following
        level = list(following)
    return {state for world in seen for state in world.states}
