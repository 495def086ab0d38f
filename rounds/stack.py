"""The supervisor: starts the stack in order, keeps it running, stops it in the reverse order."""

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from itertools import groupby
from pathlib import Path
from types import FrameType
from typing import NoReturn, Protocol

from rounds.console import StackConsole
from rounds.parts import PARTS, PartSpec, is_ready, reachable
from rounds.patience import Patience
from rounds.process import SOURCES, PartProcess
from rounds.servers import check_disk, check_ports, embedded_servers
from shared.config import Settings, environment
from shared.embedded import prepare_home
from shared.embedded.server import take_lock
from shared.errors import PartDownError
from shared.registry.migrate import migrate

TICK_SECONDS = 0.1
PROBE_SECONDS = 0.2
LENT = ("api_bind", "events_bind", "flower_bind", "model_server_bind", "clock_file")  # to commands
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopAskedError(Exception):
    """Somebody asked for the end while the stack was still starting."""


class Running(Protocol):
    """What `stack.json` shows of a part and of an embedded server alike."""

    restarts: int

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""

    @property
    def state(self) -> str:
        """waiting, starting, ready or stopped."""

    def kill(self) -> None:
        """End it at once."""


class Supervisor:
    """One stack on one home. Everything happens in the main thread, whose end the kernel tells the parts."""

    def __init__(self, settings: Settings, parts: Sequence[PartSpec] = PARTS, *, quiet: bool = False) -> None:
        prepare_home(settings)
        self.settings = settings
        self.console = StackConsole(settings.root / "logs", quiet=quiet)
        self._servers = embedded_servers(settings)
        self._guard: subprocess.Popen[bytes] | None = None
        self._parts = [PartProcess(spec, self._note) for spec in parts]
        self._environment = child_environment(settings)
        self._selector = selectors.DefaultSelector()
        self._asked = 0
        self._probe_at = 0.0
        self._shown: dict[str, object] = {}

    def run(self, *, on_ready: Callable[[], None] = lambda: None) -> None:
        """Start everything, stay until SIGINT or SIGTERM, stop everything.

        Args:
            on_ready: is called once, when every part is ready; keep it short.

        Raises:
            HomeInUseError: another stack runs on this home.
            PartDownError: a part did not start; what had started is stopped again.
        """
        lock = take_lock(self.settings.root / "stack.lock", wait_seconds=1.0)
        with lock, self._signals():
            try:
                self._start()
                on_ready()
                while not self._asked:
                    self._tick()
            except StopAskedError:
                pass
            finally:
                self._stop()

    def _start(self) -> None:
        if os.geteuid() == 0:
            self.console.say("runs as root: good for a try; give a clinic's site an account of its own")
        check_disk(self.settings.root)
        check_ports(self._binds())
        self._guard = start_guard()
        for server in self._servers:
            server.start()
            self.console.say(f"{server.name} is ready")
            self._check_asked()
        migrate(self.settings)
        for tier, parts in groupby(self._parts, key=lambda part: part.spec.tier):
            present = list(parts)
            for part in present:
                self._spawn(part)
            if tier == 0:  # the door opens first; what is heavy comes up behind it
                self._await(present)
        self._await(self._parts)

    def _binds(self) -> list[str]:
        settings = self.settings
        binds = [settings.api_bind, settings.model_server_bind, settings.flower_bind]
        if any(part.spec.name == "events" for part in self._parts):
            binds.append(settings.events_bind)
        return binds if self._parts else []

    def _await(self, parts: Sequence[PartProcess]) -> None:
        patience = Patience(time.monotonic())
        while late := [part for part in parts if not part.ready]:
            self._check_asked()
            self._tick()
            now = time.monotonic()
            patience.look(now, [part.pid for part in late if part.pid is not None])
            for part in parts:
                why = "does not start" if part.restarts else None
                if part.pid is not None and not part.ready:
                    why = why or patience.spent(now, part.pid)
                if why:
                    self._give_up(part.spec.name, why)
            if patience.is_time_to_say(now):
                names = ", ".join(part.spec.name for part in late)
                self.console.say(
                    f"still waiting for {names}; see {self.settings.root}/logs/{late[0].spec.name}.log"
                )

    def _give_up(self, name: str, why: str) -> NoReturn:
        raise PartDownError(
            f"{name} {why}: {self.console.last(name)}",
            fix=f"see {self.settings.root}/logs/{name}.log, or run `rounds doctor`",
        )

    def _check_asked(self) -> None:
        if self._asked:
            raise StopAskedError

    def _tick(self) -> None:
        """Pass on what was said, start again what has ended, probe what is not ready, write the status."""
        self._listen(TICK_SECONDS)
        for server in self._servers:
            news = server.revive()
            if news:
                self.console.say(news)
        for part in self._parts:
            if part.ended():
                self._bury(part)
                if not self._asked:
                    delay = part.plan_restart()
                    self.console.say(f"{part.spec.name} has ended; it starts again in {delay:.1f} s")
            elif part.due_at is not None and time.monotonic() >= part.due_at:
                self._spawn(part)
        self._probe()
        self._write_status()

    def _listen(self, seconds: float) -> None:
        for key, _ in self._selector.select(seconds):
            lines = key.data.lines()
            if lines is None:
                self._selector.unregister(key.fileobj)
            for line in lines or ():
                self.console.line(key.data.spec.name, line)

    def _spawn(self, part: PartProcess) -> None:
        self._selector.register(part.start(self._environment), selectors.EVENT_READ, part)

    def _bury(self, part: PartProcess) -> None:
        """Pass on a part's last words and let its descriptor go."""
        while lines := part.lines():
            for line in lines:
                self.console.line(part.spec.name, line)
        for key in list(self._selector.get_map().values()):
            if key.data is part:
                self._selector.unregister(key.fileobj)
        part.close()

    def _probe(self) -> None:
        if time.monotonic() < self._probe_at:
            return
        self._probe_at = time.monotonic() + PROBE_SECONDS
        for part in self._parts:
            if part.pid is not None and not part.ready and is_ready(part.spec, self.settings, part.pid):
                part.ready = True
                self.console.say(f"{part.spec.name} is ready")

    def _stop(self) -> None:
        """Stop the parts a tier at a time from the last, then the servers; the status file goes last."""
        if self._guard is not None:
            self.console.say("stopping")
        backwards = sorted(self._parts, key=lambda part: -part.spec.tier)
        for _, tier in groupby(backwards, key=lambda part: part.spec.tier):
            self._stop_tier([part for part in tier if part.process is not None])
        for server in reversed(self._servers):
            server.stop()
        if self._guard is not None and self._guard.stdin is not None:
            self._guard.stdin.close()
            self._guard.wait()
        (self.settings.root / "stack.json").unlink(missing_ok=True)
        with suppress(OSError):
            self.settings.sockets.rmdir()

    def _stop_tier(self, parts: list[PartProcess]) -> None:
        begun = time.monotonic()
        for part in parts:
            part.ask_to_stop()
        while parts:
            self._listen(TICK_SECONDS)
            for part in [part for part in parts if part.ended()]:
                self._bury(part)
                parts.remove(part)
            late = time.monotonic() - begun
            for part in [part for part in parts if late > part.spec.stop_seconds and not part.killed]:
                self.console.say(f"{part.spec.name} did not stop in {part.spec.stop_seconds:.0f} s; killed")
                part.kill()

    @contextmanager
    def _signals(self) -> Iterator[None]:
        before = {one: signal.signal(one, self._on_signal) for one in STOP_SIGNALS}
        try:
            yield
        finally:
            for one, action in before.items():
                signal.signal(one, action)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - given by Python
        """The first asks for an orderly stop; the second ends everything now."""
        self._asked += 1
        if self._asked > 1:
            for one in self._running().values():
                one.kill()

    def _note(self, line: str) -> None:
        if self._guard is not None and self._guard.stdin is not None:
            self._guard.stdin.write(f"{line}\n".encode())
            self._guard.stdin.flush()

    def _running(self) -> dict[str, Running]:
        servers: dict[str, Running] = {server.name: server for server in self._servers}
        return servers | {part.spec.name: part for part in self._parts}

    def _write_status(self) -> None:
        parts: dict[str, object] = {
            name: {"state": one.state, "pid": one.pid, "restarts": one.restarts}
            for name, one in self._running().items()
        }
        if parts != self._shown:
            self._shown = parts
            write_json(self.settings.root / "stack.json", addresses(self.settings) | {"parts": parts})


def addresses(settings: Settings) -> dict[str, object]:
    """Where the stack is reached, and the process that watches it."""
    return {
        "api": f"http://{reachable(settings.api_bind)}",
        "events": f"http://{reachable(settings.events_bind)}/events",
        "flower": f"http://{reachable(settings.flower_bind)}",
        "model_server": settings.model_server_url or f"http://{reachable(settings.model_server_bind)}",
        "pid": os.getpid(),
        "settings": {name: str(value) for name in LENT if (value := getattr(settings, name)) is not None},
    }


def write_json(path: Path, value: object) -> None:
    """Replace the file in one step, so that a reader never sees half of it."""
    scratch = path.with_suffix(".next")
    scratch.write_text(json.dumps(value, indent=1))
    scratch.chmod(0o600)
    scratch.replace(path)


def child_environment(settings: Settings) -> dict[str, str]:
    """What every part is started with: our settings, and no way to a model hub."""
    return environment(settings, HF_HUB_OFFLINE="1", PYTHONUNBUFFERED="1")


def start_guard() -> subprocess.Popen[bytes]:
    """The process that ends what we would leave behind when we are killed."""
    return subprocess.Popen(
        [sys.executable, "-S", "-E", str(SOURCES / "rounds" / "guard.py")],
        stdin=subprocess.PIPE,
        preexec_fn=partial(os.setpgid, 0, 0),  # noqa: PLW1509 - it only calls the kernel
    )
