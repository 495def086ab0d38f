"""Collection on a site of its own: real Postgres, a local store, the system's own secret."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session, sessionmaker

from shared.config import Settings
from shared.registry import runs, sources
from shared.storage.base import Storage
from shared.vault import Vault
from tests.integration.collection.clinic import Clinic
from worker_collection import collect as stage
from worker_collection.deps import Deps


@pytest.fixture
def deps(
    settings: Settings, sessions: sessionmaker[Session], vault: Vault, storage: Storage, now: datetime
) -> Deps:
    return Deps(
        settings=settings, sessions=sessions, clock=lambda: now, vault=vault, storage=storage, worker="test"
    )


@pytest.fixture
def later(deps: Deps):
    """The same site at another instant."""
    return lambda at: replace(deps, clock=lambda: at)


@pytest.fixture
def clinic(tmp_path: Path) -> Clinic:
    return Clinic(tmp_path / "clinic.db")


@pytest.fixture
def collect_again(deps: Deps, clinic: Clinic):
    """Collect the clinic once more; the answer is that of the run."""

    def collect(**wish: object) -> dict[str, object]:
        with deps.sessions.begin() as session:
            known = {source.name: source for source in sources.every(session)}
            source = known.get("clinic") or sources.add(
                session,
                "clinic",
                kind="sql",
                address=clinic.url,
                mapping="clinic",
                model_type="diagnosis",
                vault=deps.vault,
                now=deps.clock(),
                actor="test",
            )
            run = runs.create(session, source, now=deps.clock(), triggered_by="test", wish=wish)
        stage.collect_run(run.id, deps)
        with deps.sessions() as session:
            return runs.answer(runs.get(session, run.id))

    return collect


@pytest.fixture
def hand_in(deps: Deps):
    """Push rows and collect them at once."""

    def push(rows: list[dict[str, object]], *, curated: bool = False, model_type: str = "diagnosis"):
        with deps.sessions.begin() as session:
            source = sources.receiving(session, model_type, vault=deps.vault, now=deps.clock())
            run = runs.push(
                session,
                source,
                rows=rows,
                vault=deps.vault,
                now=deps.clock(),
                triggered_by="test",
                curated=curated,
            )
        stage.collect_run(run.id, deps)
        with deps.sessions() as session:
            return runs.answer(runs.get(session, run.id))

    return push


@pytest.fixture
def collect_source(deps: Deps):
    """Collect one source once more; it is made at the first call."""

    def collect(kind: str, address: str, mapping: str, **wish: object) -> dict[str, object]:
        with deps.sessions.begin() as session:
            known = {source.name: source for source in sources.every(session)}
            source = known.get(kind) or sources.add(
                session,
                kind,
                kind=kind,
                address=address,
                mapping=mapping,
                model_type="diagnosis",
                vault=deps.vault,
                now=deps.clock(),
                actor="test",
            )
            run = runs.create(session, source, now=deps.clock(), triggered_by="test", wish=wish)
        stage.collect_run(run.id, deps)
        with deps.sessions() as session:
            return runs.answer(runs.get(session, run.id))

    return collect
