"""Serving on real processes: two API processes, two model servers, Postgres, Valkey, a deployer.

`python -m bench.serving [REQUESTS [SWITCHES [KILLS]]] [--only PIECE ...]`: what router and shadow cost, what
batches gain, and that no answer is lost, doubled or of the wrong version while versions change and parts are
killed. A piece (batches, router, shadow, outages, churn) replaces its own figures only.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text as sql

from bench.figures import Figure, at_least, at_most, keep
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
from bench.serving_world.shadow import Scorer
from bench.serving_world.site import APIS, MODEL_SERVERS, MODULES, Site, until
from bench.serving_world.versions import TEXTS, Made, make
from shared.registry.plans import Plan
from shared.serving.base import ModelServer

REQUESTS, SWITCHES, KILLS = 20_000, 200, 20
ROUNDS, CAPACITY_SECONDS = 300, 8.0
PHASES, PHASE_SECONDS = 16, 2.0  # short and many: other programs come and go meanwhile
TURNS = 5
_WAL = "SELECT pg_logical_emit_message(true, 'bench', 'x')"  # the least that a commit brings to the disk
CHANGES = 5  # of one version that comes and goes
PIECES = ("batches", "router", "shadow", "outages", "churn")


@dataclass
class Measured:
    """A site with its versions: the first is live, each piece takes what it needs from the others."""

    site: Site
    versions: list[Made]
    plan: Plan
    wish: argparse.Namespace

    def capacity(self) -> float:
        """Answers a second of both API processes."""
        return rate_of(asked(self.site, CAPACITY_SECONDS))


def main() -> int:
    """Measure, print and write; 1 where a goal is missed."""
    parser = argparse.ArgumentParser()
    for name, usual in (("requests", REQUESTS), ("switches", SWITCHES), ("kills", KILLS)):
        parser.add_argument(name, nargs="?", type=int, default=usual)
    parser.add_argument("--only", nargs="*", choices=PIECES, default=list(PIECES))
    wish = parser.parse_args()
    load = f"{os.getloadavg()[0]:.1f}"
    return keep("serving", _measured(wish), is_part=len(wish.only) < len(PIECES), load=load)


def _measured(wish: argparse.Namespace) -> Iterator[Figure]:
    with Site() as site, tempfile.TemporaryDirectory() as scratch:
        count = wish.switches // CHANGES + len(PARTS) + 4
        versions = make(site.settings, site.sessions, Path(scratch), count=count)
        plan = Releases(site).bootstrap(versions[0]).plan
        site.start(*MODULES)
        _ready(site)
        measured = Measured(site, versions, plan, wish)
        pieces = {
            "batches": _batches,
            "router": _router,
            "shadow": _shadow,
            "outages": _outages,
            "churn": _churn,
        }
        for name in wish.only:
            yield from pieces[name](measured)


def _batches(measured: Measured) -> Iterator[Figure]:
    """Texts a second under 16 clients, beside transformers one by one with all cores, in turns."""
    one, both = measured.site.direct(MODEL_SERVERS[0]), measured.site.model_server
    ratios: Mapping[ModelServer, list[float]] = {one: [], both: []}
    with ThreadPoolExecutor(16) as pool:
        _answered(pool, both, measured.versions[0], texts=TEXTS * 4)
        for _ in range(TURNS):
            baseline = texts_per_second(TEXTS)
            for server, found in ratios.items():
                found.append(_answered(pool, server, measured.versions[0], texts=TEXTS * 20) / baseline)
    ratio = share_below(ratios[both], 0.5)
    yield at_least("requests/s beside transformers one at a time", ratio, "times", goal=3.0)
    yield at_least(
        "the same of one model server, on one core", share_below(ratios[one], 0.5), "times", goal=0
    )


def _answered(pool: Executor, server: ModelServer, made: Made, *, texts: Sequence[str]) -> float:
    """Texts a second."""
    spent = timed(lambda: list(pool.map(lambda text: server.answer(made.digest, [text]), texts)))
    return 1000 * len(texts) / spent


def _router(measured: Measured) -> Iterator[Figure]:
    """One client: `/predict` with everything it writes, beside the model server asked directly."""
    site, first = measured.site, measured.versions[0]
    client, server = Client(site, APIS[0]), site.direct(MODEL_SERVERS[0])
    for _ in range(20):
        client.ask()
    direct, routed, synced = [], [], []
    for place in range(ROUNDS):
        text = TEXTS[place % len(TEXTS)]
        direct.append(timed(lambda text=text: server.answer(first.digest, [text])))  # type: ignore[misc]
        routed.append(client.ask().ms)
        synced.append(_sync_ms(site))
    overhead = share_below(routed, 0.5) - share_below(direct, 0.5)
    yield at_most("router beside the model server, p50", overhead, "ms", goal=3.0)
    yield at_least("the sync of one commit to this disk in it, p50", share_below(synced, 0.5), "ms", goal=0)
    yield at_least("the model server asked directly, p50", share_below(direct, 0.5), "ms", goal=0)


def _sync_ms(site: Site) -> float:
    """What a commit that waits for the disk takes beyond one that does not."""
    spent = []
    for name in ("on", "off"):
        setting, write = sql("SET LOCAL synchronous_commit = " + name), sql(_WAL)
        with site.sessions() as session:
            session.execute(setting)
            session.execute(write)
            began = time.perf_counter()
            session.commit()
            spent.append(1000 * (time.perf_counter() - began))
    return spent[0] - spent[1]


def _shadow(measured: Measured) -> Iterator[Figure]:
    """The 95th percentile at half of the capacity with and without silent scoring, in turns."""
    site, second = measured.site, measured.versions[1]
    releases, rate = Releases(site), measured.capacity() / 2
    releases.bring_up(second)
    releases.start(second)
    without, beside, scorer = [], [], Scorer(site)
    for _ in range(PHASES):
        without += [one.ms for one in asked(site, PHASE_SECONDS, rate=rate)]
        with scorer.scoring():
            beside += [one.ms for one in asked(site, PHASE_SECONDS, rate=rate)]
    print(f"  {len(beside)} answers beside {scorer.scored} silent ones", flush=True)
    scorer.end()
    releases.roll_back(second)
    for share in (0.5, 0.9, 0.95, 0.99):
        alone, both = share_below(without, share), share_below(beside, share)
        print(f"  {100 * share:.0f} of 100 answers: {alone:.1f} ms alone, {both:.1f} ms beside", flush=True)
    added = share_below(beside, 0.95) - share_below(without, 0.95)
    yield at_most("shadow adds to the p95", added, "ms", goal=2.0)


def _outages(measured: Measured) -> Iterator[Figure]:
    """A rollback at half of the capacity, asked for in the moment in which a part dies."""
    capacity = measured.capacity()
    yield at_least("capacity of the two API processes", capacity, "requests/s", goal=0.0)
    for part, made in zip(PARTS, measured.versions[2:], strict=False):
        outage = roll_back_in(measured.site, part, made, rate=capacity / 2)
        print(f"  {part}: {outage}", flush=True)
        bad = outage.failed + outage.after_two_seconds + outage.lost + outage.doubled
        key = f"rollback while {part}: answers failed, late, lost, doubled"
        yield at_most(key, bad, "answers", goal=0)


def _churn(measured: Measured) -> Iterator[Figure]:
    """Versions come and go and servers are killed under load."""
    wish, others = measured.wish, measured.versions[2 + len(PARTS) :]
    found = churn(measured.site, others, requests=wish.requests, switches=wish.switches, kills=wish.kills)
    yield from _told(measured.site, found, measured.versions, first=measured.plan)


def _told(site: Site, found: Churned, versions: Sequence[Made], *, first: Plan) -> Iterator[Figure]:
    until(lambda: lost_and_doubled(site, found.told)[0] == 0, "every answer to be filed", 30.0)
    lost, doubled = lost_and_doubled(site, found.told)
    wrong = faults(found, versions, first) | {"dropped": lost, "doubled": doubled}
    print(
        f"  {len(found.told)} requests, {len(found.switches)} changes, {found.kills} kills: {wrong}",
        flush=True,
    )
    print(
        "  failed:",
        [(one.status, round(one.ms), one.why) for one in found.told if one.status != 200],
        flush=True,
    )
    for name, number in wrong.items():
        yield at_most(f"answers {name}", number, "answers", goal=0)
    yield at_most("adapter switch, p50", share_below(old_plan_ms(found), 0.5), "ms", goal=50.0)
    yield at_most("adapter switch, p99", share_below(old_plan_ms(found), 0.99), "ms", goal=50.0)
    yield at_most("rollback to its last answer, p99", share_below(leaving_ms(found), 0.99), "ms", goal=100.0)
    loads = share_below(found.loads_ms, 0.5)
    yield at_most("an adapter brought up and proved beside them, p50", loads, "ms", goal=2000.0)


def _ready(site: Site) -> None:
    for name in MODEL_SERVERS:
        until(lambda name=name: site.is_ready(name), name)  # type: ignore[misc]
    clients = [Client(site, name) for name in APIS]
    until(lambda: all(client.ask().status == 200 for client in clients), "the API")


if __name__ == "__main__":
    sys.exit(main())
