"""A site for the API's tests: real Postgres, and a model server that answers at the Protocol."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg2
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker

from api_service.app import create_app
from api_service.auth import KeyRing, Role
from api_service.deps import Deps
from api_service.endpoint import API_BASE
from api_service.families import Families
from api_service.filing import Filing
from api_service.people import People
from api_service.plan_cache import PlanCache
from api_service.router import Router
from api_service.waker import Waker
from shared.domain.cycle import VersionState
from shared.domain.example import Answer, MaskAnswer, PictureAsk
from shared.errors import NotFoundError, PartDownError
from shared.registry import keys
from shared.registry.job_door import JobDoor
from shared.registry.stalls import Stalls
from shared.registry.tables import ModelVersion
from shared.serving.base import Loaded
from shared.vault import Vault
from tests.factories import NOW, a_plan, a_version

SECRET = bytes(range(32))


@dataclass
class Server:
    """Answers `label-of-<digest>`; a digest in `broken` does not answer, `before` runs first."""

    broken: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    before: Callable[[], None] = lambda: None

    def answer(self, digest: str, texts: Sequence[str]) -> list[Answer]:
        self.asked.append(digest)
        self.before()
        if digest in self.broken:
            raise PartDownError("the model server does not answer")
        label = f"label-of-{digest}"
        return [Answer(label, 0.75, ((label, 0.75), ("other", 0.25))) for _ in texts]

    def segment(self, digest: str, ask: PictureAsk) -> list[MaskAnswer]:
        self.asked.append(digest)
        if digest in self.broken:
            raise PartDownError("the model server does not answer")
        return [MaskAnswer(f"mask of {ask.image} in {box}", "object", 0.625) for box in ask.boxes]

    def load(self, digest: str) -> Loaded:
        return Loaded(digest, "f")

    def unload(self, digest: str) -> None:
        raise NotFoundError("not loaded")

    def loaded(self) -> list[Loaded]:
        return []


@dataclass
class Site:
    """The application with its collaborators and a key for every role.

    The application acts as the API's own role in the database; `sessions` are of the common one.
    """

    sessions: sessionmaker[Session]
    deps: Deps
    client: FlaskClient
    server: Server
    keys: dict[Role, str]
    seconds: list[float]  # what the plans' monotonic clock says

    def call(self, method: str, path: str, role: Role | None = None, **more):
        """One request below the API's base (or on the root for a path that starts with `//`)."""
        headers = dict(more.pop("headers", {}))
        if role is not None:
            headers["Authorization"] = f"Bearer {self.keys[role]}"
        address = path[1:] if path.startswith("//") else API_BASE + path
        return self.client.open(address, method=method, headers=headers, **more)

    def get(self, path: str, role: Role | None = Role.VIEWER, **more):
        return self.call("GET", path, role, **more)

    def post(self, path: str, role: Role, body: object = None, **more):
        return self.call("POST", path, role, json={} if body is None else body, **more)

    def serve(self, **more) -> tuple[ModelVersion, ModelVersion]:
        """A live version and a challenger under plan 1, which the router knows and has confirmed."""
        with self.sessions.begin() as session:
            champion = a_version(session, state=VersionState.LIVE)
            challenger = a_version(session, state=VersionState.CANARY_5)
            a_plan(session, champion, **{"challenger_id": challenger.id, "share": 1.0} | more)
        self.deps.router.cache.refresh()
        return champion, challenger


def a_site(settings, sessions, own: sessionmaker[Session]) -> Site:
    """The whole application on a fresh database, its clock standing at NOW; no thread runs."""
    vault, server, seconds = Vault(SECRET), Server(), [0.0]
    cache = PlanCache(settings.root / "router", own, lambda: seconds[0])
    deps = Deps(
        settings=settings,
        sessions=own,
        clock=lambda: NOW,
        vault=vault,
        ring=KeyRing(own, lambda: NOW),
        router=Router(cache, server),
        filing=Filing(settings, own, vault=vault, cache=cache),
        people=People(lambda: seconds[0]),
        families=Families(sessions),
        waker=Waker(own),
        door=JobDoor(own),
        stalls=Stalls(),
    )
    made = {}
    with sessions.begin() as session:
        for role in Role:
            made[role] = keys.create(session, role.value, [role.value], now=NOW)[1]
    return Site(sessions, deps, create_app(deps).test_client(), server, made, seconds)


def connections_cut(site: Site) -> None:
    """Every connection to the site's database ends, and is over when this returns."""
    url = site.sessions.kw["bind"].url
    connection = psycopg2.connect(host=url.query["host"], user=url.username, dbname="postgres")
    connection.autocommit = True
    connection.cursor().execute(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s", (url.database,)
    )
    connection.close()


@contextmanager
def database_away(site: Site) -> Iterator[None]:
    """Inside, the database ends every connection and takes no further one."""
    url = site.sessions.kw["bind"].url
    connection = psycopg2.connect(host=url.query["host"], user=url.username, dbname="postgres")
    connection.autocommit = True
    statements = connection.cursor()
    statements.execute(f"ALTER DATABASE {url.database} WITH ALLOW_CONNECTIONS false")
    statements.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (url.database,)
    )
    try:
        yield
    finally:
        statements.execute(f"ALTER DATABASE {url.database} WITH ALLOW_CONNECTIONS true")
        connection.close()
