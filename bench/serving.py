"""Serving on real processes: two API processes, two model servers, Postgres, Valkey, a deployer.

`python -m bench.serving [REQUESTS [SWITCHES [KILLS]]]`: what router and shadow cost, what batches gain,
and that no answer is lost, doubled or of the wrong version while versions change and parts are killed.
"""

import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.serving_world.churn import (
    Churned,
    Releases,
    churn,
    faults,
    leaving_ms,
    lost_and_doubled,
    old_plan_ms,
)
from bench.serving_world.load import Client, asked, rate_of, share_below, timed
from bench.serving_world.one_at_a_time import texts_per_second
from bench.serving_world.outage import PARTS, roll_back_in
from bench.serving_world.shadow import scoring
from bench.serving_world.site import APIS, MODEL_SERVERS, MODULES, Site, until
from bench.serving_world.versions import TEXTS, Made, make
from shared.registry.plans import Plan

RESULTS = Path(__file__).parent / "results" / "serving.json"
REQUESTS, SWITCHES, KILLS = 20_000, 200, 20
ROUNDS, PHASES, PHASE_SECONDS = 300, 3, 8.0
TURNS = 5
CHANGES = 5  # of one version that comes and goes
Figure = dict[str, object]


def main(requests: int, switches: int, kills: int) -> int:
    """Measure, print and write; 1 where a goal is missed."""
    figures: list[Figure] = []
    with Site() as site, tempfile.TemporaryDirectory() as scratch:
        versions = make(
            site.settings, site.sessions, Path(scratch), count=switches // CHANGES + len(PARTS) + 4
        )
        first, *others = versions
        plan = Releases(site).bootstrap(first).plan
        site.start(*MODULES)
        _ready(site)
        for found in _measured(site, versions, plan, churned=(requests, switches, kills)):
            print(f"{found['key']}: {found['value']} {found['unit']} (goal {found['goal']})", flush=True)
            figures.append(found)
    RESULTS.parent.mkdir(exist_ok=True)
    load = f", load {os.getloadavg()[0]:.1f}"
    report = {"name": "serving", "machine": platform.platform() + load, "figures": figures}
    RESULTS.write_text(json.dumps(report, indent=1) + "\n")
    return 0 if all(one["met"] for one in figures) else 1


def _measured(
    site: Site, versions: list[Made], plan: Plan, *, churned: tuple[int, int, int]
) -> Iterator[Figure]:
    first, second, *others = versions
    yield from _batches(site, first)
    yield from _router(site, first)
    capacity = rate_of(asked(site, PHASE_SECONDS))
    yield _figure("capacity of the two API processes", capacity, 0.0, unit="requests/s", least=True)
    yield from _shadow(site, second, rate=capacity / 2)
    for part in PARTS:
        outage = roll_back_in(site, part, others.pop(), rate=capacity / 2)
        print(f"  {part}: {outage}", flush=True)
        bad = outage.failed + outage.after_two_seconds + outage.lost + outage.doubled
        yield _figure(
            f"rollback while {part} dies: answers failed, late, lost, doubled", bad, 0, unit="answers"
        )
    requests, switches, kills = churned
    yield from _churn(
        site, churn(site, others, requests=requests, switches=switches, kills=kills), versions, first=plan
    )


def _batches(site: Site, first: Made) -> Iterator[Figure]:
    """Texts a second of one model server under 16 clients, beside transformers one by one, in turns."""
    server, texts, ratios = site.direct(MODEL_SERVERS[0]), TEXTS * 20, []
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda text: server.answer(first.digest, [text]), TEXTS))
        for _ in range(TURNS):
            baseline = texts_per_second(TEXTS)
            spent = timed(lambda: list(pool.map(lambda text: server.answer(first.digest, [text]), texts)))
            ratios.append(1000 * len(texts) / spent / baseline)
    ratio = share_below(ratios, 0.5)
    yield _figure("requests/s beside transformers one at a time", ratio, 3.0, unit="times", least=True)


def _router(site: Site, first: Made) -> Iterator[Figure]:
    """One client: `/predict` with everything it writes, beside the model server asked directly."""
    client, server = Client(site, APIS[0]), site.direct(MODEL_SERVERS[0])
    for _ in range(20):
        client.ask()
    direct, routed = [], []
    for place in range(ROUNDS):
        text = TEXTS[place % len(TEXTS)]
        direct.append(timed(lambda text=text: server.answer(first.digest, [text])))  # type: ignore[misc]
        routed.append(client.ask().ms)
    overhead = share_below(routed, 0.5) - share_below(direct, 0.5)
    yield _figure("router beside the model server, p50", overhead, 3.0, unit="ms")


def _shadow(site: Site, second: Made, *, rate: float) -> Iterator[Figure]:
    """The 95th percentile at half of the capacity with and without silent scoring, in turns."""
    releases = Releases(site)
    releases.bring_up(second)
    releases.start(second)
    without, with_shadow, scored = [], [], 0
    for _ in range(PHASES):
        without += [one.ms for one in asked(site, PHASE_SECONDS, rate=rate)]
        with scoring(site) as shadow:
            with_shadow += [one.ms for one in asked(site, PHASE_SECONDS, rate=rate)]
        scored += shadow.scored
    releases.roll_back(second)
    print(f"  {len(with_shadow)} answers beside {scored} silent ones", flush=True)
    added = share_below(with_shadow, 0.95) - share_below(without, 0.95)
    yield _figure("shadow adds to the p95", added, 2.0, unit="ms")


def _churn(site: Site, found: Churned, versions: Sequence[Made], *, first: Plan) -> Iterator[Figure]:
    until(lambda: lost_and_doubled(site, found.told)[0] == 0, "every answer to be filed", 30.0)
    lost, doubled = lost_and_doubled(site, found.told)
    wrong = faults(found, versions, first) | {"dropped": lost, "doubled": doubled}
    print(
        f"  {len(found.told)} requests, {len(found.switches)} changes, {found.kills} kills: {wrong}",
        flush=True,
    )
    print("  failed:", [(one.status, round(one.ms)) for one in found.told if one.status != 200], flush=True)
    for name, number in wrong.items():
        yield _figure(f"answers {name} of {len(found.told)}", number, 0, unit="answers")
    yield _figure("adapter switch, p50", share_below(old_plan_ms(found), 0.5), 50.0, unit="ms")
    yield _figure("adapter switch, p99", share_below(old_plan_ms(found), 0.99), 50.0, unit="ms")
    yield _figure("rollback to its last answer, p99", share_below(leaving_ms(found), 0.99), 100.0, unit="ms")
    yield _figure(
        "an adapter brought up and proved beside them, p50",
        share_below(found.loads_ms, 0.5),
        2000.0,
        unit="ms",
    )


def _ready(site: Site) -> None:
    for name in MODEL_SERVERS:
        until(lambda name=name: site.is_ready(name), name)  # type: ignore[misc]
    clients = [Client(site, name) for name in APIS]
    until(lambda: all(client.ask().status == 200 for client in clients), "the API")


def _figure(key: str, value: float, goal: float, *, unit: str, least: bool = False) -> Figure:
    met = value >= goal if least else value <= goal
    return {"key": key, "value": round(value, 3), "unit": unit, "goal": goal, "met": met}


if __name__ == "__main__":
    told = [int(one) for one in sys.argv[1:]]
    sys.exit(main(*told, *(REQUESTS, SWITCHES, KILLS)[len(told) :]))
