"""What the API works with; made once a process, after the fork."""

from dataclasses import dataclass
from functools import cache

from sqlalchemy.orm import Session, sessionmaker

from api_service.auth import KeyRing
from api_service.families import Families
from api_service.filing import Filing
from api_service.people import People
from api_service.router import Router
from api_service.starting import THREADS
from api_service.waker import Waker
from shared.clock import Clock
from shared.config import Settings, load_settings
from shared.registry.access import DatabaseRole
from shared.registry.job_door import JobDoor
from shared.registry.session import make_sessions
from shared.registry.stalls import Stalls
from shared.vault import Vault, open_vault

STATEMENT_SECONDS = 10
SILENT_SECONDS = 4.0  # the plans are asked twice a second: then the database is not slow, it does not answer


@dataclass(frozen=True)
class Deps:
    """The collaborators of every route."""

    settings: Settings
    sessions: sessionmaker[Session]
    clock: Clock
    vault: Vault
    ring: KeyRing
    router: Router
    filing: Filing
    people: People
    families: Families
    waker: Waker
    door: JobDoor
    stalls: Stalls

    def start(self) -> None:
        """Let the router follow the registry, wake who listens, file what a former process could not."""
        self.filing.start()
        self.waker.start()
        self.router.cache.follow()
        self.stalls.watch(lambda: self.router.cache.age_seconds > SILENT_SECONDS)

    def stop(self) -> None:
        """End the threads at their next turn."""
        self.router.cache.stop()
        self.waker.stop()
        self.filing.stop()
        self.stalls.stop()


def make_deps(settings: Settings, sessions: sessionmaker[Session] | None = None) -> Deps:
    """Wire the API; no thread runs before `start`."""
    stalls = Stalls()
    sessions = sessions or make_sessions(
        settings,
        pool_size=THREADS + 3,
        statement_seconds=STATEMENT_SECONDS,
        role=DatabaseRole.API,
        stalls=stalls,
    )
    vault = open_vault(settings.secret_file)
    router = Router.of(settings, sessions)
    return Deps(
        settings=settings,
        sessions=sessions,
        clock=settings.clock,
        vault=vault,
        ring=KeyRing(sessions, settings.clock, is_heard=lambda: router.cache.confirmed),
        router=router,
        filing=Filing(settings, sessions, vault=vault, cache=router.cache),
        people=People(),
        families=Families(sessions),
        waker=Waker(sessions),
        door=JobDoor(sessions),
        stalls=stalls,
    )


@cache
def process_deps() -> Deps:
    """The collaborators of this process."""
    return make_deps(load_settings())
