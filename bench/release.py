"""The release rules, through every order of events: `python -m bench.release`.

A search closed in itself visits every state that one site can reach; a wider one goes on for a while.
Then each guard of the code is broken alone, and the search must find it.
"""

import json
import os
import platform
import time
from pathlib import Path

from bench.release_model.breaks import BREAKS, found_with
from bench.release_model.explore import Found, Site, explore

RESULT = Path(__file__).parent / "results" / "release.json"
CLOSED = (
    Site(versions=3, two_people=True, luck=2),
    Site(versions=2, routers=1, two_people=True, luck=1),
    Site(versions=2, workers=2, luck=1),
)
WIDE = Site(versions=3, routers=1, workers=2, two_people=True, luck=1)
LEAST, SECONDS, GUARDS = 100_000, 60.0, 15


def main() -> None:
    """Search, break, print and write."""
    began = time.process_time()
    closed = [explore(site, 10**9) for site in CLOSED]
    wide = explore(WIDE, LEAST + 20_000)
    seconds = time.process_time() - began
    guards = {name: found_with(name).broken for name in BREAKS}
    for name, broken in guards.items():
        print(f"{'found' if broken else 'NOT FOUND':<10} {name}: {broken}")
    write([*closed, wide], seconds, sum(map(bool, guards.values())))


def write(found: list[Found], seconds: float, guards: int) -> None:
    """The figures with their goals."""
    whole = sum(one.states for one in found if one.whole)
    broken = [one.broken for one in found if one.broken]
    rows = [
        ("states_in_one_search", max(one.states for one in found), "states", LEAST, True),
        ("states_of_closed_searches", whole, "states", 1, True),
        ("transitions_tried", sum(one.steps for one in found), "transitions", 1, True),
        ("seconds_of_all_searches", round(seconds, 1), "CPU s", SECONDS, False),
        ("invariants_broken", len(broken), "searches", 0, False),
        ("guards_whose_loss_is_found", guards, "guards", GUARDS, True),
        ("guards_whose_loss_is_not_found", len(BREAKS) - guards, "guards", 0, False),
    ]
    figures = [
        {"key": key, "value": value, "unit": unit, "goal": goal,
         "met": value >= goal if least else value <= goal}
        for key, value, unit, goal, least in rows
    ]  # fmt: skip
    for figure in figures:
        print(f"{figure['key']:<34} {figure['value']:>12} {figure['unit']:<12} goal {figure['goal']}")
    RESULT.parent.mkdir(exist_ok=True)
    machine = f"{platform.machine()}, {os.cpu_count()} cores"
    RESULT.write_text(json.dumps({"name": "release", "machine": machine, "figures": figures}, indent=2))


if __name__ == "__main__":
    main()
