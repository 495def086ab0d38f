"""Stage: collect. Reads what changed in a source and turns it, page by page, into cases."""

import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from threading import Event
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from shared.domain.bells import TaskName
from shared.domain.cycle import RunState
from shared.errors import Error
from shared.logs import log
from shared.registry import audit, events, labels, leases, moves, outbox, policies, sources, validators
from shared.registry.leases import FencedOffError, Lease
from shared.registry.tables import CollectionRun, Source
from worker_collection import sweep
from worker_collection.batch import Pipeline, Terms
from worker_collection.deps import Deps
from worker_collection.draft import instant
from worker_collection.intake import Site
from worker_collection.lease import heartbeat
from worker_collection.sources import open_source, rules_of
from worker_collection.sources.base import CaseSource, Swept
from worker_collection.tally import Tally
from worker_collection.trust import Rules
from worker_collection.wording import space_of

PAGE = 1000
TURN_SECONDS = 180.0  # one doorbell works this long at most; the rest follows on the next one


def collect_run(run_id: UUID, deps: Deps) -> None:
    """Collect one queued run; a second delivery does nothing, a broken source ends the run with a sentence.

    Cases and the watermark commit together, a page at a time and only under the lease, so that a worker that
    is killed leaves nothing double and nothing out.
    """
    with deps.sessions.begin() as session:
        lease = leases.claim(session, CollectionRun, run_id, worker=deps.worker, now=deps.clock())
    if lease is None:
        return
    try:
        with heartbeat(lease, deps) as lost:
            _collect(lease, lost, deps)
    except FencedOffError:
        _stop(lease, deps)
    except Error as error:
        _fail(lease, str(error), deps)
    except Exception as error:
        # Its message may quote a row; the class is enough to find it in the worker's own trace.
        _fail(lease, f"internal error ({type(error).__name__})", deps)
        raise


def _collect(lease: Lease, lost: Event, deps: Deps) -> None:
    with deps.sessions.begin() as session:
        run = _held(session, lease)
        moves.move(session, run, RunState.RUNNING, by=lease.worker, at=deps.clock())
        run.started_at = run.started_at or deps.clock()
        source = sources.get(session, run.source_id)
    reader = open_source(source, run, deps.vault, site=(deps.sessions, deps.clock()))
    pipeline = Pipeline(_terms(source, run, reader, deps=deps), Tally.of(run.counts), deps)
    began = time.monotonic()
    for page in reader.pages(_start(source, run), PAGE):
        if lost.is_set():
            raise FencedOffError(lease)
        if page.staff_changed:
            pipeline.terms = _terms(source, run, reader, deps=deps)
        sorting = pipeline.sort(page)
        candidates = pipeline.clean(sorting.items)
        with deps.sessions.begin() as session:
            row = _held(session, lease)
            if not run.wish.get("dry_run"):
                pipeline.end(session, sorting)
                pipeline.write(session, sorting.items, candidates)
                _advance(session, row, page.watermark)
            _count(session, row, tally=pipeline.tally, watermark=page.watermark, now=deps.clock())
        if _has_enough(run.wish, pipeline.tally):
            return _complete(lease, pipeline.tally, deps)
        if time.monotonic() - began > TURN_SECONDS and not run.wish.get("dry_run"):
            return _next_turn(lease, deps)
    if isinstance(reader, Swept) and not run.wish.get("dry_run") and not _is_windowed(run.wish):
        _sweep(lease, reader, pipeline, deps=deps)
    return _complete(lease, pipeline.tally, deps)


def _sweep(lease: Lease, reader: Swept, pipeline: Pipeline, *, deps: Deps) -> None:
    """Follow what the source deleted without a word, under the lease like every page."""
    with deps.sessions.begin() as session:
        run, actor = _held(session, lease), f"run:{lease.id}"
        sweep.sweep(session, reader, run.source_id, tally=pipeline.tally, actor=actor, now=deps.clock())


def _terms(source: Source, run: CollectionRun, reader: CaseSource, *, deps: Deps) -> Terms:
    """What holds for the whole run: who may sign, what diseases are called, which thresholds count."""
    mapping, curated = rules_of(source), bool(run.wish.get("curated"))
    staff, said = reader.staff(), reader.vocabulary()
    with deps.sessions.begin() as session:
        _, policy = policies.current(session)
        if staff:
            validators.follow(session, staff, source_id=source.id, now=deps.clock())
        signers = validators.index(session, source.id, everywhere=source.kind == "feedback")
        known = labels.of(session, source.model_type)
    least = run.wish.get("min_confidence")
    rules = Rules(
        space=space_of(known, said, with_lexicon=not curated),
        signers=signers,
        min_confidence=policy.min_confidence if least is None else max(float(least), policy.min_confidence),
        curated=curated,
    )
    zone = ZoneInfo(deps.settings.site_timezone)
    return Terms(
        run_id=run.id,
        source_id=source.id,
        source_name=source.name,
        is_plan=mapping.shape == "plan",
        curated=curated,
        site=Site(source.model_type, rules, tuple(one.name for one in staff)),
        zone=zone,
        deid_policy=policy.deid,
        since=instant(run.wish.get("start_date"), zone),
        until=instant(run.wish.get("end_date"), zone),
    )


def _start(source: Source, run: CollectionRun) -> Mapping[str, Any]:
    """Where reading begins: what was handed in counts rows in the run, a source keeps its watermark."""
    if "sealed" in run.wish:
        return dict(run.counts.get("at", {}))
    return {} if _is_windowed(run.wish) else source.watermark


def _advance(session: Session, run: CollectionRun, watermark: dict[str, Any]) -> None:
    if "sealed" not in run.wish and not _is_windowed(run.wish):
        source = sources.get(session, run.source_id)
        kept = {name: value for name, value in source.watermark.items() if name == "swept_at"}
        source.watermark = watermark | kept


def _is_windowed(wish: Mapping[str, Any]) -> bool:
    return any(wish.get(name) for name in ("start_date", "end_date"))


def _has_enough(wish: Mapping[str, Any], tally: Tally) -> bool:
    return wish.get("limit") is not None and tally.collected >= int(wish["limit"])


def _count(
    session: Session, run: CollectionRun, *, tally: Tally, watermark: dict[str, Any], now: datetime
) -> None:
    run.counts = tally.counts() | ({"at": watermark} if "sealed" in run.wish else {})
    events.emit(session, kind="collection_runs.progress", subject=run.id, at=now, data=tally.counts())


def _complete(lease: Lease, tally: Tally, deps: Deps) -> None:
    """End the run; one that found nothing is a result too."""
    now = deps.clock()
    with deps.sessions.begin() as session:
        run = _held(session, lease)
        run.ended_at, run.counts = now, tally.counts()
        run.wish = {name: value for name, value in run.wish.items() if name != "sealed"}
        moves.move(session, run, RunState.COMPLETED, by=lease.worker, at=now)
        subject = ("collection_runs", run.id)
        audit.write(
            session, act="collect", subject=subject, actor=lease.worker, at=now, details=tally.counts()
        )


def _next_turn(lease: Lease, deps: Deps) -> None:
    now = deps.clock()
    with deps.sessions.begin() as session:
        leases.release(session, lease, now=now, why="next turn", count_attempt=False)
        outbox.ring(session, TaskName.COLLECT_RUN, lease.id)


def _fail(lease: Lease, why: str, deps: Deps) -> None:
    now = deps.clock()
    with deps.sessions.begin() as session, suppress(FencedOffError):
        run = _held(session, lease)
        run.ended_at, run.error = now, why
        moves.move(session, run, RunState.FAILED, by=lease.worker, at=now, why=why)


def _stop(lease: Lease, deps: Deps) -> None:
    """End a run that a person cancelled; one that another worker holds is that worker's."""
    now = deps.clock()
    with deps.sessions.begin() as session, suppress(FencedOffError):
        run = leases.hold(session, lease)
        if run.cancel_requested:
            moves.move(session, run, RunState.CANCELLED, by=lease.worker, at=now)
            return
    log.info("collection run was taken over", run_id=str(lease.id))


def _held(session: Session, lease: Lease) -> CollectionRun:
    row = leases.hold(session, lease)
    assert isinstance(row, CollectionRun)
    if row.cancel_requested:
        raise FencedOffError(lease)
    return row
