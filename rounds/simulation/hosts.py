"""How many predictions some hosts answer: measured on this machine, then played as a queue.

One answer takes time of a core of a host, whose number grows with the hosts, and time of the one Postgres,
whose cores do not. Both are measured here; the queue in front of them is played, not computed.
"""

import heapq
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.orm import Session

from api_service.filing import Asked, Given, store
from api_service.people import Known
from rounds.sample_clinic.encounters import Encounter, seen
from rounds.simulation.days import TYPE
from rounds.simulation.months import MONTHS
from rounds.simulation.site import NearSite
from shared.registry import persons

LOADS = (0.25, 0.5, 0.75, 0.9)  # of what the hosts could answer
ASKED, ARRIVALS = 200, 20_000
_WARM_UP = 20


@dataclass(frozen=True)
class Spent:
    """Seconds of one prediction: of a core of its host, and of the database."""

    host: float
    database: float


def measure(site: NearSite, *, seed: int) -> list[Spent]:
    """Answer and file some patients one by one, each in a transaction of its own, as the API does."""
    patients = seen(seed, 0, ASKED + _WARM_UP, times=MONTHS[0].times(seed, 0))
    return [_asked(site, one) for one in patients][_WARM_UP:]


def _asked(site: NearSite, one: Encounter) -> Spent:
    """Processor time only, which others on this machine do not lengthen; waiting for a disk is not in it."""
    router = site.router()
    began, database = time.process_time(), 0.0
    with _transaction(site) as (session, spent):
        person = persons.of(session, one.person, vault=site.vault, now=site.now)
    database += spent()
    asked = Asked(person=one.person, encounter=one.encounter, text=one.text, subgroup=one.subgroup)
    routed = router.answer(TYPE, person.key, one.text)
    given = Given.of(uuid4(), asked, routed, now=site.now)
    with _transaction(site) as (session, spent):
        store(session, given, person=Known(person.id, person.key), vault=site.vault)
    database += spent()
    return Spent(time.process_time() - began, database)


@contextmanager
def _transaction(site: NearSite) -> Iterator[tuple[Session, Callable[[], float]]]:
    """A session, and what its backend has computed since: to be asked once the transaction has ended."""
    with site.sessions.begin() as session:
        backend = Path(f"/proc/{session.scalar(text('SELECT pg_backend_pid()'))}/schedstat")
        before = _nanoseconds(backend)
        yield session, lambda: (_nanoseconds(backend) - before) / 1e9


def _nanoseconds(backend: Path) -> int:
    return int(backend.read_text().split()[0])


def capacity(spent: Sequence[Spent], *, hosts: int, cores: int) -> tuple[float, str]:
    """Predictions a second at most, and what ends them: the hosts' cores or the database's."""
    by_hosts = hosts * cores * len(spent) / sum(one.host for one in spent)
    by_database = cores * len(spent) / sum(one.database for one in spent)
    return (by_hosts, "cores of the hosts") if by_hosts <= by_database else (by_database, "Postgres")


def play(spent: Sequence[Spent], *, hosts: int, cores: int, per_second: float, seed: int) -> list[float]:
    """Seconds from question to answer of so many arrivals by chance, sorted; service times as measured."""
    rng = Random(seed)  # noqa: S311 - a made-up load, no secret
    computing, filing = [0.0] * (hosts * cores), [0.0] * cores
    now, took = 0.0, []
    for _ in range(ARRIVALS):
        now += rng.expovariate(per_second)
        one = spent[rng.randrange(len(spent))]
        answered = _through(computing, now, one.host)
        took.append(_through(filing, answered, one.database) - now)
    return sorted(took)


def table(spent: Sequence[Spent], *, hosts: int, seed: int) -> list[dict[str, Any]]:
    """One row a load: predictions a second, and how long the middle one and the slow ones wait."""
    cores = os.cpu_count() or 1
    most, limit = capacity(spent, hosts=hosts, cores=cores)
    rows = []
    for load in LOADS:
        took = play(spent, hosts=hosts, cores=cores, per_second=most * load, seed=seed)
        at = {f"p{q}_ms": round(1000 * took[len(took) * q // 100], 1) for q in (50, 99)}
        rows.append({"hosts": hosts, "load": load, "per_second": round(most * load, 1), **at, "limit": limit})
    return rows


def _through(servers: list[float], arrives: float, seconds: float) -> float:
    """When a piece of work leaves the first server that is free; `servers` is a heap of when each is."""
    ends = max(heapq.heappop(servers), arrives) + seconds
    heapq.heappush(servers, ends)
    return ends
