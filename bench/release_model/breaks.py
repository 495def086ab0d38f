# ruff: noqa: ARG005 - what a guard's stand-in is given, it does not look at
"""One guard broken at a time: each must make the explorer find a broken invariant, or it guards nothing."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from bench.release_model.explore import Found, Site, explore
from deployer_service import slots
from shared.domain import cycle, routing, transitions

ALONE = Site(versions=3, routers=0, two_people=True, luck=1)
OPEN = Site(versions=2, luck=0)
RACING = Site(versions=3, workers=2, luck=0)
TWICE = Site(versions=2, workers=2, luck=0)
TO_LIVE = (
    "gate 1", "ask 1", "pick 1", "start 1",
    *[step for edge in ("shadow>canary_5", "canary_5>canary_25", "canary_25>canary_50", "canary_50>live")
      for step in ("compare (1, 0)", f"decide {edge}", f"commit {edge}")],
)  # fmt: skip
REPLACED = Site(versions=3, workers=2, luck=0, road=TO_LIVE)
SERVED = Site(versions=2, routers=1, luck=0)
MOST = 60_000


def _leaves_the_challenger(seats, version, state):  # noqa: ANN001, ANN202
    change = _roll_back(seats, version, state)
    kept = tuple(move for move in change.moves if move[0] != change.fallen)
    return transitions.Change(change.transition, version, kept, change.seats)


def _with(function, **seats):  # noqa: ANN001, ANN003, ANN202
    """The transition with other seats after it."""

    def broken(*given, **more):  # noqa: ANN002, ANN003, ANN202
        change = function(*given, **more)
        return transitions.Change(
            change.transition, change.subject, change.moves, change.seats._replace(**seats)
        )

    return broken


def _takes_the_seat(seats, version):  # noqa: ANN001, ANN202
    return _start(seats._replace(challenger=None), version)


_roll_back, _start = transitions.roll_back, transitions.start
_T, _R = transitions, routing

BREAKS: Mapping[str, tuple[object, str, Any, Site]] = {
    "a move that the cycle does not have": (cycle, "check_move", lambda now, wanted: None, OPEN),
    "a plan written over a newer one": (_T, "follows_on", lambda follows, newest: True, REPLACED),
    "a comparison that is over goes on": (_T, "still_runs", lambda pair, seats: True, TWICE),
    "a deployment that is refused": (_T, "why_not", lambda entrant, rules=(): [], ALONE),
    "a start after consent was withdrawn": (
        _T, "may_start", lambda entrant: entrant.state is cycle.VersionState.GATED, ALONE),
    "a seat without a passed gate": (_T, "check_seats", lambda seats, entrants: None, ALONE),
    "a second challenger": (_T, "start", _takes_the_seat, RACING),
    "altered bytes": (slots, "bring_up", lambda deps, version: None, ALONE),
    "a challenger outlives its champion": (_T, "roll_back", _leaves_the_challenger, ALONE),
    "a rollback that takes the champion for the challenger": (
        _T, "leaving", lambda seats, to: seats.champion, ALONE),
    "a promotion without a way back": (_T, "promote", _with(transitions.promote, standby=None), ALONE),
    "settled at once": (_T, "may_settle", lambda *given, **more: True, ALONE),
    "a paused site": (_T, "held", lambda **more: None if more["word"] == "approved" else "promote", ALONE),
    "a second person": (_T, "held", lambda **more: "advance" if more["paused"] else None, ALONE),
    "memory freed while it serves": (_T, "may_unload", lambda version, state, seats: True, ALONE),
    "a share in shadow": (_T, "start", _with(transitions.start, share=0.05), ALONE),
    "everybody at the first step": (_T, "advance", _with(transitions.advance, share=0.99), ALONE),
    "a challenger that nobody confirms": (
        _R, "slot", lambda seats, key, confirmed: _slot(seats, key, confirmed=True), SERVED),
    "an answer of a version rolled back meanwhile": (
        _R, "still_serves", lambda seats, version, confirmed: True, SERVED),
    "anybody gets the challenger": (_R, "is_challenged", lambda key, salt, share: True, SERVED),
    "an order that the router does not obey": (_R, "rolled_back", lambda seats, to: seats, SERVED),
    "nobody behind the champion": (
        _R, "tries", lambda seats, wanted: [
            seats.challenger if wanted == routing.CHALLENGER else seats.champion], SERVED),
}  # fmt: skip
_slot = routing.slot


@contextmanager
def broken(name: str) -> Iterator[Site]:
    """One guard out of force while the block runs."""
    module, attribute, instead, site = BREAKS[name]
    kept = getattr(module, attribute)
    setattr(module, attribute, instead)
    try:
        yield site
    finally:
        setattr(module, attribute, kept)


def found_with(name: str, most: int = MOST) -> Found:
    """What the explorer finds with that guard broken."""
    with broken(name) as site:
        return explore(site, most)
