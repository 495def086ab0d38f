import os
import signal
import subprocess
import threading
from itertools import count

import pytest
from sqlalchemy import func, select

from shared.backends.base import FitRequest
from shared.backends.files import fetch
from shared.broker import farewell
from shared.broker.names import TaskName
from shared.domain.cycle import JobState, VersionState
from shared.registry import jobs, leases
from shared.registry.tables import (
    Alert,
    Attempt,
    AuditEvent,
    Event,
    JobMetric,
    ModelVersion,
    Outbox,
    TrainingJob,
)
from tests.factories import a_dataset, a_job
from tests.integration.training.counting import COMMAND, SECRET_TEXT
from tests.waiting import until
from worker_training import request
from worker_training.fit import ORPHANED
from worker_training.folder import read_request, write_request
from worker_training.train import run_job


def job_of(sessions, job_id) -> TrainingJob:
    with sessions() as session:
        return jobs.get(session, job_id)


def versions_of(sessions, job_id) -> list[ModelVersion]:
    with sessions() as session:
        return list(session.scalars(select(ModelVersion).where(ModelVersion.job_id == job_id)))


def rung(sessions, task: TaskName) -> int:
    with sessions() as session:
        return session.scalar(select(func.count()).select_from(Outbox).where(Outbox.task == task.value))


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_job_becomes_a_version_whose_bytes_are_in_the_store(deps, sessions, queued, now):
    job_id = queued()
    run_job(job_id, deps)
    job, [version] = job_of(sessions, job_id), versions_of(sessions, job_id)
    assert (job.state, job.progress, job.end_time) == (JobState.COMPLETED, 1.0, now)
    assert job.result["samples_per_second"] == 1.0
    assert (version.state, version.name) == (VersionState.TRAINED, f"diagnosis-{version.number}")
    assert version.labels == ["Asthma", "Migraine"]
    assert set(fetch(deps.storage, version.digest)) == {"rounds.json"}
    assert version.artifact_key == f"models/{version.digest}/"
    assert rung(sessions, TaskName.JUDGE_VERSION) == 1
    with sessions() as session:
        attempt = session.scalars(select(Attempt).where(Attempt.job_id == job_id)).one()
        metric = session.scalars(select(JobMetric).where(JobMetric.job_id == job_id)).all()[-1]
    assert (attempt.ended_why, attempt.fence) == ("completed", version.fence)
    assert metric.values["loss"] == pytest.approx(1 / 3)
    assert list((deps.work / "checkpoints").iterdir()) == []
    assert [path.name for path in deps.work.iterdir()] == ["checkpoints"]


def test_the_same_doorbell_fifty_times_is_one_run(deps, sessions, queued, gate):
    job_id = queued(gate=str(gate))
    ringers = [threading.Thread(target=run_job, args=(job_id, deps)) for _ in range(5)]
    for ringer in ringers:
        ringer.start()
    gate.write_text("3")
    for ringer in ringers:
        ringer.join(timeout=10)
    for _ in range(45):
        run_job(job_id, deps)
    assert len(versions_of(sessions, job_id)) == 1
    assert job_of(sessions, job_id).attempt == 1


def test_a_killed_trainer_is_replaced_and_the_next_one_goes_on_from_its_checkpoint(
    deps, sessions, queued, gate, working, tmp_path
):
    job_id = queued(steps=4, gate=str(gate), pid_file=str(tmp_path / "pid"))
    gate.write_text("2")
    worker = working(job_id)
    until(lambda: _count(deps, job_id) == "2")
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
    worker.join(timeout=5)
    job = job_of(sessions, job_id)
    assert (job.state, job.attempt, job.worker) == (JobState.QUEUED, 1, None)
    assert rung(sessions, TaskName.RUN_JOB) == 1
    gate.write_text("4")
    run_job(job_id, deps)
    job = job_of(sessions, job_id)
    assert (job.state, job.attempt, job.result["resumed_from"]) == (JobState.COMPLETED, 2, 2)
    assert len(versions_of(sessions, job_id)) == 1


def _count(deps, job_id) -> str | None:
    saved = deps.work / "checkpoints" / str(job_id) / "count"
    return saved.read_text() if saved.exists() else None


def test_a_worker_that_is_asked_to_stop_gives_the_job_back_without_counting_the_attempt(
    deps, sessions, queued, gate, working
):
    job_id = queued(steps=500, gate=str(gate))
    gate.write_text("2")
    worker = working(job_id)
    until(lambda: _count(deps, job_id) == "2")
    farewell.ask()
    steps = count(3)  # the trainer meets the wish at the first step after it heard of it
    until(lambda: gate.write_text(str(next(steps))) and not worker.is_alive())
    job = job_of(sessions, job_id)
    assert (job.state, job.attempt) == (JobState.QUEUED, 0)
    assert int(_count(deps, job_id)) >= 2
    run_job(job_id, deps)
    assert job_of(sessions, job_id).state == JobState.QUEUED  # this worker begins nothing any more


def test_a_cancelled_job_stops_at_the_next_heartbeat(deps, sessions, queued, gate, working, tmp_path, now):
    job_id = queued(gate=str(gate), pid_file=str(tmp_path / "pid"))
    worker = working(job_id)
    until((tmp_path / "pid").exists)
    with sessions.begin() as session:
        jobs.request_cancel(session, job_id, actor="tester", now=now)
    worker.join(timeout=5)
    job = job_of(sessions, job_id)
    assert (job.state, job.error_code) == (JobState.CANCELLED, "cancelled")
    assert not is_running(int((tmp_path / "pid").read_text()))
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Alert)) == 0


def test_a_worker_whose_lease_is_another_s_writes_nothing(
    deps, sessions, queued, gate, working, tmp_path, now
):
    job_id = queued(gate=str(gate), pid_file=str(tmp_path / "pid"))
    worker = working(job_id)
    until((tmp_path / "pid").exists)
    with sessions.begin() as session:
        row = session.get(TrainingJob, job_id, with_for_update=True)
        assert leases.give_up_on(session, TrainingJob, job_id, beat_seq=row.beat_seq, now=now)
    with sessions.begin() as session:
        other = leases.claim(session, TrainingJob, job_id, worker="other", now=now)
    gate.write_text("3")
    worker.join(timeout=5)
    job = job_of(sessions, job_id)
    assert (job.state, job.fence, job.worker) == (JobState.LEASED, other.fence, "other")
    assert versions_of(sessions, job_id) == []


@pytest.mark.parametrize("trouble", ["invalid_input", "internal"])
def test_a_failure_is_recorded_with_its_class_and_an_alert_and_without_any_text(
    deps, sessions, queued, trouble
):
    job_id = queued(trouble=trouble)
    run_job(job_id, deps)
    job = job_of(sessions, job_id)
    assert (job.state, job.error_code) == (JobState.FAILED, trouble)
    assert job.error_fix == {"invalid_input": "bring others"}.get(trouble)
    with sessions() as session:
        alert = session.scalars(select(Alert)).one()
        trail = list(session.scalars(select(AuditEvent.details))) + list(session.scalars(select(Event.data)))
    assert alert.subject == str(job_id)
    assert SECRET_TEXT not in f"{job.error_message} {alert.body} {alert.title} {trail}"
    assert rung(sessions, TaskName.DELIVER) == 1


def test_a_job_that_kills_its_process_three_times_is_poison(deps, sessions, queued):
    job_id = queued(trouble="die")
    for attempt in (1, 2, 3):
        run_job(job_id, deps)
        assert job_of(sessions, job_id).attempt == attempt
    job = job_of(sessions, job_id)
    assert (job.state, job.error_code) == (JobState.FAILED, "poison")
    with sessions() as session:
        assert session.scalars(select(Alert.kind)).all() == ["training_failed"]
        ends = session.scalars(select(Attempt.ended_why).where(Attempt.job_id == job_id)).all()
    assert ends == ["trainer_ended_with_-9"] * 3


def test_a_frozen_worker_s_trainer_ends_by_itself(gate, tmp_path):
    checkpoints = tmp_path / "checkpoints"
    checkpoints.mkdir()
    request = FitRequest([], ["a"], "base", {"gate": str(gate)}, 1, checkpoints)
    write_request(tmp_path, "counting", request)
    with subprocess.Popen([*COMMAND, str(tmp_path), "0.5"], stdin=subprocess.PIPE) as trainer:
        assert trainer.wait(timeout=10) == ORPHANED


def test_a_trainer_is_told_the_labels_of_the_data_set_before_its_own(deps, sessions, tmp_path):
    with sessions.begin() as session:
        before = a_dataset(session, counts={"labels": {"Gout": 3, "Asthma": 2}})
        after = a_dataset(session, parent_id=before.id)
        ids = [a_job(session, dataset_version_id=one.id).id for one in (before, after)]
    told = []
    for job_id in ids:
        with sessions() as session:
            family, wanted = request.of_job(session, jobs.get(session, job_id), deps, checkpoints=tmp_path)
        write_request(tmp_path, family, wanted)
        told.append(read_request(tmp_path)[1].known)
    assert told == [[], ["Asthma", "Gout"]]
