"""Hosts: each a network namespace with a name, an address and a home of its own; a link that can be cut."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

BRIDGE, NET = "10.77.0.1", "10.77.0"
SWITCH = "rounds-br"
PARTS = {
    "relay": ("shared.broker.relay",),
    "beat": ("shared.broker.beat",),
    "api": ("api_service.main",),
    "model-server": ("deployer_service.serve",),
    "worker-collect": ("shared.broker.worker", "collect"),
    "worker-train": ("shared.broker.worker", "train"),
    "worker-deploy": ("shared.broker.worker", "deploy"),
}


def ip(*words: str) -> None:
    """Run `ip`."""
    subprocess.run(["ip", *words], check=True)


def bridge(stack: ExitStack) -> None:
    """A switch between the hosts, with the servers' address on it; removed at the end."""
    ip("link", "add", SWITCH, "type", "bridge")
    stack.callback(ip, "link", "delete", SWITCH)
    ip("address", "add", f"{BRIDGE}/24", "dev", SWITCH)
    ip("link", "set", SWITCH, "up")


class Host:
    """One machine. Its processes see their own name, address and disk, and nothing but the bridge."""

    def __init__(self, name: str, number: int, home: Path, *, keys: Path) -> None:
        self.name, self.address, self.home = name, f"{NET}.{10 + number}", home
        self._space, self._wire = f"rounds-{name}", f"rb-{name}"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        home.mkdir(mode=0o700)
        (home / "keys").symlink_to(keys)
        (home / "logs").mkdir()

    def plug_in(self, stack: ExitStack) -> None:
        """Make the namespace and its wire; both go at the end, with whatever still runs inside."""
        ip("netns", "add", self._space)
        stack.callback(ip, "netns", "delete", self._space)
        ip("link", "add", self._wire, "type", "veth", "peer", "name", "eth0", "netns", self._space)
        ip("link", "set", self._wire, "master", SWITCH, "up")
        for words in (
            ("address", "add", f"{self.address}/24", "dev", "eth0"),
            ("link", "set", "eth0", "up"),
            ("link", "set", "lo", "up"),
        ):
            ip("-n", self._space, *words)
        stack.callback(self.stop)

    def cut(self) -> None:
        """Pull the plug: nothing is told to anybody, packets just stop."""
        ip("link", "set", self._wire, "down")

    def mend(self) -> None:
        """Plug it in again."""
        ip("link", "set", self._wire, "up")

    def start(self, names: Sequence[str], settings: dict[str, str]) -> None:
        """Start parts on this host."""
        for name in names:
            with (self.home / "logs" / f"{name}.log").open("ab") as log:
                self.processes[name] = subprocess.Popen(
                    self._inside(sys.executable, "-m", *PARTS[name]),
                    env=self._environment(settings),
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )

    def command(self, settings: dict[str, str], *words: str) -> str:
        """Run a command of the command line on this host; what it said.

        Raises:
            SystemExit: it failed.
        """
        done = subprocess.run(
            self._inside(sys.executable, "-m", "rounds.main", *words),
            env=self._environment(settings),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(f"{self.name}: rounds {' '.join(words)} ended with {done.returncode}: {done.stderr}")
        return done.stdout

    def stop(self) -> None:
        """End everything on this host."""
        for process in self.processes.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        for process in self.processes.values():
            process.wait()

    def check(self) -> None:
        """Every part still runs."""
        for name, process in self.processes.items():
            if process.poll() is not None:
                said = (self.home / "logs" / f"{name}.log").read_text()[-2000:]
                sys.exit(f"{self.name}: {name} ended: {said}")

    def _inside(self, *words: str) -> list[str]:
        named = f"hostname {self.name} && exec ip netns exec {self._space} " + '"$@"'
        return ["unshare", "--uts", "sh", "-c", named, "sh", *words]

    def _environment(self, settings: dict[str, str]) -> dict[str, str]:
        own = {
            "ROUNDS_HOME": str(self.home),
            "ROUNDS_API_BIND": f"{self.address}:8000",
            "ROUNDS_MODEL_SERVER_BIND": f"{self.address}:8003",
            "HF_HUB_OFFLINE": "1",
            "OMP_NUM_THREADS": "1",
            "OMP_WAIT_POLICY": "PASSIVE",
        }
        bare = {key: value for key, value in os.environ.items() if not key.startswith("ROUNDS_")}
        return bare | settings | own
