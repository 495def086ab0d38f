"""A site whose API and stream are real processes on a real Postgres, and a Chromium that forgives nothing."""

import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright
from sqlalchemy.orm import Session, sessionmaker

from shared.config import Settings, environment, load_settings
from shared.embedded import prepare_home, remove_home, start_postgres
from shared.registry import keys
from shared.registry.migrate import migrate
from shared.registry.session import make_sessions
from shared.vault import open_vault
from tests.browser.world import World, fill
from tests.ports import free_ports

ROOT = Path(__file__).parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
# The browser of a test machine runs as root in a small container, and asks nobody outside for anything.
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-dev-shm-usage", "--lang=en-GB"]
MODULES = ("api_service.main", "api_service.events")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--every-page", action="store_true", help="every page, palette and width")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.stack)
            item.add_marker(pytest.mark.skipif(CHROMIUM is None, reason="NO CHROMIUM FOUND: pages untested"))


@pytest.fixture
def every(request: pytest.FixtureRequest) -> bool:
    """Whether each page is tried in each palette and width."""
    return bool(request.config.getoption("--every-page", default=False))


@dataclass
class Clinic:
    """A site that answers: its address, its database, its records, and its processes by module."""

    url: str
    settings: Settings
    sessions: sessionmaker[Session]
    world: World | None
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    owner: str = ""

    def key(self, name: str, *roles: str) -> str:
        """A key of its own for one person."""
        with self.sessions.begin() as session:
            return keys.create(session, name, roles, now=self.settings.clock())[1]

    def start(self, module: str) -> None:
        """Start one process of the site."""
        self.processes[module] = subprocess.Popen(
            [sys.executable, "-m", module],
            env=environment(self.settings),
            cwd=ROOT,
            stderr=(self.settings.root / "stderr").open("ab"),
            stdout=subprocess.DEVNULL,
        )

    def end(self, module: str) -> None:
        """End one and wait for it."""
        process = self.processes.pop(module)
        process.terminate()
        process.wait(20)


def await_answer(url: str) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            assert time.monotonic() < until, f"{url} does not answer"
            time.sleep(0.1)


@contextmanager
def serving(postgres: Settings, home: Path, *, filled: bool, modules: Sequence[str]) -> Iterator[Clinic]:
    home.mkdir(mode=0o700)
    connection = psycopg2.connect(host=str(postgres.sockets), user="rounds", dbname="postgres")
    connection.autocommit = True
    name = f"browser_{home.name}"
    connection.cursor().execute(f"CREATE DATABASE {name} TEMPLATE rounds_template")
    connection.close()
    base = free_ports(2)
    settings = load_settings(
        home=home,
        database_url=postgres.database.replace("/rounds?", f"/{name}?"),
        api_bind=f"127.0.0.1:{base}",
        events_bind=f"127.0.0.1:{base + 1}",
        model_server_bind="127.0.0.1:9",
    )
    sessions = make_sessions(settings)
    vault = open_vault(settings.secret_file)
    world = fill(settings, sessions, vault, now=settings.clock()) if filled else None
    made = Clinic(f"http://127.0.0.1:{base}", settings, sessions, world)
    made.owner = made.key("owner", *(role for role in keys.ROLES if role != "service"))
    for module in modules:
        made.start(module)
    for place in range(len(modules)):
        await_answer(f"http://127.0.0.1:{base + place}/health")
    yield made
    for process in made.processes.values():
        process.kill()
        process.wait()
    sessions.kw["bind"].dispose()


@contextmanager
def own_site(home: Path) -> Iterator[Clinic]:
    """A filled site on a Postgres of its own, for whoever is no test; its home is removed at the end."""
    settings = load_settings(home=home)
    prepare_home(settings)
    server = start_postgres(settings, durable=False)
    try:
        connection = psycopg2.connect(host=str(settings.sockets), user="rounds", dbname="postgres")
        connection.autocommit = True
        connection.cursor().execute("CREATE DATABASE rounds_template")
        connection.close()
        template = settings.database.replace("/rounds?", "/rounds_template?")
        migrate(settings.model_copy(update={"database_url": template}))
        with serving(settings, home / "filled", filled=True, modules=MODULES) as made:
            yield made
    finally:
        server.stop()
        remove_home(settings)


@pytest.fixture(scope="session")
def clinic(postgres_server: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    """The site of all browser tests of this process, filled once."""
    home = tmp_path_factory.mktemp("browser") / "filled"
    with serving(postgres_server, home, filled=True, modules=MODULES) as made:
        yield made


@pytest.fixture(scope="session")
def empty_clinic(postgres_server: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    """A site on which nothing ever happened, without a stream."""
    home = tmp_path_factory.mktemp("browser") / "empty"
    with serving(postgres_server, home, filled=False, modules=MODULES[:1]) as made:
        yield made


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser, clinic: Clinic) -> Iterator[Page]:
    """A page of a browser that was never here; an error of the page, a refused policy or a warning fails."""
    context = chromium.new_context(base_url=clinic.url, viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    opened.set_default_timeout(15_000)
    said: list[str] = []
    opened.on("console", lambda message: _note(said, message))
    opened.on("pageerror", lambda error: said.append(str(error)))
    yield opened
    context.close()
    assert not said


def _note(said: list[str], message: ConsoleMessage) -> None:
    # That a request was refused or nobody answered is shown on the page, where tests look for it.
    expected = message.text.startswith("Failed to load resource")
    if message.type in {"error", "warning"} and not expected:
        said.append(message.text)


@pytest.fixture
def enter(page: Page, clinic: Clinic) -> Callable[..., Page]:
    """Sign in and wait for the frame."""

    def entered(key: str | None = None, at: str = "/") -> Page:
        page.goto(at)
        page.get_by_label("Key").fill(key or clinic.owner)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("navigation", name="Pages").wait_for()
        return page

    return entered
