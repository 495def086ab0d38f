"""What the deployer works with; made once in each process, after the fork."""

from dataclasses import dataclass
from functools import cache, partial

from sqlalchemy.orm import Session, sessionmaker

from deployer_service import vllm_folders
from shared.clock import Clock
from shared.config import Settings, load_settings
from shared.notify.apprise import open_notifier
from shared.notify.base import Notifier
from shared.registry.access import DatabaseRole
from shared.registry.session import make_sessions
from shared.serving.base import ModelServer
from shared.serving.open import open_model_server
from shared.storage.base import Storage
from shared.storage.objects import open_storage
from shared.vault import Vault, open_vault


@dataclass(frozen=True)
class Deps:
    """Collaborators of the deployer. It never loads a model itself: the model server does."""

    settings: Settings
    sessions: sessionmaker[Session]
    clock: Clock
    vault: Vault
    model_server: ModelServer
    notifier: Notifier

    @property
    def storage(self) -> Storage:
        """Where the pictures of frozen sets lie."""
        return open_storage(self.settings)


@cache
def process_deps() -> Deps:
    """The collaborators of this process."""
    settings = load_settings()
    sessions = make_sessions(settings, role=DatabaseRole.DEPLOYER)
    storage = open_storage(settings)
    put = partial(vllm_folders.put, settings=settings, storage=storage)
    return Deps(
        settings=settings,
        sessions=sessions,
        clock=settings.clock,
        vault=open_vault(settings.secret_file),
        model_server=open_model_server(settings, sessions, put=put),
        notifier=open_notifier(settings),
    )
