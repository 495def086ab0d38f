"""Collecting by hand, pushing cases in, and what became of a run."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from api_service.auth import READERS, Role
from api_service.endpoint import MEDIA_BYTES, Call, Group, Reply, Rules
from api_service.parse import CollectWish
from api_service.pushed import PushedCase, PushedCases
from api_service.show.cases import CollectStarted, Pushed, Run
from api_service.show.shape import link
from shared.errors import ConflictError, InvalidInputError
from shared.registry import lists, models, runs, sources
from shared.registry.tables import Source

group = Group()


@group.post("/cases/collect", roles=frozenset({Role.STEWARD}), rules=Rules(status=202))
def collect(call: Call, wish: CollectWish) -> Reply[CollectStarted]:
    """Collect one source now, or every enabled one; the same wish while a run is open is that run."""
    return started(call, _chosen(call.session, wish.source), _as_stored(wish))


def started(call: Call, chosen: Sequence[Source], wish: Mapping[str, Any]) -> Reply[CollectStarted]:
    """Queue a run of each source; an open run with the same wish is the answer."""
    made = [
        runs.create(call.session, source, now=call.now, triggered_by=call.caller.name, wish=wish)
        for source in chosen
    ]
    ids = [run.id for run in made]
    shown = _shown(call.session, ids)
    return Reply(shown, headers={"Location": shown.links["self"]}, done=lambda session: _done(session, ids))


@group.post(
    "/cases",
    roles=frozenset({Role.STEWARD, Role.SERVICE}),
    rules=Rules(status=202, body_bytes=MEDIA_BYTES),
)
def push(call: Call, handed: PushedCases) -> Reply[Pushed]:
    """Hand in one case or a list of one model type; they go through the same trust, scrubbing and checks."""
    rows = handed.cases()
    model_type = _one_model_type(rows)
    _check_inputs(call.session, model_type, rows)
    vault = call.deps.vault
    source = sources.receiving(call.session, model_type, vault=vault, now=call.now)
    run = runs.push(
        call.session,
        source,
        rows=[row.model_dump(mode="json", exclude_none=True) for row in rows],
        vault=vault,
        now=call.now,
        triggered_by=call.caller.name,
    )
    return pushed(run.id, len(rows))


def pushed(run_id: UUID, count: int) -> Reply[Pushed]:
    """What whoever handed rows in is told."""
    links = {"self": link("runs", run_id)}
    message = f"{count} cases were handed in and will be checked"
    answer = Pushed(status="queued", message=message, run_id=run_id, received=count, links=links)
    return Reply(answer, headers={"Location": links["self"]})


@group.get("/runs/{run_id}", roles=READERS)
def show_run(call: Call, run_id: UUID) -> Run:
    """One collection run: what it collected, refused and put up for review, by reason."""
    run = runs.get(call.session, run_id)
    return Run.of(run, sources.get(call.session, run.source_id).name)


def _chosen(session: Session, name: str | None) -> Sequence[Source]:
    found = [sources.named(session, name)] if name else sources.pulled(session)
    if not found:
        raise ConflictError(
            "no source is enabled", field="source", fix="add one with `rounds source add`, or push cases"
        )
    # One door a source: of two equal wishes at once the second meets the first one's run.
    ids = [source.id for source in found]
    locked = select(Source.id).where(Source.id.in_(ids)).order_by(Source.id)
    session.execute(locked.with_for_update(key_share=True))
    return found


def _as_stored(wish: CollectWish) -> dict[str, Any]:
    """The wish as the collector reads it: only what was said, confidence as a share."""
    kept = wish.model_dump(mode="json", exclude={"source"}, exclude_none=True)
    if wish.min_confidence is not None:
        kept["min_confidence"] = wish.min_confidence / 100
    return {name: value for name, value in kept.items() if value is not False}


def _shown(session: Session, ids: Sequence[UUID]) -> CollectStarted:
    return CollectStarted.of([Run.of(run, name) for run, name in lists.runs_with_sources(session, ids)])


def _done(session: Session, ids: Sequence[UUID]) -> CollectStarted | None:
    shown = _shown(session, ids)
    return shown if all(run.ended_at is not None for run in shown.runs) else None


def _one_model_type(rows: Sequence[PushedCase]) -> str:
    kinds = {row.model_type for row in rows}
    if len(kinds) > 1:
        raise ConflictError(
            "the cases are of several model types", field="model_type", fix="send one list a model type"
        )
    return kinds.pop()


def _check_inputs(session: Session, model_type: str, rows: Sequence[PushedCase]) -> None:
    """A segmenter learns from pictures; every other family from texts, each with its diagnosis."""
    is_pictured = models.model_type(session, model_type).family == "segmentation"
    for field in ("image",) if is_pictured else ("text", "diagnosis"):
        if any(getattr(row, field) is None for row in rows):
            fix = f"send {field} with each case, or the model type that these cases are for"
            raise InvalidInputError(f"a case of {model_type} needs {field}", field=field, fix=fix)
