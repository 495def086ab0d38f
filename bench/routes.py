"""How long each GET route takes on a site of a year, and how that grows from a site of a tenth.

`python -m bench.routes [CASES]`: two sites on servers of their own, 200 patients a day, asked in turn by a
key of every role for records that exist. Told is processor time, with that of Postgres, which a busy machine
does not mind.
"""

import re
import statistics
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack

from api_service.endpoint import Endpoint
from api_service.routes import ENDPOINTS
from bench.figures import Figure, at_most, keep
from bench.routes_world.site import Aged, aged

CASES, YOUNGER = 73_000, 10  # a year, and how many times younger the other site is
ASKED = 3
GOAL_MS, WHOLE_GOAL_MS = 300.0, 1000.0
GROWTH_GOAL = 2.0 * YOUNGER  # linear is tenfold, quadratic a hundredfold; a busy machine does the rest
NOISE_MS = 4.0  # of a short answer: growth is told of what takes longer
# What answers with, compares or proves all of something, or draws a picture, when a person asks for it.
WHOLE = {
    "cases.export",
    "datasets.diff",
    "datasets.diff_of_two",
    "changed.changed",
    "govern.verify",
    "case_pictures.case_picture",
}
QUERIES = {
    "cases.export": "dataset_version={version}",
    "datasets.diff_of_two": "a={before}&b={after}",
    "models.compare": "version_a={former_version}&version_b={model_version}",
    "changed.changed": "version_a={former_version}&version_b={model_version}",
    "review.worklist": "limit=200",  # beyond what waits to be read blind
}


def main(cases: int) -> int:
    """Fill both sites, ask, show; 1 when a goal is missed."""
    with ExitStack() as stack:
        began = time.monotonic()
        young, old = (stack.enter_context(aged(size)) for size in (cases // YOUNGER, cases))
        seconds = time.monotonic() - began
        print(f"sites of {cases // YOUNGER} and {cases} patients in {seconds:.0f} s", flush=True)
        took = {endpoint: asked(endpoint, young, old) for endpoint in ENDPOINTS if endpoint.method == "GET"}
        return keep("routes", figures(took), cases=cases)


def asked(endpoint: Endpoint, young: Aged, old: Aged) -> tuple[float, float]:
    """Milliseconds at the young and the old site: the median of tries in turn; what is long is tried once."""
    times: dict[bool, list[float]] = {False: [], True: []}
    before = 0 if endpoint.name in WHOLE else 1  # to be warm
    for number in range(before + (ASKED if before else 1)):
        for is_old, site in ((False, young), (True, old)):
            address = address_of(endpoint, site.records)
            began = site.processor_seconds()
            status = site.get(address)
            times[is_old] += [1000 * (site.processor_seconds() - began)][: number >= before]
            assert status in (200, 503), f"{address}: {status}"  # the health of a site without workers
    print(f"{times[True][-1]:10.1f} ms {endpoint.path}", flush=True)
    return statistics.median(times[False]), statistics.median(times[True])


def address_of(endpoint: Endpoint, records: Mapping[str, str]) -> str:
    """The path and query of a route, with records of a site."""
    query = QUERIES.get(endpoint.name, "")
    known = dict(records)
    if endpoint.name == "models.card":  # its `version` is a model's
        known["version"] = records["model_version"]
    if endpoint.name == "case_pictures.case_picture":
        known["case_id"] = records["picture"]
    path = re.sub(r"{(\w+)}", lambda found: known[found[1]], endpoint.path)
    return path + (f"?{query.format(**records)}" if query else "")


def figures(took: Mapping[Endpoint, tuple[float, float]]) -> Iterator[Figure]:
    """Each route's time and growth, the slowest first, then what they come to together."""
    ordered = sorted(took.items(), key=lambda item: -item[1][1])
    growth = {one: old / max(young, NOISE_MS) for one, (young, old) in ordered}
    for one, (_, old) in ordered:
        goal = WHOLE_GOAL_MS if one.name in WHOLE else GOAL_MS
        yield at_most(f"GET {one.path}", old, "ms", goal=goal)
    for one, times in sorted(growth.items(), key=lambda item: -item[1]):
        if took[one][1] > NOISE_MS:
            yield at_most(f"growth of GET {one.path}", times, f"times at {YOUNGER}", goal=GROWTH_GOAL)
    slow = [one for one, (_, old) in ordered if old > GOAL_MS and one.name not in WHOLE]
    yield at_most("slowest route", ordered[0][1][1], "ms", goal=WHOLE_GOAL_MS)
    yield at_most(f"routes of the pages above {GOAL_MS:.0f} ms", len(slow), "routes", goal=0)
    yield at_most("fastest growth of a route", max(growth.values()), f"times at {YOUNGER}", goal=GROWTH_GOAL)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else CASES))
