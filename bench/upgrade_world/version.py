"""The parts of one version of the code, started from its own tree on the site's one database and broker."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rounds.parts import says_ready
from shared.config import Settings, environment
from shared.embedded.server import die_with_parent

WAIT_SECONDS = 240.0
STOP_SECONDS = 60.0
ARGUMENTS = {
    "relay": ("shared.broker.relay",),
    "beat": ("shared.broker.beat",),
    "model-server": ("deployer_service.serve",),
    "worker-collect": ("shared.broker.worker", "collect"),
    "worker-train": ("shared.broker.worker", "train"),
    "worker-deploy": ("shared.broker.worker", "deploy"),
    "api-1": ("api_service.main",),
    "api-2": ("api_service.main",),
}
DOORS = ("api-1", "api-2")
SPEAKING = {"relay", "beat", "worker-collect", "worker-train", "worker-deploy"}  # in the table `parts`


class Version:
    """One version's processes; each API has a port of its own, both share one model server."""

    def __init__(self, name: str, tree: Path, settings: Settings) -> None:
        self.name, self._tree, self._settings = name, tree, settings
        self._logs = settings.root / "logs" / name
        self._logs.mkdir(parents=True, exist_ok=True)
        self._model_server = f"127.0.0.1:{_free_port()}"
        self.doors = {door: f"127.0.0.1:{_free_port()}" for door in DOORS}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, *names: str) -> None:
        """Start some parts, or all."""
        for name in names or ARGUMENTS:
            with (self._logs / f"{name}.log").open("ab") as log:
                self.processes[name] = subprocess.Popen(
                    [sys.executable, "-m", *ARGUMENTS[name]],
                    cwd=self._tree,
                    env=self._environment(name),
                    stdout=log,
                    stderr=log,
                    preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - it only calls the kernel
                )

    def refused(self, name: str) -> str:
        """Start a part that should not stay; what it said."""
        self.start(name)
        self.processes.pop(name).wait(WAIT_SECONDS)
        return (self._logs / f"{name}.log").read_text().strip().splitlines()[-1]

    def stop(self, *names: str) -> None:
        """Ask parts to end, each in its own time, and wait."""
        chosen = {name: self.processes.pop(name) for name in names or list(self.processes)}
        for process in chosen.values():
            process.terminate()
        for name, process in chosen.items():
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                sys.exit(f"{self.name} {name} did not end within {STOP_SECONDS:g} s")

    def command(self, *words: str) -> Any:
        """Run a command of this version's command line; its JSON."""
        done = subprocess.run(
            [sys.executable, "-m", "rounds.main", *words, "--json"],
            cwd=self._tree,
            env=self._environment("command"),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(f"{self.name}: rounds {' '.join(words)} ended with {done.returncode}: {done.stderr}")
        return json.loads(done.stdout)

    def await_ready(self, names: Sequence[str] = tuple(ARGUMENTS)) -> None:
        """Return when the doors answer, versions are loaded and every other part has said that it lives."""
        for door in DOORS:
            if door in names:
                until(lambda door=door: answers(self.doors[door], "/health"), f"{self.name} {door}", self)
        if "model-server" in names:
            until(lambda: answers(self._model_server, "/health"), f"{self.name} model server", self)
        for name in set(names) & SPEAKING:
            says, pid = says_ready(name), self.processes[name].pid
            until(lambda says=says, pid=pid: says(self._settings, pid), f"{self.name} {name}", self)

    def check(self) -> None:
        """Every part still runs."""
        for name, process in self.processes.items():
            if process.poll() is not None:
                sys.exit(f"{self.name} {name} ended: {(self._logs / f'{name}.log').read_text()[-2000:]}")

    def _environment(self, name: str) -> dict[str, str]:
        own = {"ROUNDS_MODEL_SERVER_BIND": self._model_server, "HF_HUB_OFFLINE": "1"}
        if name in self.doors:
            own["ROUNDS_API_BIND"] = self.doors[name]
        bare = {key: value for key, value in os.environ.items() if not key.startswith("ROUNDS_")}
        ours = environment(self._settings)
        known = {key: value for key, value in ours.items() if key in KNOWN}
        return bare | known | own


# The settings that every version knows: an older one refuses what it does not.
KNOWN = ("ROUNDS_HOME", "ROUNDS_LOG_LEVEL", "ROUNDS_LEASE_SECONDS", "ROUNDS_TRAIN_DEVICES")


def answers(address: str, path: str) -> bool:
    """Whether it answers well."""
    try:
        with urllib.request.urlopen(f"http://{address}{path}", timeout=2):
            return True
    except (urllib.error.URLError, OSError, ValueError):
        return False


def until(holds: Callable[[], bool], what: str, *watched: Version) -> None:
    """Return when it holds; a watched version whose part ends, or a long wait, ends the drill."""
    end = time.monotonic() + WAIT_SECONDS
    while not holds():
        for version in watched:
            version.check()
        if time.monotonic() > end:
            sys.exit(f"{what} did not come within {WAIT_SECONDS:g} s")
        time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
