"""A simulated year: what a clinic of 200 patients a day gains, how long it falls back, how long it takes.

`python -m bench.simulate [MONTHS [PER_DAY]]`
"""

import json
import sys
import time
from collections.abc import Iterator

from bench.figures import RESULTS, Figure, at_least, at_most, keep
from deployer_service import drift
from rounds.sample_clinic.plans import FIRST_COLLECTED
from rounds.simulation.months import DAYS_A_MONTH
from rounds.simulation.picture import draw
from rounds.simulation.report import Answer, report
from rounds.simulation.site import NearSite
from rounds.simulation.year import Wish, Year

MONTHS, PER_DAY = 12, 200
RISE_POINTS, YEAR_SECONDS = 6.0, 3600.0
DETECTION_DAYS = drift.AUDIT_NOW_DAYS  # the product tells a fall of the audit sample by so many days of it


def main(months: int = MONTHS, per_day: int = PER_DAY) -> int:
    """Play it and write figures, and report and picture into `results/year`; 1 when a goal is missed."""
    began = time.monotonic()
    with NearSite(FIRST_COLLECTED) as site:
        year = Year(site, Wish(1, months * DAYS_A_MONTH, per_day, {"rung": "head"}), print)
        year.play()
        found = report(year)
    seconds = time.monotonic() - began
    kept = RESULTS / "year"
    kept.mkdir(parents=True, exist_ok=True)
    (kept / "simulation.json").write_text(json.dumps(found, indent=1) + "\n")
    (kept / "simulation.svg").write_text(draw(found))
    print(json.dumps(found["figures"]))
    return keep("simulate", _figures(found, seconds, months), months=months, per_day=per_day)


def _figures(found: Answer, seconds: float, months: int) -> Iterator[Figure]:
    told = found["figures"]
    whole = seconds if months >= MONTHS else None
    yield at_least(
        "rise of the audit sample in three months", told["rise_points"], "points", goal=RISE_POINTS
    )
    yield at_most(
        "longest fall by more than half a point", told["longest_fall_days"], "days", goal=DETECTION_DAYS
    )
    yield at_most("a simulated year", whole, "s", goal=YEAR_SECONDS)


if __name__ == "__main__":
    sys.exit(main(*(int(one) for one in sys.argv[1:])))
