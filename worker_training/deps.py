"""What the training worker works with; made once in each process, after the fork."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

from sqlalchemy.orm import Session, sessionmaker

from shared.clock import Clock
from shared.config import Settings, load_settings
from shared.registry.access import DatabaseRole
from shared.registry.devices import Device
from shared.registry.parts import Identity
from shared.registry.session import make_sessions
from shared.storage.base import Storage
from shared.storage.objects import open_storage
from shared.vault import Vault, open_vault
from worker_training import devices, memory

FIT = (sys.executable, "-m", "worker_training.fit")


@dataclass(frozen=True)
class Deps:
    """Collaborators of the training worker. `worker` is the name of this life of this process."""

    settings: Settings
    sessions: sessionmaker[Session]
    clock: Clock
    vault: Vault
    storage: Storage
    host: str = field(default_factory=lambda: Identity("worker-train").host)
    worker: str = field(default_factory=lambda: name_of(Identity("worker-train")))
    trainer: tuple[str, ...] = FIT  # the command that trains in a process of its own
    memory_kills: Callable[[], int] = memory.kills

    @cached_property
    def devices(self) -> Sequence[Device]:
        """What this host has to train on, looked for once."""
        return devices.present(self.settings, self.host)

    @property
    def work(self) -> Path:
        """Where job folders and checkpoints lie; nothing but caches of what can be made again."""
        return self.settings.root / "work"


def name_of(identity: Identity) -> str:
    """How leases call this process; a restarted one is another worker."""
    return f"{identity.name}@{identity.host}-{identity.pid}-{identity.incarnation[:8]}"


@cache
def process_deps() -> Deps:
    """The collaborators of this process."""
    settings = load_settings()
    return Deps(
        settings=settings,
        sessions=make_sessions(settings, role=DatabaseRole.TRAINING),
        clock=settings.clock,
        vault=open_vault(settings.secret_file),
        storage=open_storage(settings),
    )
