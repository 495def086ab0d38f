"""The release rules, through every order of events: `python -m bench.release`.

A search closed in itself visits every state that one site can reach; a wider one goes on for a while.
Then each guard of the code is broken alone, and the search must find it.
"""

import sys
import time
from collections.abc import Iterator

from bench.figures import Figure, at_least, at_most, keep
from bench.release_model.breaks import BREAKS, found_with
from bench.release_model.explore import Site, explore

CLOSED = (
    Site(versions=3, two_people=True, luck=2),
    Site(versions=2, routers=1, two_people=True, luck=1),
    Site(versions=2, workers=2, luck=1),
)
WIDE = Site(versions=3, routers=1, workers=2, two_people=True, luck=1)
LEAST, SECONDS, GUARDS = 100_000, 60.0, 15


def found() -> Iterator[Figure]:
    """Search, break every guard, and tell what came of it."""
    began = time.process_time()
    closed = [explore(site, 10**9) for site in CLOSED]
    searches = [*closed, explore(WIDE, LEAST + 20_000)]
    seconds = time.process_time() - began
    states, whole = max(one.states for one in searches), sum(one.states for one in closed if one.whole)
    yield at_least("states_in_one_search", states, "states", goal=LEAST)
    yield at_least("states_of_closed_searches", whole, "states", goal=1)
    yield at_least("transitions_tried", sum(one.steps for one in searches), "steps", goal=1)
    yield at_most("seconds_of_all_searches", seconds, "CPU s", goal=SECONDS)
    yield at_most("invariants_broken", sum(bool(one.broken) for one in searches), "searches", goal=0)
    guards = {name: found_with(name).broken for name in BREAKS}
    for name, broken in guards.items():
        print(f"  {'found' if broken else 'NOT FOUND':<10} {name}: {broken}")
    caught = sum(map(bool, guards.values()))
    yield at_least("guards_whose_loss_is_found", caught, "guards", goal=GUARDS)
    yield at_most("guards_whose_loss_is_not_found", len(BREAKS) - caught, "guards", goal=0)


if __name__ == "__main__":
    sys.exit(keep("release", found()))
