"""How the site is: every part by what it last said, the database by asking it, the model server likewise."""

import shutil
from collections.abc import Iterator, Mapping

from sqlalchemy.orm import Session

from api_service.deps import Deps
from api_service.endpoint import product_version
from api_service.errors import is_away
from api_service.plan_cache import CONFIRMED_SECONDS, DATABASE_ERRORS
from api_service.show.health import Health, PartHealth, RecoveryShown
from shared.errors import Error
from shared.registry import devices, health, recoveries, switches
from shared.registry.health import Seen, Waiting
from shared.registry.tables import Event

WORKERS = ("relay", "beat", "worker-collect", "worker-train", "worker-deploy")
LEAST_FREE_SHARE = 0.02
LEAST_FREE_BYTES = 200 << 20


def taken(deps: Deps) -> Health:
    """The health of every part now; never raises, since the answer is what is down."""
    try:
        with deps.sessions.begin() as session:
            parts, waiting, paused = _from_registry(session, deps)
    except DATABASE_ERRORS as error:
        if not is_away(error):
            raise
        parts, waiting, paused = list(_without_registry()), None, None
    parts = [PartHealth(name="api", state="ok", needed=True), *parts, *_own(deps)]
    down = any(part.needed and part.state == "down" for part in parts)
    return Health(
        status="down" if down else "healthy",
        service="rounds",
        version=product_version(),
        paused=paused,
        checked_at=deps.clock(),
        parts=parts,
        waiting=_shown(waiting),
    )


def part(found: Health, name: str) -> PartHealth:
    """One part of an answer by its name."""
    return next(one for one in found.parts if one.name == name)


def recoveries_of(deps: Deps) -> tuple[int | None, list[RecoveryShown]]:
    """How many recoveries the last 24 hours saw, and the newest; None while the database is away."""
    try:
        with deps.sessions() as session:
            lately = recoveries.count(session, now=deps.clock())
            return lately, [_recovery(event) for event in recoveries.recent(session)]
    except DATABASE_ERRORS as error:
        if not is_away(error):
            raise
        return None, []


def _recovery(event: Event) -> RecoveryShown:
    what = event.kind.removeprefix(recoveries.KIND)
    did = event.data.get("did") or "taken from a worker that fell silent, and queued again"
    return RecoveryShown(at=event.at, what=what, subject=event.subject, did=str(did))


def _from_registry(session: Session, deps: Deps) -> tuple[list[PartHealth], Waiting, bool]:
    seen, waiting = health.parts(session), health.waiting(session)
    parts = [PartHealth(name="postgres", state="ok", needed=True), _broker(seen.get("relay"))]
    parts += [_spoken(name, seen.get(name)) for name in WORKERS]
    parts += [_spoken("events", seen.get("events"), needed=False)]
    parts += [_notify(deps, waiting), _gpus(devices.known(session, kind="gpu"))]
    return parts, waiting, switches.is_on(session, switches.PAUSED)


def _without_registry() -> Iterator[PartHealth]:
    yield PartHealth(name="postgres", state="down", needed=True)
    for name in ("broker", *WORKERS):
        yield PartHealth(name=name, state="unknown", needed=True)


def _spoken(name: str, seen: Seen | None, *, needed: bool = True) -> PartHealth:
    if seen is None:
        return PartHealth(name=name, state="down", needed=needed, detail={"why": "it never spoke"})
    age = round(seen.age_seconds, 1)
    state = "ok" if seen.alive else "down"
    return PartHealth(name=name, state=state, needed=needed, age_seconds=age, count=seen.count)


def _broker(relay: Seen | None) -> PartHealth:
    """What the relay says of the broker: the API itself never talks to it."""
    if relay is None or not relay.alive:
        return PartHealth(name="broker", state="unknown", needed=True, detail={"why": "the relay is silent"})
    told = str(relay.state.get("broker"))
    return PartHealth(
        name="broker",
        state={"up": "ok", "down": "down"}.get(told, "unknown"),
        needed=True,
        age_seconds=round(relay.age_seconds, 1),
        detail={name: value for name, value in relay.state.items() if name != "broker"},
    )


def _notify(deps: Deps, waiting: Waiting) -> PartHealth:
    channels = len(deps.settings.notify_urls.split())
    state = "off" if not channels else ("late" if waiting.failed_deliveries else "ok")
    detail: dict[str, object] = {"channels": channels, "undelivered": waiting.failed_deliveries}
    return PartHealth(name="notify", state=state, needed=False, count=channels, detail=detail)


def _gpus(devices: Mapping[str, bool]) -> PartHealth:
    state = "ok" if devices else "off"
    return PartHealth(name="gpus", state=state, needed=False, count=len(devices), detail=dict(devices))


def _own(deps: Deps) -> Iterator[PartHealth]:
    """What this process sees by itself, with the database away too."""
    yield _model_server(deps)
    age = deps.router.cache.age_seconds
    known = age != float("inf")
    state = "ok" if age <= CONFIRMED_SECONDS else "late"
    detail: dict[str, object] = {"spooled_answers": deps.filing.answers.waiting()}
    yield PartHealth(
        name="router", state=state, needed=True, age_seconds=round(age, 2) if known else None, detail=detail
    )
    disk = shutil.disk_usage(deps.settings.root)
    full = disk.free < LEAST_FREE_BYTES or disk.free < LEAST_FREE_SHARE * disk.total
    free: dict[str, object] = {"free_bytes": disk.free, "total_bytes": disk.total}
    yield PartHealth(name="disk", state="down" if full else "ok", needed=True, detail=free)


def _model_server(deps: Deps) -> PartHealth:
    try:
        loaded = deps.router.server.loaded()
    except Error as error:
        return PartHealth(name="model-server", state="down", needed=True, detail={"why": error.code})
    return PartHealth(name="model-server", state="ok", needed=True, count=len(loaded))


def _shown(waiting: Waiting | None) -> dict[str, int]:
    if waiting is None:
        return {}
    return {
        "doorbells": waiting.rings,
        "jobs": waiting.jobs,
        "runs": waiting.runs,
        "deliveries": waiting.deliveries,
    }
