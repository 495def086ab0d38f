"""A rollback asked for in the moment in which a part of the site dies."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bench.serving_world.churn import Releases, lost_and_doubled
from bench.serving_world.load import Client, Load
from bench.serving_world.site import APIS, MODEL_SERVERS, Site, until
from bench.serving_world.versions import Made
from shared.errors import Error
from shared.registry import plans

BEFORE_SECONDS, AFTER_SECONDS, UNCONFIRMED_SECONDS = 2.0, 6.0, 2.0
PARTS: Mapping[str, Callable[[Site], None]] = {
    "Postgres dies": Site.kill_postgres,
    "Valkey dies": Site.kill_valkey,
    "the deployer dies": lambda site: site.kill("deployer"),
    "one model server dies": lambda site: site.kill(MODEL_SERVERS[0]),
    "Postgres stands still": Site.freeze_postgres,
}


@dataclass(frozen=True)
class Outage:
    """What became of the requests around the kill."""

    requests: int
    failed: int
    after_two_seconds: int  # answers of the challenger
    lost: int
    doubled: int
    last_ms: float  # from the order to the last answer of the challenger


def roll_back_in(site: Site, part: str, made: Made, *, rate: float) -> Outage:
    """Half of the persons are the challenger's; the part dies, a person orders the rollback, and it holds."""
    releases = Releases(site)
    releases.bring_up(made)
    releases.start(made)
    releases.advance(made, 0.5)
    with Load(site, rate=rate) as load:
        time.sleep(BEFORE_SECONDS)
        PARTS[part](site)
        ordered = _order(site)
        time.sleep(AFTER_SECONDS)
        site.revive()
        until(lambda: _recorded(site), "the rollback to be on record")
    until(lambda: lost_and_doubled(site, load.told)[0] == 0, "every answer to be filed", 30.0)
    for name in MODEL_SERVERS:
        until(lambda name=name: site.is_ready(name), f"{name} to be back")  # type: ignore[misc]
    late = [one.got - ordered for one in load.told if one.digest == made.digest]
    lost, doubled = lost_and_doubled(site, load.told)
    return Outage(
        requests=len(load.told),
        failed=sum(one.status != 200 for one in load.told),
        after_two_seconds=sum(seconds > UNCONFIRMED_SECONDS for seconds in late),
        lost=lost,
        doubled=doubled,
        last_ms=1000 * max([0.0, *late]),
    )


def _order(site: Site) -> float:
    """Ask until the order is taken; when that was."""
    client = Client(site, APIS[0])
    end = time.monotonic() + AFTER_SECONDS
    while time.monotonic() < end:
        status, _ = client.post("/api/phase-7/models/rollback", {"reason": "it errs"})
        if status in (200, 202):
            return time.monotonic()
        time.sleep(0.05)
    return time.monotonic()


def _recorded(site: Site) -> bool:
    try:
        with site.sessions() as session:
            plan = plans.current(session, "diagnosis")
    except (Error, OSError):
        return False
    return plan is not None and plan.challenger is None
