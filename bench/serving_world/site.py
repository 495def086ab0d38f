"""The site: real servers, two API processes, two model servers, a deployer; each may be killed."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil
from sqlalchemy.orm import Session, sessionmaker

from shared.clock import system_clock
from shared.config import Settings, environment, load_settings
from shared.embedded import Server, prepare_home, remove_home, start_postgres, start_valkey
from shared.errors import Error, PartDownError
from shared.registry import keys
from shared.registry.migrate import migrate
from shared.registry.session import make_sessions
from shared.serving.base import ModelServer
from shared.serving.local import LocalModelServer
from shared.serving.open import open_model_server
from shared.serving.token import internal_token
from tests.ports import free_ports

APIS, MODEL_SERVERS = ("api-1", "api-2"), ("model-server-1", "model-server-2")
MODULES = {
    **dict.fromkeys(APIS, ["api_service.main"]),
    **dict.fromkeys(MODEL_SERVERS, ["deployer_service.serve"]),
    "relay": ["shared.broker.relay"],
    "deployer": ["shared.broker.worker", "deploy"],
}
START_SECONDS = 120.0


class Site:
    """Everything of one site, in a home of its own; use it as a context."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self.home = Path(tempfile.mkdtemp(prefix="rounds-serving-"))
        self.binds = {name: f"127.0.0.1:{free_ports()}" for name in (*APIS, *MODEL_SERVERS)}
        self.settings: Settings = load_settings(
            home=self.home,
            model_server_url=" ".join(f"http://{self.binds[name]}" for name in MODEL_SERVERS),
            device="cpu",
            log_level="WARNING",
        )
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> "Site":
        prepare_home(self.settings)
        self._stack.callback(remove_home, self.settings)
        self.postgres: Server = start_postgres(self.settings)
        self._stack.callback(lambda: self.postgres.stop())  # noqa: PLW0108 - the one that runs then
        self.valkey: Server = start_valkey(self.settings)
        self._stack.callback(lambda: self.valkey.stop())  # noqa: PLW0108 - the one that runs then
        migrate(self.settings)
        self.sessions: sessionmaker[Session] = make_sessions(self.settings, pool_size=4)
        self._stack.callback(self._stop_all)
        self.model_server: ModelServer = open_model_server(self.settings, self.sessions)
        with self.sessions.begin() as session:
            self.key = keys.create(session, "bench", keys.ROLES, now=system_clock())[1]
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def start(self, *names: str) -> None:
        """Start processes that do not run."""
        for name in names:
            running = self.processes.get(name)
            if running is None or running.poll() is not None:
                self.processes[name] = self._started(name)

    def kill(self, name: str) -> None:
        """End a process and its children at once."""
        top = psutil.Process(self.processes[name].pid)
        for one in [*top.children(recursive=True), top]:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        self.processes[name].wait()

    def kill_postgres(self) -> None:
        """The database's processes die; `revive` lets it recover from its log."""
        for process in psutil.Process(self.postgres.process.pid).children():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.postgres.process.kill()
        self.postgres.process.wait()

    def freeze_postgres(self) -> None:
        """The database stands still: it takes connections and answers nothing; `revive` ends that."""
        top = psutil.Process(self.postgres.process.pid)
        for process in [top, *top.children()]:
            with suppress(psutil.NoSuchProcess):
                process.suspend()

    def kill_valkey(self) -> None:
        """The broker dies."""
        self.valkey.process.kill()
        self.valkey.process.wait()

    def revive(self) -> None:
        """Start again what has ended or stands still."""
        with suppress(psutil.NoSuchProcess):
            top = psutil.Process(self.postgres.process.pid)
            for process in [*top.children(), top]:
                process.resume()
        if self.postgres.process.poll() is not None:
            self.postgres = start_postgres(self.settings)
        if self.valkey.process.poll() is not None:
            self.valkey = start_valkey(self.settings)
        self.start(*self.processes)

    def direct(self, name: str) -> LocalModelServer:
        """A client of one model server alone."""
        return LocalModelServer(f"http://{self.binds[name]}", internal_token(self.settings))

    def is_ready(self, name: str) -> bool:
        """Whether a model server has everything in service in memory."""
        try:
            return bool(self.direct(name).health()["state"] == "ready")
        except Error:
            return False

    def _started(self, name: str) -> subprocess.Popen[bytes]:
        setting = "ROUNDS_API_BIND" if name in APIS else "ROUNDS_MODEL_SERVER_BIND"
        more = {setting: self.binds[name]} if name in self.binds else {}
        with (self.home / "logs" / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", *MODULES[name]],
                env=environment(self.settings, **more),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _stop_all(self) -> None:
        for name, process in self.processes.items():
            if process.poll() is None:
                self.kill(name)
        self.sessions.kw["bind"].dispose()


def until(holds: Callable[[], bool], what: str, seconds: float = START_SECONDS) -> None:
    """Return when it holds.

    Raises:
        PartDownError: it does not within the time.
    """
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise PartDownError(f"waited {seconds:.0f} s for {what}")
        time.sleep(0.05)
