"""A first load by several worker processes and the night after it: rows a second, memory, seconds."""

import multiprocessing
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select

from bench.clinic_world import edit, write
from shared.domain.cycle import ended
from shared.domain.deid import DeidPolicy
from shared.domain.policy import Policy
from shared.registry import policies, runs, sources
from shared.registry.access import DatabaseRole
from shared.registry.session import make_sessions
from shared.registry.tables import CollectionChunk, CollectionRun
from worker_collection import chunks, collect
from worker_collection.deps import Deps, make_deps

CHANGED = 1000
_EARLY = 0.4  # share of the rows after which memory should not grow any more
_LOOK_SECONDS = 0.3


@dataclass(frozen=True)
class Load:
    """What was measured; `answer` is that of the first run."""

    rows_per_second: float
    memory_ratio: float
    peak_mb: float
    delta_seconds: float
    delta_share: float
    answer: dict[str, Any]


def measured(deps: Deps, *, rows: int, workers: int, seed: int = 7) -> Load:
    """Load a clinic of so many plans by rules alone, let it change, and collect it with everything on."""
    with tempfile.TemporaryDirectory(prefix="rounds-load-") as scratch:
        clinic = Path(scratch) / "clinic.db"
        write(clinic, rows, seed)
        source_id = _registered(clinic, deps)
        _adopt(Policy(deid=DeidPolicy(tagger=False)), deps)
        with _working(deps, workers) as processes:
            began = time.monotonic()
            watched = _Memory(processes, rows)
            answer = _collected(source_id, deps, watched)
            seconds = time.monotonic() - began
            edit(clinic, CHANGED)
            _adopt(Policy(), deps)
            began = time.monotonic()
            night = _collected(source_id, deps, None)
            delta = time.monotonic() - began
    became = night["collected"] + night["quarantined"] + sum(night["review"].values())
    return Load(
        rows_per_second=answer["rows"] / seconds,
        memory_ratio=watched.peak / max(1.0, watched.early),
        peak_mb=watched.peak,
        delta_seconds=delta,
        delta_share=became / min(CHANGED, rows),
        answer=answer,
    )


def _adopt(policy: Policy, deps: Deps) -> None:
    with make_sessions(deps.settings, role=DatabaseRole.API).begin() as session:
        policies.adopt(session, policy, reason="bench", actor="bench", now=deps.clock())


class _Memory:
    """The largest resident size of any worker, early in the load and over all of it, in MB."""

    def __init__(self, processes: list[BaseProcess], rows: int) -> None:
        self._processes, self._rows = processes, rows
        self.early = self.peak = 0.0

    def look(self, read: int) -> None:
        """Read every worker's size now that so many rows were read."""
        now = max((_resident_mb(one.pid or 0) for one in self._processes), default=0.0)
        self.peak = max(self.peak, now)
        if read <= self._rows * _EARLY:
            self.early = max(self.early, now)


def _registered(clinic: Path, deps: Deps) -> UUID:
    form = {"kind": "sql", "address": f"sqlite:///{clinic}", "mapping": "clinic", "model_type": "diagnosis"}
    with deps.sessions.begin() as session:
        return sources.add(session, "load", **form, vault=deps.vault, now=deps.clock(), actor="bench").id


def _collected(source_id: UUID, deps: Deps, memory: _Memory | None) -> dict[str, Any]:
    """Ask for a run, wait until workers have ended it, and give its answer."""
    with deps.sessions.begin() as session:
        source = sources.get(session, source_id)
        run_id = runs.create(session, source, now=deps.clock(), triggered_by="bench").id
    while True:
        with deps.sessions() as session:
            run = runs.get(session, run_id)
            if memory is not None:
                memory.look(run.counts.get("rows", 0))
            if ended(run.state):
                return runs.answer(run)
        time.sleep(_LOOK_SECONDS)


@contextmanager
def _working(deps: Deps, workers: int) -> Iterator[list[BaseProcess]]:
    """Processes that take runs and chunks as the tasks of the queue do."""
    context = multiprocessing.get_context("fork")
    made: list[BaseProcess] = [
        context.Process(target=_work, args=(deps,), daemon=True) for _ in range(workers)
    ]
    for one in made:
        one.start()
    try:
        yield made
    finally:
        for one in made:
            one.kill()
            one.join()


def _work(deps: Deps) -> None:
    own = make_deps(deps.settings)
    mine = replace(own, clock=deps.clock, vault=deps.vault)
    while True:
        with mine.sessions() as session:
            chunk_id = session.scalar(
                select(CollectionChunk.id)
                .where(CollectionChunk.state == "queued")
                .order_by(CollectionChunk.number)
                .limit(1)
            )
            run_id = (
                None
                if chunk_id
                else session.scalar(select(CollectionRun.id).where(CollectionRun.state == "queued").limit(1))
            )
        if chunk_id is not None:
            chunks.run_chunk(chunk_id, mine)
        elif run_id is not None:
            collect.collect_run(run_id, mine)
        else:
            time.sleep(0.05)


def _resident_mb(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return next(
        (int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS")), 0.0
    )
