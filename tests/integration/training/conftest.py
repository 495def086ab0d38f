"""A training worker of this test alone, with the counting family and a short lease."""

import threading

import pytest

from shared.broker import farewell
from shared.registry.access import DatabaseRole
from shared.registry.cases import CASE_PURPOSE
from tests.factories import a_case, a_dataset, a_job, a_member
from tests.integration.training.counting import COMMAND
from worker_training.deps import Deps
from worker_training.train import run_job


@pytest.fixture
def deps(settings, sessions_as, vault, storage, now):
    short = settings.model_copy(update={"lease_seconds": 1.0})
    own = sessions_as(DatabaseRole.TRAINING)
    yield Deps(short, own, lambda: now, vault, storage, worker="test-worker", trainer=COMMAND)
    farewell._shared[0] = 0


@pytest.fixture
def gate(tmp_path):
    path = tmp_path / "gate"
    path.write_text("0")
    return path


@pytest.fixture
def queued(sessions, vault):
    """Makes a queued job over a sealed dataset of two cases; the arguments are its recipe."""

    def make(**recipe):
        with sessions.begin() as session:
            dataset = a_dataset(session)
            for label in ("Migraine", "Asthma"):
                sealed = vault.seal(b"a headache", CASE_PURPOSE)
                a_member(session, dataset, a_case(session, diagnosis=label, input_sealed=sealed))
            return a_job(session, dataset_version_id=dataset.id, recipe=recipe).id

    return make


@pytest.fixture
def working(deps):
    """Runs a job in a thread, as a worker would, and waits for it at the end."""
    threads = []

    def start(job_id, given=None):
        thread = threading.Thread(target=run_job, args=(job_id, given or deps))
        threads.append(thread)
        thread.start()
        return thread

    yield start
    for thread in threads:
        thread.join(timeout=10)
        assert not thread.is_alive()
