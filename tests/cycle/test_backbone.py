"""The backbone on real processes: workers are killed and stopped, the broker forgets, and no job is lost."""

import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from itertools import count as count_from
from uuid import uuid4

import pytest
from redis import Redis
from sqlalchemy import func, select

from shared.broker.names import Queue, TaskName
from shared.broker.wire import message
from shared.clock import system_clock
from shared.config import load_settings
from shared.domain.cycle import JobState
from shared.embedded import prepare_home, remove_home, start_valkey
from shared.registry import jobs, outbox, schedules
from shared.registry.cases import CASE_PURPOSE
from shared.registry.schedules import ScheduleWish
from shared.registry.tables import Alert, AuditEvent, CollectionRun, ModelVersion, Part, ScheduleFire
from shared.vault import Vault, open_vault
from tests.factories import a_case, a_dataset, a_job, a_member, a_source
from tests.waiting import until

pytestmark = pytest.mark.stack
RELAY, BEAT = ("shared.broker.relay",), ("shared.broker.beat",)
WORKER = ("tests.cycle.counting_worker",)


@pytest.fixture
def site(settings, tmp_path):
    """Settings with a short lease and a Valkey of this test alone, and the environment that says so."""
    home = tmp_path / "broker"
    broker = load_settings(home=home)
    prepare_home(broker)
    valkey = start_valkey(broker)
    own = settings.model_copy(update={"broker_url": broker.broker, "lease_seconds": 1.0})
    yield own, home
    valkey.stop()
    remove_home(broker)


@pytest.fixture
def start(site):
    """Starts a process of the stack in a group of its own; whatever still runs at the end is killed."""
    settings, _ = site
    env = os.environ | {
        "ROUNDS_HOME": str(settings.home),
        "ROUNDS_DATABASE_URL": settings.database,
        "ROUNDS_BROKER_URL": settings.broker,
        "ROUNDS_LEASE_SECONDS": "1",
    }
    started = []

    def run(module):
        process = subprocess.Popen([sys.executable, "-m", *module], env=env, start_new_session=True)
        started.append(process)
        return process

    yield run
    for process in started:
        kill_group(process)


def kill_group(process) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def is_gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.fixture
def queue_job(site, sessions):
    settings, _ = site
    vault = open_vault(settings.secret_file)

    def make(**recipe):
        with sessions.begin() as session:
            dataset = a_dataset(session)
            case = a_case(session, input_sealed=vault.seal(b"a headache", CASE_PURPOSE))
            a_member(session, dataset, case)
            job = a_job(session, dataset_version_id=dataset.id, recipe=recipe)
            outbox.ring(session, jobs.next_bell(session, job), job.id)
            return job.id

    return make


@pytest.fixture
def look(sessions):
    def state(job_id):
        with sessions() as session:
            return jobs.get(session, job_id).state

    return state


def count(sessions, table) -> int:
    with sessions() as session:
        return session.scalar(select(func.count()).select_from(table))


def parts(sessions) -> set[str]:
    with sessions() as session:
        return set(session.scalars(select(Part.name)))


def test_a_worker_group_killed_in_mid_training_loses_nothing(
    site, start, queue_job, look, sessions, tmp_path
):
    gate, pid_file = tmp_path / "gate", tmp_path / "pid"
    gate.write_text("2")
    job_id = queue_job(steps=4, gate=str(gate), pid_file=str(pid_file))
    start(RELAY)
    worker = start(WORKER)
    saved = site[0].root / "work" / "checkpoints" / str(job_id) / "count"
    until(lambda: saved.exists() and saved.read_text() == "2")
    trainer = int(pid_file.read_text())
    kill_group(worker)
    until(lambda: is_gone(trainer))  # before the gate opens, or it might take one more step
    gate.write_text("4")
    start(WORKER)
    until(lambda: look(job_id) == JobState.COMPLETED)
    with sessions() as session:
        job = jobs.get(session, job_id)
    assert (job.attempt, job.result["resumed_from"], count(sessions, ModelVersion)) == (2, 2, 1)


def test_a_worker_told_to_stop_gives_its_job_to_the_next_one(start, queue_job, look, sessions, tmp_path):
    gate, pid_file = tmp_path / "gate", tmp_path / "pid"
    gate.write_text("1")
    job_id = queue_job(steps=500, gate=str(gate), pid_file=str(pid_file))
    start(RELAY)
    worker = start(WORKER)
    until(pid_file.exists)
    worker.send_signal(signal.SIGTERM)
    steps = count_from(2)
    until(lambda: gate.write_text(str(next(steps))) and worker.poll() is not None)
    with sessions() as session:
        job = jobs.get(session, job_id)
    assert (job.state, job.attempt) == (JobState.QUEUED, 0)
    assert "worker-train" not in parts(sessions)
    gate.write_text("500")
    start(WORKER)
    until(lambda: look(job_id) == JobState.COMPLETED)
    assert count(sessions, ModelVersion) == 1


def test_a_broker_that_comes_back_empty_loses_no_job(site, start, queue_job, look, sessions):
    settings, home = site
    relay = start(RELAY)
    first = queue_job()
    broker = Redis(unix_socket_path=settings.broker.split("://")[1].split("?")[0])
    until(lambda: broker.llen("train.text") == 1)  # pushed, and nobody works yet
    broker.flushall()
    broker.shutdown(nosave=True)
    second = queue_job()
    again = start_valkey(load_settings(home=home))
    try:
        start(WORKER)
        until(lambda: {look(first), look(second)} == {JobState.COMPLETED})
    finally:
        again.stop()
    assert relay.poll() is None
    assert count(sessions, ModelVersion) == 2


def test_messages_that_nobody_of_this_site_sent_are_refused_counted_and_told(
    site, start, queue_job, look, sessions
):
    vault, others = open_vault(site[0].secret_file), Vault(bytes(32))
    client = Redis(unix_socket_path=site[0].broker.split("://")[1].split("?")[0])
    good = message(vault, TaskName.RUN_JOB, uuid4())
    aged = json.loads(message(vault, TaskName.RUN_JOB, uuid4()))
    aged["headers"]["expires"] = "2026-01-01T00:00:00+00:00"
    for raw in (
        message(others, TaskName.RUN_JOB, uuid4()),
        good,
        good,
        good.replace(b"train.run_job", b"no.such.task"),
        json.dumps(aged).encode(),
        b"no message",
    ):
        client.lpush(Queue.TRAIN_TEXT.value, raw)
    start(RELAY)
    start(WORKER)
    job_id = queue_job()
    until(lambda: look(job_id) == JobState.COMPLETED)
    expected = {b"forged": b"1", b"replayed": b"1", b"unreadable": b"1", b"expired": b"1"}
    until(lambda: client.hgetall("rounds.refused") == expected)
    with sessions() as session:
        until(lambda: session.scalar(select(Alert.kind).where(Alert.kind == "refused_messages")))
    client.close()


def test_two_beats_make_one_fire(start, sessions):
    with sessions.begin() as session:
        for _ in range(3):
            a_source(session, kind="folder")
        wish = ScheduleWish("nightly collection", "collect", "* * * * *", "UTC")
        schedules.upsert(session, wish, now=system_clock() - timedelta(minutes=2), actor="tester")
    beats = [start(BEAT) for _ in range(2)]
    until(lambda: count(sessions, Part) == 2 and count(sessions, CollectionRun) > 0)
    for beat in beats:
        beat.send_signal(signal.SIGTERM)
        beat.wait(timeout=15)
    # A second fire would find the runs open and take them, so the fires are counted, and the audit of each.
    with sessions() as session:
        fired = session.scalars(select(ScheduleFire.outcome).where(ScheduleFire.outcome.like("%runs"))).all()
        audited = session.scalars(
            select(AuditEvent.details["key"].astext).where(AuditEvent.act == "fire")
        ).all()
    assert len(fired) == len(set(audited)) == len(audited)
    assert count(sessions, CollectionRun) == 3
    assert parts(sessions) == set()
