"""Checks of work that got stuck: leases of the dead, rows nobody rings for, weights that no row names."""

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rounds.doctor.finding import LOOK, OK, WRONG, Finding
from rounds.site import Site

if TYPE_CHECKING:
    from shared.broker.wire import Bell

MODELS = "models/"
LISTEN_SECONDS = 0.5
YOUNG_SECONDS = 24 * 3600.0  # an upload that is under way is younger


def leases(site: Site) -> Iterator[Finding]:
    """What workers hold is watched by a relay, which gives it up when they die."""
    from shared.registry import health
    from shared.registry import leases as held_rows

    with site.sessions() as session:
        relay = health.parts(session).get("relay")
        held = sum(len(rows) for rows in held_rows.held(session).values())
    if not held or (relay is not None and relay.alive):
        yield Finding("leases", OK, f"{held} held")
        return
    fix = "start the relay; --repair listens for a lease and gives up what is silent"
    found = f"{held} held, and no relay watches whether their workers live"
    yield Finding("leases", WRONG, found, fix, mend=partial(_listen, site))


def rings(site: Site) -> Iterator[Finding]:
    """Rows that wait have a doorbell, or a relay that rings again."""
    from shared.registry import health

    lost = _without_ring(site)
    with site.sessions() as session:
        relay = health.parts(session).get("relay")
    if not lost or (relay is not None and relay.alive):
        yield Finding("rings", OK, "whatever waits is rung for")
        return
    fix = "start the relay, which rings again"
    found = f"{len(lost)} rows wait without a doorbell, and no relay runs"
    yield Finding("rings", WRONG, found, fix, mend=partial(_ring, site))


def artifacts(site: Site) -> Iterator[Finding]:
    """Weights in a local store belong to a version."""
    if not site.settings.storage.startswith("file://"):
        yield Finding("artifacts", OK, "a bucket cleans up by its own rules")
        return
    folders = _orphans(site)
    if not folders:
        yield Finding("artifacts", OK, "every folder of weights belongs to a version")
        return
    size = sum(_bytes(folder) for folder in folders) // 2**20
    found = f"{len(folders)} folders of weights ({size} MB) that no version names"
    fix = "`rounds doctor --repair` removes those that are a day old"
    yield Finding("artifacts", LOOK, found, fix, mend=partial(_clear, site))


def _listen(site: Site) -> str:
    from shared.broker.reaper import Reaper

    lease = site.settings.lease_seconds
    reaper, began, given_up = Reaper(site.sessions, lease), time.monotonic(), 0
    while time.monotonic() < began + 1.2 * lease + LISTEN_SECONDS:
        given_up += reaper.look(at=time.monotonic(), now=site.now)
        time.sleep(LISTEN_SECONDS)
    return f"listened for {time.monotonic() - began:.0f} s and gave up {given_up} silent leases"


def _without_ring(site: Site) -> "list[Bell]":
    from sqlalchemy import select

    from shared.broker.waiting import waiting
    from shared.registry.tables import Outbox

    with site.sessions() as session:
        rung = {(row.task, row.subject) for row in session.execute(select(Outbox.task, Outbox.subject))}
        return [bell for bell in waiting(session, now=site.now) if (bell[0].value, bell[1]) not in rung]


def _ring(site: Site) -> str:
    from shared.registry import outbox

    lost = _without_ring(site)
    with site.sessions.begin() as session:
        for task, subject in lost:
            outbox.ring(session, task, subject)
    return f"rang for {len(lost)} rows"


def _orphans(site: Site) -> list[Path]:
    """Folders of the store that hold weights, are older than a day, and that no version names."""
    from sqlalchemy import select

    from shared.registry.tables import ModelVersion

    below = Path(site.settings.storage.removeprefix("file://")) / MODELS
    old = time.time() - YOUNG_SECONDS
    folders = [path for path in sorted(below.glob("*")) if path.is_dir() and path.stat().st_mtime < old]
    with site.sessions() as session:
        named = set(session.scalars(select(ModelVersion.artifact_key)))
    return [path for path in folders if f"{MODELS}{path.name}/" not in named]


def _clear(site: Site) -> str:
    """Not while a training runs: its weights may be the same bytes, and are in the store before their row."""
    from shared.registry import leases as held_rows
    from shared.registry.tables import TrainingJob

    with site.sessions() as session:
        if held_rows.held(session)[TrainingJob]:
            return "left them: a training runs; try again when none does"
    folders = _orphans(site)
    keys = [key for folder in folders for key in site.storage.keys(f"{MODELS}{folder.name}/")]
    for key in keys:
        site.storage.delete(key)
    for folder in folders:
        folder.rmdir()
    return f"removed {len(keys)} files that no version names"


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
