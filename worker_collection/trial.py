"""A source tried out before anything is stored: what a run would give, by which rule, what is unknown."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from shared.registry import runs
from shared.registry.tables import CollectionRun, Source
from worker_collection.batch import Pipeline
from worker_collection.deps import Deps
from worker_collection.intake import Candidate
from worker_collection.rehearsal import rehearsal
from worker_collection.sources.base import Page
from worker_collection.sources.opening import open_source
from worker_collection.steps import steps
from worker_collection.tally import Tally
from worker_collection.terms import run_terms

SAMPLE_ROWS = 1000


@dataclass
class Tried:
    """What a trial found."""

    rows: int | None
    notes: list[str]
    tally: Tally = field(default_factory=Tally)
    unmapped: Counter[str] = field(default_factory=Counter)
    whole: bool = True  # whether the source was read to its end

    def answer(self) -> dict[str, Any]:
        """The trial as commands show it; `unmapped` are the source's own words, the most frequent first."""
        counts = self.tally.counts()
        ranked = sorted(self.unmapped.items(), key=lambda one: (-one[1], one[0]))
        return {
            "rows": self.rows,
            "notes": self.notes,
            "read": counts.pop("rows"),
            "whole": self.whole,
            **counts,
        } | {"unmapped": [{"text": text, "n": n} for text, n in ranked]}


def try_out(source: Source, deps: Deps, *, most: int | None = SAMPLE_ROWS) -> Tried:
    """Read a source from its beginning and do everything a collection does, in a rehearsal.

    Args:
        source: the source as it is registered.
        deps: of this site.
        most: rows after which reading ends; None for the whole source.

    Raises:
        InvalidInputError: the address, the rights or the mapping are wrong.
        PartDownError: it does not answer.
    """
    with rehearsal(deps) as stage:
        with stage.sessions.begin() as session:
            run = _beside(session, source, deps)
            played = session.get_one(Source, run.source_id)
        site = (stage.sessions, deps.clock())
        reader = open_source(played, run, deps.vault, site=site, storage=deps.storage)
        trial = reader.test()
        tried = Tried(trial.rows, list(trial.notes))
        pipeline = Pipeline(run_terms(played, run, reader, deps=stage), tried.tally, stage)
        size = SAMPLE_ROWS if most is None else max(1, min(most, SAMPLE_ROWS))
        for step in steps(reader.pages({}, size), rows=size):
            if step.staff_changed:
                pipeline.terms = run_terms(played, run, reader, deps=stage)
            _play(step, pipeline, tried)
            if most is not None and tried.tally.rows >= most:
                tried.whole = False
                break
    return tried


def _play(step: Page, pipeline: Pipeline, tried: Tried) -> None:
    tried.tally.rows += len(step.rows)
    sorting = pipeline.sort(step)
    candidates = pipeline.clean(sorting.items)
    with pipeline.deps.sessions.begin() as session:
        pipeline.end(session, sorting)
        pipeline.write(session, sorting.items, candidates)
    tried.unmapped.update(one.draft.diagnosis or "" for one in candidates if _is_unmapped(one))


def _is_unmapped(one: Candidate) -> bool:
    return "unmapped_label" in one.reasons


def _beside(session: Session, source: Source, deps: Deps) -> CollectionRun:
    """A run of a source like this one, of which nothing was ever seen."""
    played = Source(
        id=uuid4(),
        name=f"{source.name} ({uuid4().hex})",
        kind=source.kind,
        address_sealed=source.address_sealed,
        mapping=source.mapping,
        model_type=source.model_type,
        watermark={},
        enabled=False,
        created_at=deps.clock(),
    )
    session.add(played)
    session.flush()
    wish = {"dry_run": True}
    return runs.create(session, played, now=deps.clock(), triggered_by="trial", wish=wish, ring=False)
