"""The site: its servers and processes, each of which can be killed, frozen and started again."""

import json
import os
import random
import secrets
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from uuid import UUID

import psutil
from redis import Redis
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from shared.config import Settings, environment, load_settings
from shared.embedded import Server, prepare_home, remove_home, start_postgres, start_valkey
from shared.registry import keys, runs, sources
from shared.registry.migrate import migrate
from shared.registry.session import make_sessions
from tests.ports import free_ports
from worker_collection import collect, dataset
from worker_collection.deps import make_deps

LEASE_SECONDS = 2.0
MODULES = {
    "relay": "shared.broker.relay",
    "api": "api_service.main",
    "worker-1": "bench.chaos_world.worker",
    "worker-2": "bench.chaos_world.worker",
}
DATASET = "diagnosis-data-1"
ANSWER_SECONDS = 10.0
_LOOK_SECONDS = 0.1


class Site:
    """Everything of one site, in a home of its own; use it as a context."""

    def __init__(self, dice: random.Random) -> None:
        self.dice, self._over = dice, 0
        self._stack = ExitStack()
        self.home = Path(tempfile.mkdtemp(prefix="rounds-chaos-"))
        self.settings: Settings = load_settings(
            home=self.home,
            api_bind=f"127.0.0.1:{free_ports()}",
            lease_seconds=LEASE_SECONDS,
            train_devices="cores-0,cores-1",
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
        self.sessions: sessionmaker[Session] = make_sessions(self.settings, pool_size=2)
        self._stack.callback(self._stop_all)
        self.key = self._furnish()
        for name in MODULES:
            self.start(name)
        until(self.answers, "the API")
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def start(self, name: str) -> None:
        """Start a process, unless it runs."""
        running = self.processes.get(name)
        if running is not None and running.poll() is None:
            return
        log = (self.home / "logs" / f"{name}.log").open("ab")
        self.processes[name] = subprocess.Popen(
            [sys.executable, "-m", MODULES[name]],
            env=environment(self.settings),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        log.close()

    def signal(self, name: str, number: signal.Signals, *, group: bool = False) -> None:
        """Send a signal to a process, or to it and all of its children."""
        process = self.processes[name]
        for one in [*_family(process.pid)] if group else [process]:
            with suppress(ProcessLookupError, psutil.NoSuchProcess):  # others of the family still hear it
                one.send_signal(number)

    def kill(self, name: str) -> None:
        """End a process and its children at once."""
        self.signal(name, signal.SIGKILL, group=True)
        self.processes[name].wait()

    def trainers(self) -> list[psutil.Process]:
        """The processes that train just now."""
        found = []
        for name in ("worker-1", "worker-2"):
            found += [one for one in _family(self.processes[name].pid) if _is_trainer(one)]
        return found

    def broker(self) -> Redis:
        """A client of the broker."""
        path = self.settings.broker.split("://")[1].split("?")[0]
        return Redis(unix_socket_path=path, socket_timeout=2)

    def submit(self, seed: int) -> UUID | None:
        """Ask the API for one training; its job where it was promised, None where it was refused."""
        wish = {"model_type": "diagnosis", "dataset_version": DATASET, "seed": seed}
        request = urllib.request.Request(
            f"http://{self.settings.api_bind}/api/phase-7/training/start",
            data=json.dumps(wish).encode(),
            headers={
                "Authorization": f"Bearer {self.key}",
                "Content-Type": "application/json",
                "Idempotency-Key": secrets.token_hex(16),
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
                return UUID(json.load(answer)["job_id"])
        except (urllib.error.URLError, ConnectionError, TimeoutError, ValueError):
            return None

    def answers(self) -> bool:
        """Whether the API speaks."""
        try:
            with urllib.request.urlopen(f"http://{self.settings.api_bind}/health", timeout=1):
                return True
        except urllib.error.HTTPError:
            return True
        except (OSError, ValueError):
            return False

    def completed(self) -> int:
        """How many jobs came to an end; the last count while the database is away."""
        with suppress(SQLAlchemyError), self.sessions() as session:
            over = text(
                "SELECT count(*) FROM training_jobs WHERE state IN ('completed', 'failed', 'cancelled')"
            )
            self._over = int(session.scalar(over) or 0)
        return self._over

    def orphans(self) -> list[str]:
        """Processes of this home that outlived the site."""
        return [" ".join(one.cmdline()) for one in _of_home(self.home)]

    def stop_processes(self) -> None:
        """Ask every process to stop, and wait."""
        for name, process in self.processes.items():
            self.signal(name, signal.SIGCONT, group=True)
            if process.poll() is None:
                process.terminate()
        for process in self.processes.values():
            try:
                process.wait(40)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _stop_all(self) -> None:
        for name, process in self.processes.items():
            if process.poll() is None:
                self.signal(name, signal.SIGCONT, group=True)
                self.kill(name)

    def _furnish(self) -> str:
        """A sealed data set of a few cases, and a key; what is trained is no matter here."""
        deps = make_deps(self.settings)
        rows = [
            {"source_id": f"c-{n}", "person": f"p-{n}", "text": f"unwell since {n} days", "diagnosis": label}
            for n, label in enumerate(["Gout", "Psoriasis"] * 4)
        ]
        with self.sessions.begin() as session:
            source = sources.receiving(session, "diagnosis", vault=deps.vault, now=deps.clock())
            run = runs.push(
                session,
                source,
                rows=rows,
                vault=deps.vault,
                now=deps.clock(),
                triggered_by="chaos",
                curated=True,
            )
        collect.collect_run(run.id, deps)
        dataset.seal("diagnosis", deps, actor="chaos")
        with self.sessions.begin() as session:
            _, key = keys.create(session, "chaos", keys.ROLES, now=deps.clock())
        return key


def until(holds: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
    """Return when it holds; time in which this process itself stood still does not count.

    Raises:
        TimeoutError: it does not within the time.
    """
    for _ in range(round(seconds / _LOOK_SECONDS)):
        if holds():
            return
        time.sleep(_LOOK_SECONDS)
    raise TimeoutError(f"{what} did not come within {seconds:g} s")


def _family(pid: int) -> Iterator[psutil.Process]:
    try:
        parent = psutil.Process(pid)
        yield parent
        yield from parent.children(recursive=True)
    except psutil.NoSuchProcess:
        return


def _is_trainer(process: psutil.Process) -> bool:
    try:
        return "bench.chaos_world.trainer" in process.cmdline()
    except psutil.Error:
        return False


def _of_home(home: Path) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get("ROUNDS_HOME") == str(home):
                yield process
        except psutil.Error:
            continue
