"""How soon a site works on after a fault, and that a minute without its broker costs nothing.

`python -m bench.recovery [TRIES]`: the site of the chaos suite with one job at a time, so that nothing but
the fault is waited for. A training works on when it saves the step after the last one that was saved; of a
server what counts is the time from its return until a job is begun that was asked for while it was away.
"""

import itertools
import json
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bench.chaos_world import faults
from bench.chaos_world.site import LEASE_SECONDS, Site, until
from bench.figures import Figure, at_least, at_most, keep
from shared.embedded import start_postgres, start_valkey
from worker_training.sweep import CHECKPOINTS

TRIES = 5
LOOK_SECONDS = 0.005
LONGEST_SECONDS = 60.0
AWAY_SECONDS = 5.0
MINUTE_SECONDS, PACE_SECONDS = 60.0, 0.75  # fewer jobs than may wait
_BEGUN = text("SELECT state <> 'queued' FROM training_jobs WHERE id = :id")
_COMPLETED = text("SELECT count(*) FROM training_jobs WHERE state = 'completed' AND id = ANY(:ids)")
_seeds = itertools.count(101, 100)  # none of them is poison
Away = Callable[[Site], None]
Back = Callable[[Site], None]


def main(tries: int) -> int:
    """Harm, wait, print and write."""
    with Site(random.Random(tries)) as site:
        _finished(site, _asked(site))  # everything is warm
        return keep("recovery", measured(site, tries), tries=tries)


def measured(site: Site, tries: int) -> Iterator[Figure]:
    """The longest of the tries of each kind, then the minute."""
    killed = max(_goes_on(site, faults.trainer_killed) for _ in range(tries))
    yield at_most("training process killed, until its training goes on", killed, "s", goal=1)
    lost = max(_goes_on(site, _worker_of_the_training_killed) for _ in range(tries))
    goal = LEASE_SECONDS + 1
    yield at_most(
        f"worker killed, until its training goes on, lease {LEASE_SECONDS:g} s", lost, "s", goal=goal
    )
    for name, (away, back, goal) in SERVERS.items():
        longest = max(_is_back(site, away, back) for _ in range(tries))
        yield at_most(f"{name}, from its return until a job is begun", longest, "s", goal=goal)
    yield from a_minute(site)


def a_minute(site: Site) -> Iterator[Figure]:
    """The broker is away for a minute; who asks for a training notices nothing, and all are trained."""
    _broker_killed(site)
    until_then, answers, seconds = time.monotonic() + MINUTE_SECONDS, list[UUID | None](), list[float]()
    while time.monotonic() < until_then:
        began = time.monotonic()
        answers.append(site.submit(next(_seeds)))
        seconds.append(time.monotonic() - began)
        time.sleep(PACE_SECONDS)
    _broker_back(site)
    promised = [one for one in answers if one is not None]
    with suppress(TimeoutError):
        until(lambda: _completed(site, promised) == len(promised), "the end of all", 4 * LONGEST_SECONDS)
    told = f"of {len(answers)} submits in a minute without a broker"
    yield at_least(f"answered 202 {told}", len(promised) / len(answers), "share", goal=1)
    yield at_least(f"trained afterwards {told}", _completed(site, promised) / len(answers), "share", goal=1)
    yield at_most(f"slowest answer {told}", 1000 * max(seconds), "ms", goal=1000)


def _goes_on(site: Site, harm: faults.Fault) -> float:
    """Seconds from the harm to a training in the middle of its steps until the next step is saved."""
    job = _asked(site)
    _soon(lambda: _step(site, job) >= 2)
    before, began = _step(site, job), time.monotonic()
    harm(site)
    _soon(lambda: _step(site, job) > before)
    taken = time.monotonic() - began
    _finished(site, job)
    faults.mend(site)
    return taken


def _is_back(site: Site, away: Away, back: Back) -> float:
    """Seconds from the return of a server until a job is begun that somebody wanted meanwhile."""
    away(site)
    wanted = site.submit(next(_seeds))  # without a database it is refused, and asked for until it is taken
    time.sleep(AWAY_SECONDS)
    back(site)
    began = time.monotonic()
    job = wanted or _asked(site)
    _soon(lambda: _is(site, job))
    taken = time.monotonic() - began
    _finished(site, job)
    return taken


def _worker_of_the_training_killed(site: Site) -> None:
    [trainer] = site.trainers()
    parents = {one.pid for one in trainer.parents()}
    site.kill(next(name for name in faults.WORKERS if site.processes[name].pid in parents))


def _broker_killed(site: Site) -> None:
    with suppress(Exception):
        site.broker().flushall()
    site.valkey.process.kill()
    site.valkey.process.wait()


def _broker_back(site: Site) -> None:
    site.valkey = start_valkey(site.settings)


def _database_stopped(site: Site) -> None:
    site.postgres.stop()


def _database_back(site: Site) -> None:
    site.postgres = start_postgres(site.settings)


SERVERS: dict[str, tuple[Away, Back, float]] = {
    "Valkey stopped and back empty": (_broker_killed, _broker_back, 2),
    "Postgres stopped": (_database_stopped, _database_back, 5),
    "Postgres killed": (faults.kill_database, _database_back, 5),
}


def _asked(site: Site) -> UUID:
    """A job of its own seed, asked for until it is promised."""
    end = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < end:
        job = site.submit(next(_seeds))
        if job is not None:
            return job
        time.sleep(LOOK_SECONDS)
    raise TimeoutError("no job was promised")


def _step(site: Site, job: UUID) -> int:
    """The last step that the training has saved."""
    try:
        saved = site.home / "work" / CHECKPOINTS / str(job) / "chain.json"
        return int(json.loads(saved.read_text())[0])
    except (ValueError, OSError):
        return 0


def _is(site: Site, job: UUID) -> bool:
    with suppress(SQLAlchemyError), site.sessions() as session:
        return bool(session.scalar(_BEGUN, {"id": job}))
    return False


def _completed(site: Site, jobs: Sequence[UUID]) -> int:
    with suppress(SQLAlchemyError), site.sessions() as session:
        return int(session.scalar(_COMPLETED, {"ids": list(jobs)}) or 0)
    return 0


def _finished(site: Site, job: UUID) -> None:
    until(lambda: _completed(site, [job]) == 1, f"the end of {job}", LONGEST_SECONDS)


def _soon(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + LONGEST_SECONDS
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError("it did not come")
        time.sleep(LOOK_SECONDS)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else TRIES))
