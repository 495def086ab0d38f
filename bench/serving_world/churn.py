"""Changes of who serves under load: versions come, are promoted and rolled back; servers are killed."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bench.serving_world.load import Load, Told
from bench.serving_world.site import MODEL_SERVERS, Site, until
from bench.serving_world.versions import Made
from deployer_service import slots
from shared.clock import system_clock
from shared.registry import models, plans, releases
from shared.registry.plans import Plan
from shared.registry.releases import Cause
from shared.registry.tables import ModelVersion, Prediction

TYPE = "diagnosis"
SHARES = (0.1, 0.25, 0.5)
PAUSE_SECONDS = 0.1


@dataclass(frozen=True)
class Switch:
    """One change: when it was committed, the plan since then, and who left by it."""

    committed: float
    plan: Plan
    leaving: str | None


@dataclass
class Churned:
    """What happened: every answer, every change, the milliseconds of each load, and the kills."""

    told: list[Told]
    switches: list[Switch] = field(default_factory=list)
    loads_ms: list[float] = field(default_factory=list)
    kills: int = 0


class Releases:
    """What the deployer does, through the same functions."""

    def __init__(self, site: Site) -> None:
        self._site = site

    @property
    def model_server(self) -> object:
        """Where versions are served."""
        return self._site.model_server

    def bootstrap(self, made: Made) -> Switch:
        """The first version goes live."""
        return self._do(releases.bootstrap, made)

    def bring_up(self, made: Made) -> float:
        """Load and prove a version on every server; milliseconds."""
        with self._site.sessions() as session:
            version = models.get(session, made.id)
        began = time.perf_counter()
        slots.bring_up(self._site, version)
        return 1000 * (time.perf_counter() - began)

    def drop(self, made: Made) -> None:
        """Drain and unload it."""
        self._site.model_server.unload(made.digest)

    def start(self, made: Made) -> Switch:
        """Its shadow begins."""
        return self._do(releases.start, made)

    def advance(self, made: Made, share: float) -> Switch:
        """It answers this share of persons."""
        return self._do(
            lambda session, version, cause: releases.advance(session, version, share=share, cause=cause), made
        )

    def promote(self, made: Made) -> Switch:
        """It is the champion."""
        return self._do(releases.promote, made)

    def roll_back(self, made: Made) -> Switch:
        """It leaves."""
        return self._do(releases.roll_back, made, leaves=True)

    def _do(
        self, change: Callable[[Session, ModelVersion, Cause], Plan], made: Made, *, leaves: bool = False
    ) -> Switch:
        with self._site.sessions.begin() as session:
            plans.lock(session, TYPE)
            cause = Cause("bench", "a change under load", system_clock())
            plan = change(session, models.get(session, made.id), cause)
        return Switch(time.monotonic(), plan, made.digest if leaves else None)


def churn(site: Site, versions: Sequence[Made], *, requests: int, switches: int, kills: int) -> Churned:
    """Change, kill and ask until there were as many of each; a server is killed when the other is ready."""
    over = threading.Event()
    with Load(site) as load:
        found = Churned(load.told)
        killing = threading.Thread(target=_kill, args=(site, found, kills), kwargs={"over": over})
        killing.start()
        for made in versions:
            if len(found.switches) >= switches:
                break
            _come_and_go(Releases(site), made, found)
        over.set()
        killing.join()
        while len(load.told) < requests or found.kills < kills:
            if found.kills < kills:
                _kill_one(site, found)
            time.sleep(PAUSE_SECONDS)
    return found


def _come_and_go(releases_: Releases, made: Made, found: Churned) -> None:
    """Five changes: three shares, the champion's place, and back again; each is seen by some requests."""
    found.loads_ms.append(releases_.bring_up(made))
    releases_.start(made)
    steps = (
        *(partial(releases_.advance, made, share) for share in SHARES),
        lambda: releases_.promote(made),
        lambda: releases_.roll_back(made),
    )
    for step in steps:
        found.switches.append(step())
        time.sleep(PAUSE_SECONDS)
    releases_.drop(made)


def _kill(site: Site, found: Churned, kills: int, *, over: threading.Event) -> None:
    while found.kills < kills and not over.is_set():
        _kill_one(site, found)


def _kill_one(site: Site, found: Churned) -> None:
    """End one server while the other answers, and start it again."""
    name = MODEL_SERVERS[found.kills % len(MODEL_SERVERS)]
    site.kill(name)
    found.kills += 1
    site.start(name)
    until(lambda: site.is_ready(name), f"{name} to be back")


def faults(found: Churned, versions: Sequence[Made], first: Plan) -> dict[str, int]:
    """Answers that failed, were of another version than they say, or of one without a seat in their plan."""
    expected = {made.digest: made.answers for made in versions}
    seated = {plan.number: _seated(plan) for plan in (first, *(one.plan for one in found.switches))}
    failed = other = unseated = 0
    for one in found.told:
        if one.status != 200:
            failed += 1
            continue
        answer = expected[one.digest][one.text]
        other += (answer.label, answer.confidence) != (one.label, one.confidence)
        unseated += one.digest not in seated.get(one.plan, {one.digest})
    return {"failed": failed, "of another version": other, "without a seat": unseated}


def _seated(plan: Plan) -> set[str]:
    served = (plan.champion, plan.challenger, plan.standby)
    return {one.digest for one in served if one is not None}


def lost_and_doubled(site: Site, told: Sequence[Told]) -> tuple[int, int]:
    """Answers without a row of their own, and rows or answers beyond one a request."""
    ids = {one.prediction_id for one in told if one.status == 200}
    with site.sessions() as session:
        kept = {str(one) for one in session.scalars(select(Prediction.id))}
        rows = session.scalar(select(func.count()).select_from(Prediction)) or 0
    answered = sum(one.status == 200 for one in told)
    return len(ids - kept), (answered - len(ids)) + (rows - len(kept))


def old_plan_ms(found: Churned) -> list[float]:
    """For each change: how long after its commit a request began that the plan before still answered."""
    late = []
    for switch in found.switches:
        after = [one.sent - switch.committed for one in found.told if 0 < one.plan < switch.plan.number]
        late.append(1000 * max([0.0, *after]))
    return late


def leaving_ms(found: Churned) -> list[float]:
    """For each rollback: how long after its commit the last answer of the version that left was delivered."""
    late = []
    for switch in found.switches:
        if switch.leaving is not None:
            after = [one.got - switch.committed for one in found.told if one.digest == switch.leaving]
            late.append(1000 * max([0.0, *after]))
    return late
