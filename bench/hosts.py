"""The circle on several hosts: network namespaces with one Postgres, Valkey and S3 server between them.

`python -m bench.hosts`, as root. Doors, relays, beats and model servers stand on two hosts, workers on two
others. One host is cut off while it trains, another while a version is on its way; both come back.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import text

from bench.figures import Figure, at_least, at_most, keep
from bench.hosts_world.hosts import BRIDGE, Host, bridge
from bench.upgrade import step
from bench.upgrade_world.callers import PREDICT, Callers, Doors
from bench.upgrade_world.version import answers
from rounds.sample_clinic import database
from rounds.sample_clinic.plans import FIRST_COLLECTED
from shared.config import Settings, load_settings
from shared.embedded import prepare_home, remove_home, start_postgres, start_valkey
from shared.registry.migrate import migrate
from shared.registry.session import make_sessions
from shared.vault import open_vault
from tests import seaweed

FRONT = ("relay", "beat", "api", "model-server")
BACK = ("worker-collect", "worker-train", "worker-deploy")
LEASE_SECONDS, TAKEN_OVER_SECONDS, WAIT_SECONDS = 3.0, 60.0, 420.0


def main() -> int:
    """Play it; 1 when a goal is missed."""
    if os.geteuid() != 0:
        sys.exit("hosts are network namespaces: run it as root")
    with ExitStack() as stack:
        world = World(stack)
        step("four hosts on one Postgres, Valkey and S3", world.start)
        step("the clinic is collected", world.collect)
        step("a host is cut off in mid-training", world.cut_training)
        step("it comes back and writes nothing", world.mend)
        step("a host is cut off in mid-rollout", world.cut_rollout)
        return keep("hosts", world.figures())


class World:
    """The servers, the hosts, and what was seen."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._root = Path(tempfile.mkdtemp(prefix="rounds-hosts-"))
        stack.callback(shutil.rmtree, self._root)
        self._servers: Settings = load_settings(home=Path(tempfile.mkdtemp(prefix="rounds-servers-")))
        prepare_home(self._servers)
        stack.callback(remove_home, self._servers)
        names = ("front-1", "front-2", "back-1", "back-2")
        keys = self._root / "keys"
        keys.mkdir(mode=0o700)
        self.hosts = {
            name: Host(name, number, self._root / name, keys=keys) for number, name in enumerate(names)
        }
        self.fronts = [self.hosts["front-1"], self.hosts["front-2"]]
        self.backs = [self.hosts["back-1"], self.hosts["back-2"]]
        self.taken_over = self.steps_after = self.doubled = 0.0
        self.asked, self.failures = 0, list[str]()

    def start(self) -> None:
        """Servers first, then a key, then every part on its host."""
        stack, servers = self._stack, self._servers
        stack.callback(start_postgres(servers).stop)
        stack.callback(start_valkey(servers).stop)
        s3 = self._root / "s3"
        s3.mkdir()
        endpoint = stack.enter_context(seaweed.running(s3))
        seaweed.make_bucket(endpoint, "rounds", locked=True)
        migrate(servers)
        bridge(stack)
        self._wire(endpoint)
        for host in self.hosts.values():
            host.plug_in(stack)
        open_vault(self._root / "keys" / "site.secret")
        self.told = {
            "ROUNDS_DATABASE_URL": f"postgresql+psycopg2://rounds@{BRIDGE}:5432/rounds",
            "ROUNDS_BROKER_URL": f"redis://{BRIDGE}:6379/0",
            "ROUNDS_STORAGE_URL": "s3://rounds/artifacts",
            "ROUNDS_S3_ENDPOINT": f"http://{BRIDGE}:8333",
            "ROUNDS_S3_ACCESS_KEY": seaweed.ACCESS,
            "ROUNDS_S3_SECRET_KEY": seaweed.SECRET,
            "ROUNDS_SITE_SECRET_FILE": str(self._root / "keys" / "site.secret"),
            "ROUNDS_MODEL_SERVER_URL": " ".join(f"http://{host.address}:8003" for host in self.fronts),
            "ROUNDS_LEASE_SECONDS": str(LEASE_SECONDS),
            "ROUNDS_LOG_LEVEL": "WARNING",
            "AWS_ALLOW_HTTP": "true",
        }
        for host, parts in ((self.fronts, FRONT), (self.backs, BACK)):
            for one in host:
                one.start(parts, self.told)
        self.sessions = make_sessions(servers, pool_size=2)
        key = json.loads(self._command("key", "create", "--name", "hosts", "--role", "all", "--json"))["key"]
        self.doors = Doors(key)
        self.doors.set_open([f"{host.address}:8000" for host in self.fronts])
        for host in self.fronts:
            self._until(lambda host=host: answers(f"{host.address}:8000", "/health"), host.name)
        self._until(
            lambda: self._count("SELECT count(*) FROM parts WHERE name LIKE 'worker-%'") == 6, "workers"
        )

    def collect(self) -> None:
        """A clinic's database on the workers' disks."""
        clinic = self._root / "clinic.db"
        database.create(clinic)
        database.advance(clinic, 1, until=FIRST_COLLECTED)
        where = ("--kind", "sql", "--url", f"sqlite:///{clinic}", "--mapping", "clinic")
        self._command("source", "add", "clinic", *where)
        told = json.loads(self._command("collect", "--source", "clinic", "--wait", "--json"))
        print(f"    {told['collected']} cases")

    def cut_training(self) -> None:
        """Whoever trains loses its link; the other host ends the job, and the version goes live."""
        job = self._submit(1)
        self._until(lambda: self._state(job) in ("running", "checkpointed"), "a running training")
        self.lost = self._host_of(job)
        self.lost.cut()
        began = time.monotonic()
        self._until(lambda: self._host_of(job) is not self.lost, "another host to take the job over")
        self.taken_over = time.monotonic() - began
        self._until(lambda: self._state(job) == "completed", "the end of the job")
        self._until(
            lambda: self._count("SELECT count(*) FROM model_versions WHERE state = 'live'") == 1, "live"
        )
        print(f"    {self.lost.name} cut off, taken over after {self.taken_over:.1f} s, live")

    def mend(self) -> None:
        """The lost host finds its lease taken; there is one version, and its workers live again."""
        self.lost.mend()
        fresh = "SELECT count(*) FROM parts WHERE host = '{}' AND seen_at > now() - interval '8 seconds'"
        self._until(lambda: self._count(fresh.format(self.lost.name)) == len(BACK), f"{self.lost.name} back")
        time.sleep(3 * LEASE_SECONDS)
        self.doubled = self._count(
            "SELECT count(*) FROM (SELECT job_id FROM model_versions GROUP BY job_id HAVING count(*) > 1) d"
        )

    def cut_rollout(self) -> None:
        """A second version challenges; the host with the leading relay goes, and the comparison goes on."""
        self._submit(2)
        challenging = "SELECT count(*) FROM model_versions WHERE state IN ('shadow', 'gated', 'replay')"
        self._until(lambda: self._count(challenging) == 1, "a challenger", seconds=2 * WAIT_SECONDS)
        self._until(lambda: self._patient() and self._steps() > 0, "the first decision")
        lost, left = self.fronts
        with Callers(self.doors) as callers:
            time.sleep(5)
            lost.cut()
            self.doors.set_open([f"{left.address}:8000"])
            before = self._steps()
            self._until(lambda: self._patient() and self._steps() > before + 1, "decisions without that host")
            self.steps_after = self._steps() - before
            lost.mend()
            time.sleep(10)
            self.doors.set_open([f"{host.address}:8000" for host in self.fronts])
            time.sleep(5)
        self.asked, self.failures = callers.asked, callers.failures
        print(f"    {self.asked} requests, {len(self.failures)} failed; {self.steps_after:.0f} decisions")
        for why in self.failures[:3]:
            print(f"      {why[:200]}")
        status, told = self.doors.ask(
            "POST", "/models/rollback", {"model_type": "diagnosis", "reason": "drill"}
        )
        print(f"    rollback answered {status}: {str(told)[:120]}")

    def figures(self) -> list[Figure]:
        """A request that was on the wire when it was cut is lost with it: one a caller at most."""
        return [
            at_most(
                "a training is taken over from a lost host", self.taken_over, "s", goal=TAKEN_OVER_SECONDS
            ),
            at_most("versions made twice", self.doubled, "versions", goal=0),
            at_least("decisions while a front host was away", self.steps_after, "steps", goal=1),
            at_most("requests lost with a front host", len(self.failures), f"of {self.asked}", goal=3),
        ]

    def _wire(self, endpoint: str) -> None:
        sockets = self._servers.sockets
        led = (
            f"5432={sockets}/.s.PGSQL.5432",
            f"6379={sockets}/valkey.sock",
            f"8333={endpoint.removeprefix('http://')}",
        )
        wire = subprocess.Popen([sys.executable, "-m", "bench.hosts_world.wire", BRIDGE, *led])
        self._stack.callback(wire.wait)
        self._stack.callback(wire.terminate)

    def _command(self, *words: str) -> str:
        return self.fronts[1].command(self.told, *words)

    def _submit(self, seed: int) -> str:
        wish = {"model_type": "diagnosis", "seed": seed, "hyperparameters": {"rung": "head"}}
        status, answer = self.doors.ask("POST", "/training/start", wish)
        if status != 202:
            sys.exit(f"a job was refused: {status} {answer}")
        return str(answer["job_id"])

    def _patient(self) -> bool:
        """One more patient, and a clinician's word that asks for a look; whether both were taken."""
        wish = PREDICT | {"person": uuid4().hex, "encounter": "e"}
        status, answer = self.doors.ask("POST", "/predict", wish)
        if status != 200:
            return False
        word = {"diagnosis": answer["label"], "validated_by": "dr", "blind": False}
        word |= {"validated_at": datetime.now(UTC).isoformat()}
        return self.doors.ask("POST", f"/predictions/{answer['prediction_id']}/feedback", word)[0] == 200

    def _host_of(self, job: str) -> Host | None:
        worker = str(self._one("SELECT coalesce(worker, '') FROM training_jobs WHERE id = :job", job=job))
        return next((host for host in self.backs if f"@{host.name}-" in worker), None)

    def _state(self, job: str) -> str:
        return str(self._one("SELECT state FROM training_jobs WHERE id = :job", job=job))

    def _steps(self) -> int:
        return self._count("SELECT count(*) FROM release_decisions")

    def _count(self, statement: str) -> int:
        return int(self._one(statement))

    def _one(self, statement: str, **values: str) -> Any:  # noqa: ANN401 - whatever the column holds
        with self.sessions() as session:
            return session.scalar(text(statement), values)

    def _until(self, holds: Any, what: str, seconds: float = WAIT_SECONDS) -> None:  # noqa: ANN401
        end = time.monotonic() + seconds
        while not holds():
            for host in self.hosts.values():
                host.check()
            if time.monotonic() > end:
                sys.exit(f"{what} did not come within {seconds:g} s")
            time.sleep(0.2)


if __name__ == "__main__":
    sys.exit(main())
