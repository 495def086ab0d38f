"""A whole stack for the demo: a home of its own, a simulated clock, a real mail server."""

import json
import signal
import socket
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from rounds.demo_mail import MailBox
from rounds.demo_tell import Teller
from rounds.process import SOURCES
from rounds.sample_clinic.plans import FIRST_COLLECTED
from shared.clock import set_file_clock
from shared.config import environment, load_settings
from shared.embedded import remove_home
from shared.embedded.server import die_with_parent
from shared.errors import PartDownError

CANDIDATES = range(18000, 19000, 10)
STOP_SECONDS = 60.0
ELSEWHERE = {f"ROUNDS_{name}_URL" for name in ("DATABASE", "BROKER", "STORAGE", "MODEL_SERVER")}


class DemoStack:
    """Starts with the `with` block and is gone after it."""

    api: str
    key: str

    def __init__(self, *, port_base: int | None, keep: bool, teller: Teller) -> None:
        self.teller = teller
        self.home = Path(tempfile.mkdtemp(prefix="rounds-demo-"))
        self.now = FIRST_COLLECTED
        self._port_base, self._keep = port_base or _free_ports(), keep
        self._clock = self.home / "clock"
        self._words = self.home / "up.log"

    def __enter__(self) -> Self:
        self.mail = MailBox()
        self.turn_clock(self.now)
        self._process = subprocess.Popen(
            [*self._rounds(), "up", "--port-base", str(self._port_base), "--quiet", "--json"],
            stdout=subprocess.PIPE,
            stderr=self._words.open("wb"),
            env=self._environment(),
            cwd=SOURCES,
            text=True,
            preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - it only calls the kernel
        )
        try:
            told = self._told()
        except BaseException:
            self.__exit__()
            raise
        self.api, self.key = told["api"], told["key"]
        self.teller.say(f"the stack runs: API and dashboard on {told['api']}, Flower on {told['flower']}")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self.mail.close()
        if self._keep:
            self.teller.say(f"the home folder stays: {self.home}")
        else:
            remove_home(load_settings(home=self.home))

    def turn_clock(self, now: datetime) -> None:
        """Make it that time for every process of the stack."""
        self.now = now
        set_file_clock(self._clock, now)

    def command(self, *arguments: str) -> Any:
        """Run one command of the command line; its JSON answer.

        Raises:
            PartDownError: it did not succeed.
        """
        done = subprocess.run(
            [*self._rounds(), *arguments, "--json"],
            capture_output=True,
            text=True,
            cwd=SOURCES,
            env=self._environment(),
            check=False,
        )
        if done.returncode:
            raise PartDownError(f"rounds {arguments[0]} ended with {done.returncode}: {done.stderr.strip()}")
        return json.loads(done.stdout)

    def _rounds(self) -> list[str]:
        return [sys.executable, "-m", "rounds.main", "--home", str(self.home)]

    def _environment(self) -> dict[str, str]:
        """Ours without what names another site: the demo's servers are always its own."""
        settings = load_settings(home=self.home, clock_file=self._clock, notify_urls=self.mail.url)
        return {name: value for name, value in environment(settings).items() if name not in ELSEWHERE}

    def _told(self) -> dict[str, Any]:
        """What `rounds up` says once every part is ready."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            last = self._words.read_text().strip().splitlines()[-2:]
            raise PartDownError(f"the stack did not start: {' '.join(last)}", fix="try `rounds doctor`")
        told: dict[str, Any] = json.loads(line)
        return told


def _free_ports() -> int:
    """The first of four neighbouring ports that nobody listens on."""
    for base in CANDIDATES:
        if all(_is_free(base + place) for place in range(4)):
            return base
    raise PartDownError("no four free ports were found", fix="give --port-base")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
