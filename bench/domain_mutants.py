"""Lets the hand slip in the rules of `shared/domain`, one place at a time; the unit tests must see each slip.

`python -m bench.domain_mutants [--minutes N] [--seed N] [MODULE …]`: the slips of `domain_world`, first
those that act in a function, in an order drawn by the seed, so that those of a shorter run are a fair sample.
What no test sees says in `domain_mutants.toml` why it changes nothing, or counts as missed. Verdicts are kept
beside the results; a run that was stopped is gone on with by the next, and what was missed is tried again.
"""

import argparse
import random
import sys
import time
import tomllib
from collections.abc import Mapping
from pathlib import Path

from bench.domain_world.slips import Slip, modules, slips
from bench.domain_world.trial import judge
from bench.figures import RESULTS, at_least, keep

HARMLESS = Path(__file__).parent / "domain_mutants.toml"
VERDICTS = RESULTS / "domain_mutants.verdicts"
GOAL, LEAST = 0.95, 1000


def main(arguments: list[str]) -> int:
    """Try the slips that no test was seen to see, print those that live, write the share that was seen."""
    asked = argparse.ArgumentParser(prog="bench.domain_mutants", description=__doc__)
    asked.add_argument("--minutes", type=float, default=60.0, help="begin none after so many")
    asked.add_argument("--seed", type=int, default=1, help="of the order")
    asked.add_argument("modules", nargs="*", help="of shared/domain; all without")
    given = asked.parse_args(arguments)
    listed = [one for name in given.modules or modules() for one in slips(name)]
    random.Random(given.seed).shuffle(listed)
    excused = harmless()
    until = time.monotonic() + 60 * given.minutes
    known = _verdicts()
    left = [one for one in listed if not known.get(one.mark) and _place(one) not in excused]
    RESULTS.mkdir(exist_ok=True)
    judge(left, _write, late=lambda: time.monotonic() >= until, seen=RESULTS / "domain_mutants.tests")
    return _told(listed, excused, is_whole=not given.modules)


def _told(listed: list[Slip], excused: Mapping[tuple[str, str, str], str], *, is_whole: bool) -> int:
    known = _verdicts()
    tried = [one for one in listed if one.mark in known and _place(one) not in excused]
    for one in sorted(tried, key=lambda one: (one.module, one.lines)):
        if not known[one.mark]:
            print(f"lives: {one.module}:{one.lines[0]}: {one.told}: {one.code}")
    seen, excused_ones = (
        sum(known[one.mark] for one in tried),
        sum(_place(one) in excused for one in listed),
    )
    print(f"{seen} of {len(tried)} were seen, of {len(listed)} in all; {excused_ones} change nothing")
    if not is_whole:
        return int(seen < len(tried))
    return keep(
        "domain_mutants",
        [
            at_least("slips tried in the rules", len(tried), "slips", goal=LEAST),
            at_least("slips seen by the unit tests", seen / max(1, len(tried)), "share", goal=GOAL),
        ],
        slips=len(listed),
    )


def _place(slip: Slip) -> tuple[str, str, str]:
    return slip.module, slip.code, slip.told


def harmless() -> dict[tuple[str, str, str], str]:
    """Why a slip at a place changes nothing."""
    listed = tomllib.loads(HARMLESS.read_text()).get("harmless", []) if HARMLESS.exists() else []
    return {(one["module"], one["line"], one["slip"]): one["why"] for one in listed}


def _verdicts() -> dict[str, bool]:
    """Whether each slip that was tried was seen, by its mark; the last word counts."""
    lines = VERDICTS.read_text().splitlines() if VERDICTS.exists() else []
    return {mark: word == "seen" for mark, _, word in (line.partition(" ") for line in lines)}


def _write(slip: Slip, seen: bool) -> None:  # noqa: FBT001
    with VERDICTS.open("a") as lines:
        lines.write(f"{slip.mark} {'seen' if seen else 'lives'}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
