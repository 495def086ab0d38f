"""A whole site in one process: real Postgres, the services' own stages, and doorbells answered in turn.

Nothing is decided here. What the relay and Celery do between the services, a loop does: it takes the rings
from the outbox and calls the stage that a worker would have called.
"""

import tempfile
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Self
from uuid import UUID

from api_service.plan_cache import PlanCache
from api_service.router import Router
from deployer_service import alerts, evaluate, look
from deployer_service.deps import Deps as DeployerDeps
from deployer_service.origin import Origin
from rounds.simulation.server import NearServer
from shared.broker.names import TaskName
from shared.broker.schedule import fire_due
from shared.clock import set_file_clock
from shared.config import load_settings
from shared.embedded import prepare_home, remove_home, start_postgres
from shared.notify.apprise import open_notifier
from shared.registry import outbox, schedules
from shared.registry.access import DatabaseRole
from shared.registry.migrate import migrate
from shared.registry.session import make_sessions
from shared.storage.objects import open_storage
from shared.vault import open_vault
from worker_collection import chunks, collect, dataset, rejudge, second_look
from worker_collection.deps import make_deps
from worker_training import train
from worker_training.deps import Deps as TrainingDeps

OWN_SERVERS = {"database_url": None, "broker_url": None, "storage_url": None, "notify_urls": ""}


class NearSite:
    """Starts with the `with` block and is gone after it, its home with it."""

    def __init__(self, now: datetime) -> None:
        home = Path(tempfile.mkdtemp(prefix="rounds-simulated-"))
        self.now = now
        self._clock = home / "clock"
        self.settings = load_settings(home=home, clock_file=self._clock, **OWN_SERVERS)

    def __enter__(self) -> Self:
        self.turn_clock(self.now)
        prepare_home(self.settings)
        self._postgres = start_postgres(self.settings, durable=False)
        try:
            self._open()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._postgres.stop()
        remove_home(self.settings)

    def turn_clock(self, now: datetime) -> None:
        """Make it that time for every stage."""
        self.now = now
        set_file_clock(self._clock, now)

    def fire_due(self) -> None:
        """Do what the schedules ask for by now, and all that follows from it."""
        fire_due(self.sessions, self.now)
        self.settle()

    def settle(self) -> None:
        """Answer every doorbell, those too that are rung meanwhile."""
        while True:
            with self.sessions.begin() as session:
                rings = outbox.take(session)
            if not rings:
                return
            for task, subject in rings:
                self._answers[TaskName(task)](subject)

    def router(self) -> Router:
        """Who answers, by the plan that is in force now."""
        self._plans.refresh()
        return Router(self._plans, self.server)

    def _seconds(self) -> float:
        """A day's patients come at one moment of the site's clock, however long this machine takes."""
        return self.now.timestamp()

    def _open(self) -> None:
        migrate(self.settings)
        self.collector = make_deps(self.settings)
        self.sessions = make_sessions(self.settings)  # what the door, the clinic and the schedules do
        self.vault, storage = open_vault(self.settings.secret_file), open_storage(self.settings)
        self.server = NearServer(Origin(self.settings, self.sessions, storage))
        self._plans = PlanCache(self.settings.root / "router", self.sessions, monotonic=self._seconds)
        trainer = TrainingDeps(
            settings=self.settings,
            sessions=make_sessions(self.settings, role=DatabaseRole.TRAINING),
            clock=self.settings.clock,
            vault=self.vault,
            storage=storage,
        )
        deployer = DeployerDeps(
            settings=self.settings,
            sessions=make_sessions(self.settings, role=DatabaseRole.DEPLOYER),
            clock=self.settings.clock,
            vault=self.vault,
            model_server=self.server,
            notifier=open_notifier(self.settings),
        )
        self._answers = self._stages(trainer, deployer)
        with self.sessions.begin() as session:
            schedules.ensure_defaults(session, self.settings, self.now)

    def _stages(
        self, trainer: TrainingDeps, deployer: DeployerDeps
    ) -> Mapping[TaskName, Callable[[UUID], object]]:
        collector = self.collector
        return {
            TaskName.COLLECT_RUN: partial(collect.collect_run, deps=collector),
            TaskName.COLLECT_CHUNK: partial(chunks.run_chunk, deps=collector),
            TaskName.SEAL_FOR_JOB: partial(dataset.seal_for_job, deps=collector),
            TaskName.SEAL: partial(dataset.seal_ordered, deps=collector),
            TaskName.JUDGE_AGAIN: partial(second_look.go_on, deps=collector),
            TaskName.MASK_CASE: partial(rejudge.mask_case, deps=collector),
            TaskName.RUN_JOB: partial(train.run_job, deps=trainer),
            TaskName.RUN_IMAGE_JOB: partial(train.run_job, deps=trainer),
            TaskName.JUDGE_VERSION: partial(evaluate.judge_version, deps=deployer),
            TaskName.LOOK: partial(look.look, deps=deployer),
            TaskName.DELIVER: partial(alerts.deliver, deps=deployer),
        }
