"""One turn of a run: its steps, each stored at once or cut into chunks for all workers."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from threading import Event
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from shared.domain.cycle import CaseState
from shared.errors import InvalidInputError
from shared.registry import chunks, events, leases, sources
from shared.registry.leases import FencedOffError, Lease
from shared.registry.tables import CollectionRun, Source
from worker_collection import hard_cases, spool, sweep
from worker_collection.batch import Item, Pipeline, Sorting
from worker_collection.chunks import run_chunk
from worker_collection.deps import Deps
from worker_collection.intake import Candidate
from worker_collection.second_look import look_again
from worker_collection.sources.base import RESUMED, CaseSource, Counted, Page, Swept
from worker_collection.sources.feedback import FeedbackSource
from worker_collection.sources.opening import open_source
from worker_collection.steps import steps
from worker_collection.tally import Tally
from worker_collection.terms import run_terms

PAGE = 1000
STEP_ROWS = 20_000
FAN_OUT_ROWS = 4000  # changed rows of a step from which its cleaning is shared out
TURN_SECONDS = 180.0  # one doorbell works this long at most; the rest follows on the next one
_LOOK_SECONDS = 0.2


class Outcome(Enum):
    """How a turn ended."""

    DONE = "done"
    TURN_OVER = "turn over"


@dataclass
class Course:
    """A run that this worker holds; `stage` is where cases go, which a rehearsal rolls back."""

    lease: Lease
    lost: Event
    deps: Deps
    stage: Deps
    run: CollectionRun
    source: Source
    reader: CaseSource
    pipeline: Pipeline

    @classmethod
    def of(cls, lease: Lease, lost: Event, *, deps: Deps, stage: Deps) -> "Course":
        """Open the source of a held run; its counts go on from where they were."""
        with deps.sessions() as session:
            run = held(session, lease)
            source = sources.get(session, run.source_id)
        site = (stage.sessions, deps.clock().astimezone(ZoneInfo(deps.settings.site_timezone)))
        reader = open_source(source, run, deps.vault, site=site, storage=deps.storage)
        terms = run_terms(source, run, reader, deps=stage)
        return cls(
            lease, lost, deps, stage, run, source, reader, Pipeline(terms, Tally.of(run.counts), stage)
        )

    @property
    def is_dry(self) -> bool:
        """Whether nothing is to be stored."""
        return bool(self.run.wish.get("dry_run"))

    def follow(self) -> Outcome:
        """Work step after step until the source is read, enough was collected or the turn is over."""
        self._settle_chunks()
        self._announce()
        began = time.monotonic()
        for step in steps(self.reader.pages(self._start(), PAGE), rows=STEP_ROWS):
            if step.staff_changed:
                self.pipeline.terms = run_terms(self.source, self.run, self.reader, deps=self.stage)
            self._settle_chunks()
            self._take(step)
            if self._has_enough():
                return Outcome.DONE
            if time.monotonic() - began > TURN_SECONDS and not self.is_dry:
                self._settle_chunks()
                return Outcome.TURN_OVER
        self._settle_chunks()
        if isinstance(self.reader, Swept) and not self.is_dry and not is_windowed(self.run.wish):
            self._sweep()
        return Outcome.DONE

    def _announce(self) -> None:
        """Say how many rows there are to read, once a run and where the source can tell."""
        if not isinstance(self.reader, Counted) or "total" in self.run.counts:
            return
        total = self.reader.count(self._start())
        with self.deps.sessions.begin() as session:
            run = held(session, self.lease)
            run.counts = {**run.counts, "total": total}

    def look_again(self) -> None:
        """Hold what contradicts itself or was signed suspiciously, now that all of the run is there."""
        held_back = look_again(self.run.id, self.source.model_type, self.deps)
        if isinstance(self.reader, FeedbackSource):  # a mask cannot be put up to be read
            hard_cases.renew(self.source.model_type, self.deps, actor=f"run:{self.run.id}")
        with self.deps.sessions.begin() as session:
            self.pipeline.tally.hold(held_back)
            self._record(session, held(session, self.lease))

    def _take(self, step: Page) -> None:
        if self.lost.is_set():
            raise FencedOffError(self.lease)
        self.pipeline.tally.rows += len(step.rows)
        sorting = self.pipeline.sort(step)
        parts = self._parts(sorting.items)
        candidates = [] if parts else self.pipeline.clean(sorting.items)
        with self.deps.sessions.begin() as session, self._room(session) as room:
            run = held(session, self.lease)
            self.pipeline.end(room, sorting)
            if parts:
                chunks.cut(session, run.id, parts, now=self.deps.clock())
            elif not self._write(room, sorting, candidates):
                return self._record(session, run)  # the rest of the step comes again with another run
            self._advance(session, run, step.watermark)
            self._record(session, run)
        return None

    def _parts(self, items: Sequence[Item]) -> list[tuple[int, bytes]]:
        """A large step as chunks; nothing for one that is stored at once, as a run with a limit is."""
        if len(items) < FAN_OUT_ROWS or self.is_dry or self.run.wish.get("limit") is not None:
            return []
        try:
            return spool.cut(items, self.pipeline.terms, self.deps.vault)
        except TypeError:
            return []  # rows that do not travel

    def _write(self, room: Session, sorting: Sorting, candidates: Sequence[Candidate]) -> bool:
        """Store the step; False where the run had enough before its end."""
        items, start = sorting.items, 0
        while start < len(items):
            end = start + _reaching(candidates[start:], self._missing())
            self.pipeline.write(room, items[start:end], candidates[start:end])
            start = end
            if self._has_enough() and start < len(items):
                return False
        return True

    def _settle_chunks(self) -> None:
        """Help with the chunks of the step before and wait for those of other workers; fold their counts.

        Raises:
            InvalidInputError: one of them could not be stored.
        """
        while True:
            with self.deps.sessions() as session:
                standing = chunks.standing(session, self.run.id)
                waiting = chunks.next_waiting(session, self.run.id) if standing.waiting else None
            if standing.failed:
                raise InvalidInputError(f"{standing.failed} chunks of the run could not be stored")
            if not standing.open:
                break
            if self.lost.is_set():
                raise FencedOffError(self.lease)
            if waiting is None or not run_chunk(waiting, self.deps):
                self.lost.wait(_LOOK_SECONDS)
        if standing.done:
            with self.deps.sessions.begin() as session:
                run = held(session, self.lease)
                for counts in chunks.fold(session, run.id):
                    self.pipeline.tally.fold(counts)
                self._record(session, run)

    @contextmanager
    def _room(self, session: Session) -> Iterator[Session]:
        """Where cases are written: beside the run's row, or in the rehearsal."""
        if not self.is_dry:
            yield session
            return
        with self.stage.sessions.begin() as rehearsed:
            yield rehearsed

    def _sweep(self) -> None:
        """Follow what the source deleted without a word, under the lease like every step."""
        assert isinstance(self.reader, Swept)
        tally, actor = self.pipeline.tally, f"run:{self.lease.id}"
        with self.deps.sessions.begin() as session:
            run = held(session, self.lease)
            sweep.sweep(session, self.reader, run.source_id, tally=tally, actor=actor, now=self.deps.clock())
            self._record(session, run)

    def _start(self) -> Mapping[str, Any]:
        """Where reading begins: a run that is a question of its own counts in its row, others go on."""
        if "sealed" in self.run.wish or is_windowed(self.run.wish):
            return dict(self.run.counts.get("at", {}))
        # What lies in the overlap was read again when the run began.
        return {**self.source.watermark, RESUMED: bool(self.run.counts.get("rows"))}

    def _advance(self, session: Session, run: CollectionRun, reached: dict[str, Any]) -> None:
        watermark = {name: value for name, value in reached.items() if name != RESUMED}
        if self._is_followed:
            source = sources.get(session, run.source_id)
            kept = {name: value for name, value in source.watermark.items() if name == "swept_at"}
            source.watermark = watermark | kept
        else:
            run.counts = {**run.counts, "at": watermark}

    @property
    def _is_followed(self) -> bool:
        """Whether the run moves the source's watermark."""
        return not (self.is_dry or "sealed" in self.run.wish or is_windowed(self.run.wish))

    def _record(self, session: Session, run: CollectionRun) -> None:
        """Keep the counts; a run that gets further may be interrupted as often as it likes."""
        at = {"at": run.counts["at"]} if "at" in run.counts else {}
        known = {"total": run.counts["total"]} if "total" in run.counts else {}
        run.counts, run.attempt = self.pipeline.tally.counts() | known | at, 1
        events.emit(
            session,
            kind="collection_runs.progress",
            subject=run.id,
            at=self.deps.clock(),
            data=self.pipeline.tally.counts() | known,
        )

    def _missing(self) -> int | None:
        limit = self.run.wish.get("limit")
        return None if limit is None else int(limit) - self.pipeline.tally.collected

    def _has_enough(self) -> bool:
        missing = self._missing()
        return missing is not None and missing <= 0


def held(session: Session, lease: Lease) -> CollectionRun:
    """The run's row, locked until the transaction ends.

    Raises:
        FencedOffError: the lease is lost, or a person cancelled the run.
    """
    row = leases.hold(session, lease)
    assert isinstance(row, CollectionRun)
    if row.cancel_requested:
        raise FencedOffError(lease)
    return row


def is_windowed(wish: Mapping[str, Any]) -> bool:
    """Whether a run asks for cases of a time, whatever was read before."""
    return any(wish.get(name) for name in ("start_date", "end_date"))


def _reaching(candidates: Sequence[Candidate], missing: int | None) -> int:
    """How many of the candidates hold so many that may be collected; all of them where there is no limit."""
    if missing is None:
        return len(candidates)
    for place, one in enumerate(candidates, start=1):
        missing -= one.state is CaseState.VALIDATED
        if missing <= 0:
            return place
    return len(candidates)
