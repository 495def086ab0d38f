"""Collection on a site of its own: real Postgres, a local store, the system's own secret."""

from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy.orm import Session, sessionmaker

from shared.config import Settings
from shared.storage.base import Storage
from shared.vault import Vault
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
