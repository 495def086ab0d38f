"""The upgrade drill: a site of the version before the newest revision is brought to this one while it works.

`python -m bench.upgrade [COMMIT]`. The code before comes from the history of this checkout, by default the
last commit that did not know the newest revision, and runs in its own tree.
"""

import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from bench.figures import Figure, at_most, keep
from bench.upgrade_world.callers import Callers, Doors
from bench.upgrade_world.trees import ROOT, before, newest
from bench.upgrade_world.version import DOORS, Version, until
from rounds.sample_clinic import database
from rounds.sample_clinic.plans import FIRST_COLLECTED
from shared.config import Settings, load_settings
from shared.embedded import prepare_home, remove_home, start_postgres, start_valkey
from shared.registry.session import make_sessions

GOAL_SECONDS = 60.0
JOBS_BEFORE, JOBS_BESIDE = 3, 3
QUICK = {"rung": "head"}
Result = TypeVar("Result")


def main(commit: str | None = None) -> int:
    """Play the drill; 1 when something failed, was lost or took too long."""
    with ExitStack() as stack:
        drill = Drill(stack, commit)
        for name, play in (
            ("a site of the version before", drill.old_site),
            ("this version is refused on the schema before", drill.too_early),
            ("jobs in flight, then the schema is upgraded", drill.migrate),
            ("both versions work side by side", drill.side_by_side),
            ("the version before is stopped", drill.roll),
            ("every job came to its end, once", drill.settle),
            ("the step is taken back, and taken again", drill.down_and_up),
        ):
            step(name, play)
    return keep("upgrade", drill.figures())


def step(what: str, play: Callable[[], Result]) -> Result:
    """Do it and print how long it took."""
    began = time.monotonic()
    done = play()
    print(f"{what:<46} {time.monotonic() - began:8.1f} s", flush=True)
    return done


class Drill:
    """A site in a home of its own, its two versions, and the people who ask."""

    def __init__(self, stack: ExitStack, commit: str | None) -> None:
        self.settings = a_site(stack)
        trees = Path(tempfile.mkdtemp(prefix="rounds-before-"))
        stack.callback(shutil.rmtree, trees)
        name = before(trees, commit)
        self.back = newest(trees)
        print(f"the version before is {name} with revision {self.back}; the newest is {newest()}")
        self.old, self.present = Version("before", trees, self.settings), Version("this", ROOT, self.settings)
        stack.callback(self.stop)
        self.sessions: sessionmaker[Session] = make_sessions(self.settings, pool_size=2)
        self.seconds, self.lost, self.asked, self.failed = 0.0, 0, 0, 0

    def stop(self) -> None:
        """End what still runs."""
        self.present.stop()
        self.old.stop()

    def old_site(self) -> None:
        """Migrated, started, with a live version of the sample clinic, by the code before alone."""
        self.old.command("migrate")
        key = self.old.command("key", "create", "--name", "drill", "--role", "all")["key"]
        self.old.start()
        self.old.await_ready(DOORS)
        clinic = self.settings.root / "clinic.db"
        database.create(clinic)
        database.advance(clinic, 1, until=FIRST_COLLECTED)
        address = ("--kind", "sql", "--url", f"sqlite:///{clinic}", "--mapping", "clinic")
        self.old.command("source", "add", "clinic", *address)
        self.old.command("collect", "--wait")
        self.old.command("train", "--model-type", "diagnosis", "--set", "rung=head", "--wait")
        self.doors = Doors(key)
        self.doors.set_open(list(self.old.doors.values()))
        until(self._predicts, "the first version", self.old)

    def too_early(self) -> None:
        """A part of this version ends with a sentence that names the revision and the remedy."""
        said = self.present.refused("worker-train")
        if newest() not in said or "rounds migrate" not in said:
            sys.exit(f"it was not refused by name: {said}")
        print(f"    {said}")

    def migrate(self) -> None:
        """The schema moves while trainings run and people ask."""
        self.jobs = [self._submit(seed) for seed in range(1, JOBS_BEFORE + 1)]
        until(lambda: self._states()["running"] > 0, "a running job", self.old)
        with Callers(self.doors) as callers:
            self.present.command("migrate")
            time.sleep(2)
        self._count(callers)

    def side_by_side(self) -> None:
        """This version's parts start beside the other's; both serve, and more jobs come."""
        self._began = time.monotonic()
        with Callers(self.doors) as callers:
            self.present.start()
            self.present.await_ready()
            self.doors.set_open([*self.old.doors.values(), *self.present.doors.values()])
            self.jobs += [self._submit(seed) for seed in range(101, 101 + JOBS_BESIDE)]
        self._count(callers)

    def roll(self) -> None:
        """Door by door, then workers; a training that is stopped leaves its checkpoint to the next worker."""
        with Callers(self.doors) as callers:
            self.doors.set_open(list(self.present.doors.values()))
            self.old.stop(*DOORS)
            self.old.stop()
            self.seconds = time.monotonic() - self._began
        self._count(callers)
        print(f"    {self.seconds:.1f} s from the first part of this version to the last of the other")

    def settle(self) -> None:
        """Nothing lost, nothing doubled."""
        until(lambda: self._states()["open"] == 0, "the end of every job", self.present)
        with self.sessions() as session:
            made = "SELECT job_id, count(*) FROM model_versions GROUP BY job_id"
            versions = {str(row[0]): row[1] for row in session.execute(text(made))}
            ends = Counter(session.scalars(text("SELECT coalesce(ended_why, 'open') FROM job_attempts")))
        wrong = [job for job in self.jobs if versions.get(job) != 1]
        self.lost += len(wrong)
        print(f"    {len(self.jobs)} jobs, {len(wrong)} lost or doubled; attempts ended by {dict(ends)}")

    def down_and_up(self) -> None:
        """The step before's schema serves the step before's code again; then forward once more."""
        self.present.stop()
        self.present.command("migrate", "--to", self.back)
        self.old.start()
        self.old.await_ready(DOORS)
        self.doors.set_open(list(self.old.doors.values()))
        self.jobs = [self._submit(201)]
        until(lambda: self._states()["open"] == 0, "a job after the step back", self.old)
        self.old.stop()
        self.present.command("migrate")
        self.settle()

    def figures(self) -> list[Figure]:
        """What the drill is judged by."""
        return [
            at_most("rolling restart", self.seconds, "s", goal=GOAL_SECONDS),
            at_most("requests that failed", self.failed, f"of {self.asked}", goal=0),
            at_most("jobs lost or doubled", self.lost, "jobs", goal=0),
        ]

    def _submit(self, seed: int) -> str:
        wish = {"model_type": "diagnosis", "seed": seed, "hyperparameters": QUICK}
        status, answer = self.doors.ask("POST", "/training/start", wish)
        if status != 202:
            sys.exit(f"a job was refused: {status} {answer}")
        return str(answer["job_id"])

    def _states(self) -> Counter[str]:
        """How many jobs are open, and how many of them run."""
        with self.sessions() as session:
            found = Counter(session.scalars(text("SELECT state FROM training_jobs")))
        over = found["completed"] + found["failed"] + found["cancelled"]
        return Counter(open=found.total() - over, running=found["running"] + found["checkpointed"])

    def _predicts(self) -> bool:
        wish = {"model_type": "diagnosis", "person": "p", "encounter": "e", "text": "cough"}
        return self.doors.ask("POST", "/predict", wish)[0] == 200

    def _count(self, callers: Callers) -> None:
        self.asked, self.failed = self.asked + callers.asked, self.failed + len(callers.failures)
        print(f"    {callers.asked} requests, {len(callers.failures)} failed")
        for why in callers.failures[:3]:
            print(f"      {why[:200]}")


def a_site(stack: ExitStack) -> Settings:
    """A home with servers of its own, removed at the end."""
    settings = load_settings(home=Path(tempfile.mkdtemp(prefix="rounds-upgrade-")), log_level="WARNING")
    prepare_home(settings)
    stack.callback(remove_home, settings)
    stack.callback(start_postgres(settings).stop)
    stack.callback(start_valkey(settings).stop)
    return settings


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
