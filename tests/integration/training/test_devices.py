"""Devices are one job's at a time, whatever dies and however the clocks of the workers stand."""

import multiprocessing
import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, func, select

from shared.config import SettingError, environment, load_settings
from shared.domain.cycle import JobState
from shared.registry import attempts, devices, jobs, leases, parts, turns
from shared.registry.devices import Device
from shared.registry.leases import FencedOffError
from shared.registry.session import make_sessions
from shared.registry.tables import Attempt, ModelType, Outbox, TrainingJob
from tests.factories import NOW, a_dataset, a_job
from worker_training.claim import claim
from worker_training.devices import NoGpuError, confined, present, read_gpus
from worker_training.train import run_job

WORKERS, JOBS = 8, 200
PAIR = [Device("h", "gpu-0"), Device("h", "gpu-1")]


def taken(session, *, now=NOW, pair=PAIR):
    """One claim of the next job on a free device of these; its lease, or None."""
    devices.offer(session, pair)
    device = devices.take(session, pair)
    for job_id in turns.next_up(session, now=now) if device else ():
        lease = attempts.claim(session, job_id, worker="w", now=now)
        if lease is not None:
            devices.grant(session, device, lease)
            return device, lease
    return None


def waiting_jobs(sessions, count, **given):
    with sessions.begin() as session:
        dataset = a_dataset(session).id
        return [a_job(session, dataset_version_id=dataset, seed=n, **given).id for n in range(count)]


def test_two_devices_are_two_jobs_and_come_free_with_their_end(sessions):
    waiting_jobs(sessions, 4)
    with sessions.begin() as session:
        _, first = taken(session)
        device, second = taken(session)
        assert taken(session) is None
        assert devices.known(session) == {"h/gpu-0": True, "h/gpu-1": True}
        attempts.fail(session, second, attempts.Fault("x", "x"), now=NOW)
        assert taken(session)[0] == device
    with sessions.begin() as session:  # the reaper gives up on the first
        beat = session.get(TrainingJob, first.id).beat_seq
        assert leases.give_up_on(session, TrainingJob, first.id, beat_seq=beat, now=NOW)
        assert taken(session)[0].name == "gpu-0"
        shown = session.scalars(select(Attempt.device).where(Attempt.job_id == first.id)).all()
    assert shown[0] == "h/gpu-0"


def test_a_device_that_was_granted_after_it_was_seen_free_is_passed_over(sessions):
    waiting_jobs(sessions, 2)
    with sessions.begin() as session:
        devices.offer(session, PAIR)
    with sessions.begin() as late:
        engine, other = late.get_bind(), []

        def between(connection, cursor, statement, *_):
            if "gpu_leases" in statement and not other:
                other.append(None)
                with sessions.begin() as session:
                    other.append(taken(session))

        event.listen(engine, "after_cursor_execute", between)
        try:
            mine = devices.take(late, PAIR)
        finally:
            event.remove(engine, "after_cursor_execute", between)
    assert {other[1][0], mine} == set(PAIR)


def working(settings, folder: str, hours: int) -> None:
    """A worker whose clock is wrong by hours: takes jobs, holds each device by a file of its name, dies."""
    sessions = make_sessions(settings, pool_size=2)
    now = NOW + timedelta(hours=hours)
    four = [Device("h", f"gpu-{number}") for number in range(4)]
    for turn in range(10_000):
        with sessions.begin() as session:
            found = taken(session, now=now, pair=four)
            left = session.scalar(select(func.count()).where(TrainingJob.state == JobState.QUEUED))
        if found is None and not left:
            return
        if found is None:
            time.sleep(0.05)
            continue
        device, lease = found
        place = Path(folder, device.name)
        try:
            os.close(os.open(place, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            Path(folder, f"twice-{device.name}-{turn}").touch()
        place.unlink(missing_ok=True)
        with sessions.begin() as session:
            try:
                end(session, lease, now, dies=turn % 5 == 4)
            except FencedOffError:
                Path(folder, f"fenced-{turn}").touch()


def end(session, lease, now, *, dies: bool) -> None:
    """The job fails, or its worker dies and the reaper gives it back to the others."""
    if dies:
        beat = session.get(TrainingJob, lease.id).beat_seq
        leases.give_up_on(session, TrainingJob, lease.id, beat_seq=beat, now=now)
    else:
        attempts.fail(session, lease, attempts.Fault("cancelled", "done"), now=now)


def test_no_device_is_ever_two_jobs_at_once(sessions, settings, tmp_path):
    waiting_jobs(sessions, JOBS)
    spawn = multiprocessing.get_context("fork")
    workers = [
        spawn.Process(target=working, args=(settings, str(tmp_path), number * 7 - 24))
        for number in range(WORKERS)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=240)
        assert worker.exitcode == 0
    assert list(tmp_path.glob("twice-*")) == list(tmp_path.glob("fenced-*")) == []
    with sessions() as session:
        # One that died under too many workers in a row has failed for good.
        ended = session.scalar(select(func.count()).where(TrainingJob.state.not_in(jobs.OPEN)))
        claims = session.execute(select(func.count(), func.count(Attempt.device.distinct()))).one()
    assert ended == JOBS
    assert claims[0] > JOBS  # some died
    assert claims[1] == 4


def test_types_take_turns_and_the_urgent_come_first(sessions):
    with sessions.begin() as session:
        session.add(ModelType(name="triage", family="text_classifier", base="minilm", created_at=NOW))
        session.flush()
        dataset = a_dataset(session).id
        given = {"dataset_version_id": dataset}
        many = [a_job(session, seed=n, created_at=NOW + timedelta(minutes=n), **given).id for n in range(3)]
        later = NOW + timedelta(hours=1)
        other = a_job(session, model_type="triage", created_at=later, **given).id
        assert turns.next_up(session, now=later)[0] == many[0]
        attempts.claim(session, many[0], worker="w", now=later)
        assert turns.next_up(session, now=later)[:2] == [other, many[1]]
        urgent = a_job(session, priority=1, created_at=later, seed=9, **given).id
        assert turns.next_up(session, now=later)[0] == urgent
        a_job(session, priority=0, seed=10)  # not sealed yet
        a_job(session, priority=0, seed=11, run_after=later + timedelta(hours=1), **given)
        assert turns.next_up(session, now=later)[0] == urgent


def test_a_job_waits_while_every_device_is_in_use_and_is_rung_when_one_comes_free(deps, sessions, queued):
    one = type(deps)(
        deps.settings.model_copy(update={"train_devices": "cores-0"}), sessions, deps.clock, deps.vault,
        deps.storage, trainer=deps.trainer,
    )  # fmt: skip
    first, second = queued(steps=1), queued(steps=1, other=1)
    held = claim(first, one)
    run_job(second, one)
    with sessions.begin() as session:
        assert jobs.get(session, second).state == JobState.QUEUED
        leases.release(session, held.lease, now=NOW, why="test")
    run_job(first, one)
    run_job(first, one)  # the bell of the one that ended: it is the other's turn
    with sessions() as session:
        assert {jobs.get(session, one).state for one in (first, second)} == {JobState.COMPLETED}


def test_the_end_of_a_job_rings_for_as_many_as_there_are_free_devices(sessions):
    waiting = waiting_jobs(sessions, 3)
    with sessions.begin() as session:
        parts.say(session, parts.Identity("worker-train", host="h"), {})
        _, lease = taken(session)
        turns.ring_next(session, now=NOW)
        assert session.scalars(select(Outbox.subject)).all() == [waiting[1]]
        attempts.fail(session, lease, attempts.Fault("x", "x"), now=NOW)
        turns.ring_next(session, now=NOW)
        assert set(session.scalars(select(Outbox.subject)).all()) >= set(waiting[1:])


def test_no_gpu_where_one_is_demanded_fails_the_job_with_a_sentence(deps, sessions, queued):
    demanding = type(deps)(
        deps.settings.model_copy(update={"device": "cuda", "train_devices": "cores-0"}), sessions,
        deps.clock, deps.vault, deps.storage, host="ward-3", trainer=deps.trainer,
    )  # fmt: skip
    job_id = queued()
    run_job(job_id, demanding)
    with sessions() as session:
        job = jobs.get(session, job_id)
    assert (job.state, job.error_code) == (JobState.FAILED, "no_gpu")
    assert job.error_message == "ROUNDS_DEVICE=cuda demands a GPU, and ward-3 has none"
    assert "nvidia-smi" in job.error_fix


def test_the_driver_s_words_become_devices():
    found = read_gpus("0, 143771\n1, [N/A]\n", "h")
    assert found == [Device("h", "gpu-0", 143771 * 2**20), Device("h", "gpu-1", None)]
    assert read_gpus("", "h") == []


def test_a_trainer_sees_its_device_alone():
    settings = load_settings(threads=3, train_devices="gpu-0,gpu-3")
    gpu = environment(settings, **confined(present(settings, "h")[1], settings))
    assert (gpu["CUDA_VISIBLE_DEVICES"], gpu["ROUNDS_DEVICE"]) == ("3", "cuda")
    lane = environment(settings, **confined(Device("h", "cores-1"), settings))
    assert (lane["CUDA_VISIBLE_DEVICES"], lane["ROUNDS_DEVICE"], lane["OMP_NUM_THREADS"]) == ("", "cpu", "3")


def test_several_gpus_are_one_device_and_as_many_processes():
    settings = load_settings(train_devices="gpu-0,gpu-2+3")
    pair = present(settings, "h")[1]
    assert (pair.key, pair.kind, pair.numbers) == ("h/gpu-2+3", "gpu", (2, 3))
    trainer = environment(settings, **confined(pair, settings))
    assert (trainer["CUDA_VISIBLE_DEVICES"], trainer["ROUNDS_TRAIN_PROCESSES"]) == ("2,3", "2")
    with pytest.raises(SettingError, match="twice"):
        load_settings(train_devices="gpu-0,gpu-0+1")


def test_cores_are_lanes_of_as_many_threads_as_a_training_has():
    cores = len(os.sched_getaffinity(0))
    lanes = present(load_settings(device="cpu", threads=1), "h")
    assert [lane.key for lane in lanes] == [f"h/cores-{number}" for number in range(cores)]
    assert len(present(load_settings(device="cpu", threads=256), "h")) == 1
    with pytest.raises(NoGpuError):
        present(load_settings(device="cuda", train_devices="cores-0"), "h")
