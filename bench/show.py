"""Every promise with what shows it: the table that `make show` ends with.

`python -m bench.show` reads what is on disk: `bench/results/*.json` and `bench/results/tests.xml`.
"""

import json
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from bench.figures import RESULTS

PROMISES = Path(__file__).parent / "promises.toml"
TESTS = RESULTS / "tests.xml"
WHY = "why"  # the part that says of promises not yet kept what was tried and what stands against them


@dataclass(frozen=True)
class Shown:
    """What one proof shows; None where it was not run."""

    proof: str
    holds: bool | None
    told: str


def main() -> int:
    """Print the table; 1 when a promise is not kept or was not looked at."""
    outcomes, kept, total = _outcomes(), 0, 0
    parts = tomllib.loads(PROMISES.read_text())
    why = parts.pop(WHY)
    for part, promises in parts.items():
        print(f"\n{part}")
        for says, proofs in promises.items():
            shown = [one for proof in proofs for one in _shown(proof, outcomes)]
            holds = bool(shown) and all(one.holds for one in shown)
            kept, total = kept + holds, total + 1
            print(f"  {'holds' if holds else 'OPEN':<6} {says}")
            for one in shown:
                print(f"{'':9}{'' if one.holds else '! '}{one.told}")
            if not holds and says in why:
                print(f"{'':9}why: {why[says]}")
    print(f"\n{kept} of {total} promises hold")
    return 0 if kept == total else 1


def _shown(proof: str, outcomes: dict[str, bool]) -> Iterator[Shown]:
    """What became of a proof, line by line."""
    kind, _, rest = proof.partition(" ")
    if kind == "test":
        yield _tested(rest, outcomes)
        return
    name, _, pattern = rest.partition(": ")
    figures = [one for one in _figures(name) if fnmatchcase(one["key"], pattern)]
    if not figures:
        yield Shown(proof, None, f"not measured: python -m bench.{name}")
    for one in figures:
        value = "not measured" if one["value"] is None else f"{one['value']:.4g} {one['unit']}"
        yield Shown(proof, bool(one["met"]), f"{one['key']}: {value} (goal {one['goal']:.4g})")


def _tested(place: str, outcomes: dict[str, bool]) -> Shown:
    mine = [passed for test, passed in outcomes.items() if test == place or test.startswith(f"{place}::")]
    if not mine:
        return Shown(place, None, f"not run: pytest {place}")
    told = f"{sum(mine)} of {len(mine)} tests pass: {place}"
    return Shown(place, all(mine), told)


def _figures(name: str) -> list[dict[str, Any]]:
    path = RESULTS / f"{name}.json"
    return list(json.loads(path.read_text())["figures"]) if path.is_file() else []


def _outcomes() -> dict[str, bool]:
    """Whether each test passed in the last run that was written down; a skipped one has shown nothing."""
    if not TESTS.is_file():
        return {}
    found: dict[str, bool] = {}
    for case in ElementTree.parse(TESTS).iter("testcase"):  # noqa: S314 - written by our own test run
        if case.find("skipped") is None:
            name = case.get("name", "").partition("[")[0]
            place = f"{case.get('classname', '').replace('.', '/')}.py::{name}"
            failed = case.find("failure") is not None or case.find("error") is not None
            found[place] = found.get(place, True) and not failed
    return found


if __name__ == "__main__":
    sys.exit(main())
