"""A job says what it was made with, what it used and what that cost, and tells the site's people."""

import os
import signal
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from shared import host
from shared.registry import attempts, costs, jobs, leases
from shared.registry.devices import Device
from shared.registry.tables import Alert, Attempt, JobMetric, ModelPerformance, ModelVersion, TrainingJob
from tests.factories import a_version
from tests.waiting import until
from worker_training import provenance, watch
from worker_training.train import run_job


def job_of(sessions, job_id) -> TrainingJob:
    with sessions() as session:
        return jobs.get(session, job_id)


def test_a_job_says_what_it_was_made_with(deps, sessions, queued):
    job_id = queued()
    run_job(job_id, deps)
    made = job_of(sessions, job_id).provenance
    assert made["code"] == provenance.code()
    assert made["packages"]["torch"].startswith("2.")
    assert made["dataset"]["name"].startswith("diagnosis-data-")
    assert (made["base"], made["base_digest"], made["seed"], made["threads"]) == ("minilm", "base", 1, 1)
    assert made["device"].startswith(f"{deps.host}/cores-")
    assert len(made["examples_sha256"]) == 64
    assert made["kernels"]["processor"]


def test_every_attempt_is_billed_and_the_job_has_the_sum(deps, sessions, queued):
    job_id = queued(trouble="die")
    run_job(job_id, deps)
    run_job(job_id, deps)
    job = job_of(sessions, job_id)
    with sessions() as session:
        bills = session.scalars(select(Attempt.cost).order_by(Attempt.fence)).all()
    assert len(bills) == 2
    assert all(bill["cpu_seconds"] > 0 and bill["kwh"] > 0 for bill in bills)
    assert job.cost["seconds"] == pytest.approx(sum(bill["seconds"] for bill in bills))
    assert (job.cost["energy"], job.cost["money"]) == ("modelled", None)


def test_the_seconds_of_a_lost_worker_are_known_by_the_clock(sessions, queued, now):
    job_id = queued()
    with sessions.begin() as session:
        lease = attempts.claim(session, job_id, worker="w", now=now)
    later = now + timedelta(seconds=40)
    with sessions.begin() as session:
        assert leases.give_up_on(session, TrainingJob, job_id, beat_seq=0, now=later)
        attempts.after_loss(session, job_id, fence=lease.fence, why="worker_lost", now=later)
    assert job_of(sessions, job_id).cost["seconds"] == 40.0
    assert job_of(sessions, job_id).cost["kwh"] is None


def test_figures_of_trainer_and_host_stand_beside_those_of_the_model(deps, sessions, queued, gate, working):
    job_id = queued(steps=3, gate=str(gate))
    worker = working(job_id)
    until(lambda: job_of(sessions, job_id).state == "running")
    time.sleep(1.5)  # two looks
    gate.write_text("3")
    worker.join(timeout=10)
    with sessions() as session:
        values = session.scalars(select(JobMetric.values).order_by(JobMetric.step.desc())).first()
    assert values["trainer_memory_bytes"] > 1e6
    assert 0 <= values["host_memory_share"] <= 1
    assert values["loss"] == pytest.approx(1 / 3)
    assert not any(name.startswith("gpu") for name in values)


def test_start_and_end_are_told_once_and_need_nobody(deps, sessions, queued):
    told = replace(deps, settings=deps.settings.model_copy(update={"notify_urls": "json://localhost"}))
    job_id = queued(steps=1)
    run_job(job_id, told)
    quiet = queued(steps=1, other=1)
    run_job(quiet, deps)
    with sessions() as session:
        notices = session.scalars(select(Alert).order_by(Alert.opened_at, Alert.id)).all()
    assert [(one.kind, one.severity, one.state) for one in notices] == [
        ("training_started", "info", "resolved"),
        ("training_completed", "info", "resolved"),
    ]
    assert {one.subject for one in notices} == {str(job_id)}


def test_a_second_attempt_is_no_news(deps, sessions, queued, gate, working, tmp_path):
    told = replace(deps, settings=deps.settings.model_copy(update={"notify_urls": "json://localhost"}))
    job_id = queued(steps=2, gate=str(gate), pid_file=str(tmp_path / "pid"))
    worker = working(job_id, told)
    until((tmp_path / "pid").exists)
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
    worker.join(timeout=10)
    gate.write_text("2")
    run_job(job_id, told)
    with sessions() as session:
        kinds = session.scalars(select(Alert.kind).order_by(Alert.id)).all()
    assert kinds == ["training_started", "training_completed"]


def test_points_are_gained_against_the_version_before(session, now):
    parent = a_version(session)
    child = a_version(session, parent_id=parent.id)
    for version, accuracy in ((parent, 0.80), (child, 0.83)):
        session.add(measured(version, accuracy, now))
    session.flush()
    job = session.get(TrainingJob, child.job_id)
    assert costs.points_gained(session, job) == pytest.approx(3.0)
    assert costs.points_gained(session, session.get(TrainingJob, parent.job_id)) is None


def measured(version: ModelVersion, accuracy: float, now) -> ModelPerformance:
    same = dict.fromkeys(("precision", "recall", "f1_score"), 0.5)
    return ModelPerformance(
        model_version_id=version.id, model_version=version.name, model_type=version.model_type,
        dataset_version_id=version.dataset_version_id, purpose="gate", n=100, accuracy=accuracy,
        intervals={}, per_class={}, subgroups={}, created_at=now, **same,
    )  # fmt: skip


def test_the_driver_s_figures_are_read_and_what_it_does_not_know_is_left_out():
    assert host.read_gpu("37, 1024, 61, 250.5\n") == {
        "gpu_busy_share": pytest.approx(0.37),
        "gpu_memory_bytes": 1024 * 2**20,
        "gpu_temperature_celsius": 61.0,
        "gpu_power_watts": 250.5,
    }
    assert host.read_gpu("0, 10, [N/A], [Not Supported]\n") == {
        "gpu_busy_share": 0.0,
        "gpu_memory_bytes": 10 * 2**20,
    }
    assert host.read_gpu("") == {}


def test_a_gpu_s_time_is_counted_while_its_trainer_runs():
    meter = watch.Meter(Device("h", "gpu-0"))
    assert meter.used().gpu_seconds == pytest.approx(meter.used().seconds, abs=0.1)
    assert watch.Meter(Device("h", "cores-0")).used().gpu_seconds == 0.0
