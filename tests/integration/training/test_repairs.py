"""A training that failed is helped where its learning stays the same, and never loses its last good state."""

import signal
from dataclasses import replace
from datetime import timedelta

import pytest
import torch
from sqlalchemy import select

from shared.broker.names import TaskName
from shared.domain.cycle import JobState
from shared.domain.recipe import RecipeError
from shared.domain.repair import mended, remedy
from shared.errors import ConflictError
from shared.registry import jobs
from shared.registry.tables import Attempt, AuditEvent, Outbox, TrainingJob
from tests.factories import a_dataset
from worker_training import memory
from worker_training.fit import explain
from worker_training.train import run_job


def job_of(sessions, job_id) -> TrainingJob:
    with sessions() as session:
        return jobs.get(session, job_id)


def test_a_batch_too_large_for_the_memory_is_computed_in_parts_and_the_job_says_so(deps, sessions, queued):
    job_id = queued(parts_needed=4, batch_size=8)
    for accumulation in (2, 4):
        run_job(job_id, deps)
        job = job_of(sessions, job_id)
        assert (job.state, job.attempt) == (JobState.QUEUED, 0)
        assert mended(job.recipe, job.repairs)["accumulation"] == accumulation
    run_job(job_id, deps)
    job = job_of(sessions, job_id)
    assert (job.state, job.recipe.get("accumulation")) == (JobState.COMPLETED, None)
    assert [(one["cause"], one["change"]) for one in job.repairs] == [
        ("out_of_memory", {"accumulation": 2}),
        ("out_of_memory", {"accumulation": 4}),
    ]
    with sessions() as session:
        ends = session.scalars(select(Attempt.ended_why).order_by(Attempt.fence)).all()
        acts = session.scalars(select(AuditEvent.act).where(AuditEvent.act == "repair")).all()
    assert (ends, len(acts)) == (["out_of_memory", "out_of_memory", "completed"], 2)


def test_what_does_not_fit_case_by_case_fails_with_a_remedy(deps, sessions, queued):
    job_id = queued(trouble="out_of_memory", batch_size=2)
    run_job(job_id, deps)
    run_job(job_id, deps)
    job = job_of(sessions, job_id)
    assert (job.state, job.error_code) == (JobState.FAILED, "out_of_memory")
    assert "more memory" in job.error_fix


def test_only_a_lack_of_memory_is_answered_by_parts():
    assert remedy("out_of_memory", "text_classifier", {}) == {"accumulation": 2}
    assert remedy("out_of_memory", "text_classifier", {"batch_size": 6, "accumulation": 4}) == {
        "accumulation": 6
    }
    assert remedy("out_of_memory", "text_classifier", {"batch_size": 6, "accumulation": 6}) is None
    assert remedy("diverged", "text_classifier", {}) is None


def test_a_failed_training_keeps_its_last_good_state_and_a_retry_goes_on_from_it(
    deps, sessions, queued, storage, now
):
    job_id = queued(steps=5, diverges_at=4)
    run_job(job_id, deps)
    assert job_of(sessions, job_id).error_fix == "lower learning_rate"
    folder = deps.work / "checkpoints"
    assert (folder / str(job_id) / "count").read_text() == "3"
    with sessions.begin() as session:
        again = session.get(TrainingJob, job_id)
        recipe = {"steps": 5}
        again = TrainingJob(
            **{name: getattr(again, name) for name in ("model_type", "base", "dataset_version_id", "seed")},
            recipe=recipe, triggered_by="manual", requested_by="test", created_at=now, retry_of=job_id,
        )  # fmt: skip
        session.add(again)
        session.flush()
        again_id = again.id
    run_job(again_id, deps)
    job = job_of(sessions, again_id)
    assert (job.state, job.result["resumed_from"]) == (JobState.COMPLETED, 3)
    assert list(folder.iterdir()) == []


def test_the_last_good_state_goes_when_its_days_are_over(deps, sessions, queued, now):
    job_id = queued(steps=5, diverges_at=4)
    run_job(job_id, deps)
    kept = deps.work / "checkpoints" / str(job_id)
    run_job(job_id, replace(deps, clock=lambda: now + timedelta(days=6)))
    assert kept.exists()
    run_job(job_id, replace(deps, clock=lambda: now + timedelta(days=8)))
    assert not kept.exists()


def test_a_retry_has_the_data_the_seed_and_the_repairs_of_what_failed(sessions, queued, now):
    job_id = queued(epochs=2)
    with sessions.begin() as session:
        with pytest.raises(ConflictError):
            jobs.retry(session, job_id, changes={}, now=now, actor="tester")
        job = jobs.get(session, job_id)
        job.dataset_version_id = a_dataset(session, counts={"training": 2}).id
        job.repairs = [{"change": {"accumulation": 2}}]
        job.state = JobState.QUEUED
        jobs.fail(session, job, code="x", message="x", by="test", now=now)
        with pytest.raises(RecipeError):
            jobs.retry(session, job_id, changes={"magic": 1}, now=now, actor="tester")
        again = jobs.retry(session, job_id, changes={"learning_rate": "0.0001"}, now=now, actor="tester")
        assert again.recipe == {"epochs": 2, "accumulation": 2, "learning_rate": 0.0001}
        assert (again.retry_of, again.seed, again.dataset_version_id) == (
            job_id, job.seed, job.dataset_version_id,
        )  # fmt: skip
        assert TaskName.RUN_JOB.value in session.scalars(select(Outbox.task)).all()


def test_the_kernel_s_kills_for_memory_are_read_from_the_control_group(tmp_path):
    group, events = tmp_path / "cgroup", tmp_path / "mine" / "memory.events"
    group.write_text("4:memory:/other\n0::/mine\n")
    assert memory.kills(group, tmp_path) == 0
    events.parent.mkdir()
    events.write_text("low 0\noom 3\noom_kill 2\n")
    assert memory.kills(group, tmp_path) == 2
    group.write_text("4:memory:/other\n")
    assert memory.kills(group, tmp_path) == 0


def test_a_trainer_that_the_kernel_killed_for_memory_is_helped_like_one_that_said_so(deps, sessions, queued):
    counted = iter([0, 1, 1, 1])
    deps = replace(deps, memory_kills=lambda: next(counted))
    job_id = queued(trouble="die")
    run_job(job_id, deps)
    job = job_of(sessions, job_id)
    assert (job.state, job.attempt, job.repairs[0]["change"]) == (JobState.QUEUED, 0, {"accumulation": 2})
    run_job(job_id, deps)
    with sessions() as session:
        ends = session.scalars(select(Attempt.ended_why).order_by(Attempt.fence)).all()
    assert ends == ["out_of_memory", f"trainer_ended_with_-{signal.SIGKILL.value}"]


def test_torch_s_own_words_for_a_lack_of_memory_are_understood():
    with pytest.raises(RuntimeError) as refused:
        torch.empty(1 << 55)
    failure = explain(refused.value)
    assert (failure.code, failure.again) == ("out_of_memory", False)
    assert explain(torch.OutOfMemoryError("x")).code == "out_of_memory"
