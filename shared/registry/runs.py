"""Collection runs: asked for by a person, the schedule or a push; one row each, also when nothing came."""

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.domain.bells import TaskName
from shared.domain.cycle import RunState
from shared.domain.next_steps import next_steps
from shared.errors import NotFoundError
from shared.registry import audit, outbox
from shared.registry.tables import CollectionRun, Source
from shared.vault import Vault

PURPOSE = "push"
OPEN = (RunState.QUEUED, RunState.LEASED, RunState.RUNNING)


def create(  # noqa: PLR0913 - the wish and who wished it
    session: Session,
    source: Source,
    *,
    now: datetime,
    triggered_by: str,
    wish: Mapping[str, Any] | None = None,
    ring: bool = True,
) -> CollectionRun:
    """Queue one collection of one source and ring for it in the same transaction.

    An open run with the same wish is the answer instead of a second one, so a client may retry.
    """
    wanted = dict(wish or {})
    for open_run in session.scalars(
        select(CollectionRun).where(CollectionRun.source_id == source.id, CollectionRun.state.in_(OPEN))
    ):
        if open_run.wish == wanted and "sealed" not in wanted:
            return open_run
    run = CollectionRun(
        source_id=source.id, wish=wanted, counts={}, triggered_by=triggered_by, created_at=now
    )
    session.add(run)
    session.flush()
    details = {"source": str(source.id), "triggered_by": triggered_by}
    audit.write(
        session,
        act="create",
        subject=("collection_runs", run.id),
        actor=triggered_by,
        at=now,
        details=details,
    )
    if ring:
        outbox.ring(session, TaskName.COLLECT_RUN, run.id)
    return run


def push(  # noqa: PLR0913 - what was handed in and for what
    session: Session,
    source: Source,
    *,
    rows: Sequence[Mapping[str, Any]],
    vault: Vault,
    now: datetime,
    triggered_by: str,
    curated: bool = False,
) -> CollectionRun:
    """Queue rows that were handed in; until they are collected they lie sealed in the run."""
    sealed = base64.b64encode(vault.seal(json.dumps(list(rows)).encode(), PURPOSE)).decode()
    wish = {"sealed": sealed, "curated": curated}
    return create(session, source, now=now, triggered_by=triggered_by, wish=wish)


def is_collecting(session: Session, model_type: str) -> bool:
    """Whether a collection of this type's cases is under way or waits for its worker."""
    open_run = (
        select(CollectionRun.id)
        .join(Source, Source.id == CollectionRun.source_id)
        .where(Source.model_type == model_type, CollectionRun.state.in_(OPEN))
    )
    return session.scalar(open_run.limit(1)) is not None


def is_source_taken(session: Session, run_id: UUID) -> bool:
    """Whether another run of the same source is being worked on; keeps the source until the transaction ends.

    One run of a source at a time: two would find the same row twice.
    """
    mine = select(CollectionRun.source_id).where(CollectionRun.id == run_id).scalar_subquery()
    source_id = session.scalar(select(Source.id).where(Source.id == mine).with_for_update(key_share=True))
    other = (CollectionRun.source_id == source_id) & (CollectionRun.id != run_id)
    held = select(CollectionRun.id).where(other, CollectionRun.state.in_(OPEN[1:]))
    return session.scalar(held.limit(1)) is not None


def ring_next(session: Session, source_id: UUID) -> None:
    """Ring for the oldest run of a source that waits, now that another one has ended."""
    waiting = (CollectionRun.source_id == source_id) & (CollectionRun.state == RunState.QUEUED)
    oldest = select(CollectionRun.id).where(waiting).order_by(CollectionRun.created_at, CollectionRun.id)
    run_id = session.scalar(oldest.limit(1))
    if run_id is not None:
        outbox.ring(session, TaskName.COLLECT_RUN, run_id)


def handed_in(run: CollectionRun, vault: Vault) -> Any:
    """What the run carries sealed: rows, or the place of a file; None for a run that reads its source."""
    sealed = run.wish.get("sealed")
    return None if sealed is None else json.loads(vault.open(base64.b64decode(sealed), PURPOSE))


def get(session: Session, run_id: UUID) -> CollectionRun:
    """One run.

    Raises:
        NotFoundError: there is none.
    """
    run = session.get(CollectionRun, run_id)
    if run is None:
        raise NotFoundError(f"there is no collection run {run_id}", field="run_id")
    return run


def answer(run: CollectionRun) -> dict[str, Any]:
    """A run as people and commands see it: what came, what did not and why, and what is to be done."""
    counts = run.counts
    more = {"error": run.error, "total": counts.get("total")}
    more |= {name: counts.get(name) for name in ("deletions_held", "stale")}
    return {
        "run_id": str(run.id),
        "state": run.state.value,
        "collected": counts.get("collected", 0),
        "refused": counts.get("refused", {}),
        "review": counts.get("review", {}),
        "pending": counts.get("pending", 0),
        "quarantined": counts.get("quarantined", 0),
        "duplicates": counts.get("duplicates", 0),
        "unchanged": counts.get("unchanged", 0),
        "deleted": counts.get("deleted", 0),
        "rows": counts.get("rows", 0),
        "rules": counts.get("rules", {}),
        **pace(run),
        "next": next_steps(counts) if run.state is RunState.COMPLETED else [],
    } | {name: value for name, value in more.items() if value}


def pace(run: CollectionRun) -> dict[str, float | None]:
    """How long an ended run took from its start, and how many rows a second it read."""
    if run.started_at is None or run.ended_at is None:
        return {"seconds": None, "rows_per_second": None}
    seconds = (run.ended_at - run.started_at).total_seconds()
    rate = run.counts.get("rows", 0) / seconds if seconds > 0 else None
    return {"seconds": round(seconds, 3), "rows_per_second": None if rate is None else round(rate, 1)}
