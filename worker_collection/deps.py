"""What the collection worker works with, made once a process and after fork."""

import os
import secrets
import socket
from dataclasses import dataclass
from functools import cache

from sqlalchemy.orm import Session, sessionmaker

from shared.clock import Clock
from shared.config import Settings, load_settings
from shared.registry.access import DatabaseRole
from shared.registry.session import make_sessions
from shared.storage.base import Storage
from shared.storage.objects import open_storage
from shared.vault import Vault, open_vault


@dataclass(frozen=True)
class Deps:
    """The collaborators of a stage."""

    settings: Settings
    sessions: sessionmaker[Session]
    clock: Clock
    vault: Vault
    storage: Storage
    worker: str


def make_deps(settings: Settings) -> Deps:
    """Collaborators for these settings; the worker's name is new at every call."""
    return Deps(
        settings=settings,
        sessions=make_sessions(settings, role=DatabaseRole.COLLECTION),
        clock=settings.clock,
        vault=open_vault(settings.secret_file),
        storage=open_storage(settings),
        worker=f"collect@{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}",
    )


@cache
def process_deps() -> Deps:
    """The collaborators of this process."""
    return make_deps(load_settings())
