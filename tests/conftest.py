"""Real servers for the tests: one Postgres and one Valkey a test process, a fresh database a test."""

import os
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import hypothesis
import psycopg2
import pytest
from sqlalchemy.orm import Session, sessionmaker

from shared.config import PREFIX, Settings, load_settings
from shared.embedded import Server, prepare_home, remove_home, start_postgres, start_valkey
from shared.registry.access import DatabaseRole
from shared.registry.migrate import migrate
from shared.registry.session import make_engine
from shared.storage.base import Storage
from shared.storage.objects import open_storage
from shared.vault import Vault

TEMPLATE, COMMON = "rounds_template", "rounds_common"
_numbers = count(1)

for _name in [name for name in os.environ if name.startswith(PREFIX) and name != f"{PREFIX}TEST_DATA"]:
    del os.environ[_name]  # the tests' settings are theirs alone
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OMP_NUM_THREADS", "1")
# How long one example takes hangs on the machine's other work, so it fails no test.
hypothesis.settings.register_profile("rounds", deadline=None)
hypothesis.settings.load_profile("rounds")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Nobody should believe that the pages were tested where no browser is."""
    skipped = [str(report.longrepr) for report in terminalreporter.getreports("skipped")]
    untested = [reason for reason in skipped if "NO CHROMIUM FOUND" in reason]
    if untested:
        terminalreporter.section("NO CHROMIUM FOUND", sep="!", red=True, bold=True)
        terminalreporter.line(
            f"{len(untested)} tests of the pages did not run; on Debian: apt-get install chromium"
        )


@pytest.fixture(scope="session")
def server_settings() -> Iterator[Settings]:
    """The home of the session's servers, outside the folders of pytest, which only root may enter."""
    home = Path(tempfile.mkdtemp(prefix="rounds-tests-"))
    settings = load_settings(home=home)
    prepare_home(settings)
    yield settings
    remove_home(settings)


def _address(settings: Settings, database: str) -> str:
    return settings.database.replace("/rounds?", f"/{database}?")


def _run(settings: Settings, statement: str) -> None:
    connection = psycopg2.connect(host=str(settings.sockets), user="rounds", dbname="postgres")
    try:
        connection.autocommit = True
        connection.cursor().execute(statement)
    finally:
        connection.close()


@pytest.fixture(scope="session")
def postgres_server(server_settings: Settings) -> Iterator[Settings]:
    """A running Postgres with a migrated template database."""
    server: Server = start_postgres(server_settings, durable=False)
    try:
        _run(server_settings, f"CREATE DATABASE {TEMPLATE}")
        template = server_settings.model_copy(update={"database_url": _address(server_settings, TEMPLATE)})
        migrate(template)
        _run(server_settings, f"CREATE DATABASE {COMMON} TEMPLATE {TEMPLATE}")
        yield server_settings
    finally:
        server.stop()


@pytest.fixture(scope="session")
def postgres_url(postgres_server: Settings) -> str:
    """The migrated database that tests share; what is committed to it stays for the others."""
    return _address(postgres_server, COMMON)


@pytest.fixture
def database_url(postgres_server: Settings) -> Iterator[str]:
    """A fresh migrated database of this test alone."""
    name = f"rounds_{next(_numbers)}"
    _run(postgres_server, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    yield _address(postgres_server, name)
    _run(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def valkey_url(server_settings: Settings) -> Iterator[str]:
    """A running Valkey; tests that care empty it themselves."""
    server = start_valkey(server_settings)
    yield server_settings.broker
    server.stop()


@pytest.fixture
def settings(tmp_path: Path, database_url: str, valkey_url: str) -> Settings:
    """Settings of a site of this test alone: own home, own database, the session's Valkey."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    return load_settings(home=home, database_url=database_url, broker_url=valkey_url)


@pytest.fixture
def sessions(database_url: str) -> Iterator[sessionmaker[Session]]:
    """Sessions of the services' role on this test's own database."""
    engine = make_engine(load_settings(database_url=database_url))
    yield sessionmaker(engine, expire_on_commit=False)
    engine.dispose()


@pytest.fixture
def sessions_as(database_url: str) -> Iterator[Callable[[DatabaseRole], sessionmaker[Session]]]:
    """Sessions of one service's own role on this test's own database."""
    settings, engines = load_settings(database_url=database_url), []

    def made(role: DatabaseRole) -> sessionmaker[Session]:
        engines.append(make_engine(settings, role=role))
        return sessionmaker(engines[-1], expire_on_commit=False)

    yield made
    for engine in engines:
        engine.dispose()


@pytest.fixture
def session(postgres_url: str) -> Iterator[Session]:
    """One session of the services' role whose work is rolled back at the end; commits become savepoints."""
    engine = make_engine(load_settings(database_url=postgres_url))
    with engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as session:
            yield session
        outer.rollback()
    engine.dispose()


@pytest.fixture
def vault() -> Vault:
    """The vault of a site whose secret the tests know."""
    return Vault(bytes(range(32)))


@pytest.fixture
def now() -> datetime:
    """The instant at which tests play."""
    return datetime(2026, 3, 4, 9, 14, tzinfo=UTC)


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    """A local artifact store of this test alone."""
    return open_storage(load_settings(storage_url=f"file://{tmp_path}/artifacts"))


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of real and synthetic data beside the repository; the test skips where it is absent."""
    folder = Path(os.environ.get(f"{PREFIX}TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no test data at {folder}")
    return folder
