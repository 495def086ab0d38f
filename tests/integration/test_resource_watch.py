"""A machine that runs short of something is told of when it lasts, and not any more when it is over."""

import time
from collections.abc import Mapping

import pytest
from sqlalchemy import func, select, update

from shared import host
from shared.broker.resource_watch import LOOK_SECONDS, ResourceWatch
from shared.broker.sampler import Sampler
from shared.domain.cycle import AlertState
from shared.registry import health, parts
from shared.registry.parts import Identity
from shared.registry.tables import Alert, Delivery, Part

WORKER = Identity("worker-train", host="basement", incarnation="one")
CALM = {"host_memory_share": 0.5, "host_disk_free_share": 0.5}


@pytest.fixture
def says(sessions):
    def say(figures: Mapping[str, float], gpus=None, part=WORKER) -> None:
        told = {"host": CALM | {"host_clock_seconds": time.time()} | dict(figures)}
        with sessions.begin() as session:
            parts.say(session, part, told | ({} if gpus is None else {"gpus": gpus}))

    return say


def looked(watch: ResourceWatch, times: int, first: int = 0) -> None:
    for look in range(first, first + times):
        watch.turn(at=look * LOOK_SECONDS)


def alerts(sessions) -> list[tuple[str, str, AlertState]]:
    with sessions() as session:
        rows = session.scalars(select(Alert).order_by(Alert.dedup_key))
        return [(row.dedup_key, row.severity, row.state) for row in rows]


def test_a_full_disk_is_told_once_and_resolved_when_there_is_room_again(sessions, says, now):
    watch = ResourceWatch(sessions, clock=lambda: now)
    says({"host_disk_free_share": 0.01})
    looked(watch, 2)
    assert alerts(sessions) == []  # may be a moment's
    looked(watch, 4, first=2)
    key = "resources:basement:host_disk_free_share"
    assert alerts(sessions) == [(key, "critical", AlertState.OPEN)]
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Delivery)) == 1
    says({})
    looked(watch, 3, first=6)
    assert alerts(sessions) == [(key, "critical", AlertState.RESOLVED)]


def test_another_relay_ends_what_the_one_before_began(sessions, says, now):
    says({}, gpus={"gpu-1": {"gpu_temperature_celsius": 99.0}})
    looked(ResourceWatch(sessions, clock=lambda: now), 3)
    [(key, _, state)] = alerts(sessions)
    assert (key, state) == ("resources:basement/gpu-1:gpu_temperature_celsius", AlertState.OPEN)
    says({}, gpus={"gpu-1": {"gpu_temperature_celsius": 60.0}})
    looked(ResourceWatch(sessions, clock=lambda: now), 3)
    assert alerts(sessions)[0][2] == AlertState.RESOLVED


def test_it_looks_no_more_often_than_it_should(sessions, says, now):
    watch = ResourceWatch(sessions, clock=lambda: now)
    says({"host_memory_share": 0.99})
    for tenth in range(20):
        watch.turn(at=tenth * LOOK_SECONDS / 10)
    assert alerts(sessions) == []


def test_of_a_machine_the_last_word_counts_and_a_silent_worker_s_does_not(sessions, says):
    says({"host_memory_share": 0.1}, gpus={"gpu-0": {"gpu_busy_share": 0.9}})
    says({"host_memory_share": 0.2}, part=Identity("worker-collect", host="basement", incarnation="two"))
    says({}, part=Identity("worker-collect", host="attic", incarnation="three"))
    with sessions.begin() as session:
        gone = Part.incarnation == "three"
        session.execute(
            update(Part).where(gone).values(seen_at=func.now() - func.make_interval(0, 0, 0, 0, 1))
        )
    with sessions() as session:
        [seen] = health.hosts(session)
    assert (seen.host, seen.figures["host_memory_share"]) == ("basement", 0.2)
    assert seen.gpus == {"gpu-0": {"gpu_busy_share": 0.9}}  # this worker does not look at GPUs


def test_a_clock_that_is_off_is_seen(sessions, says):
    says({"host_clock_seconds": time.time() - 60})
    with sessions() as session:
        [seen] = health.hosts(session)
    assert 55 < seen.figures["host_clock_skew_seconds"] < 65


def test_a_worker_samples_its_machine_and_no_gpu_where_there_is_none(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))  # no driver's tool
    told = Sampler(tmp_path, with_gpus=True).state()
    assert told["gpus"] == {}
    assert 0 <= told["host"]["host_memory_share"] <= 1
    assert 0 < told["host"]["host_disk_free_share"] <= 1
    assert "gpus" not in Sampler(tmp_path, with_gpus=False).state()


def test_the_driver_s_tool_is_asked_for_every_gpu(tmp_path, monkeypatch):
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho '37, 1024, 61, 250.5, 143771, 0'\necho '0, 0, 40, [N/A], 143771, 2'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    found = host.gpus()
    assert found["gpu-0"]["gpu_memory_total_bytes"] == 143771 * 2**20
    assert (found["gpu-1"]["gpu_errors"], "gpu_power_watts" in found["gpu-1"]) == (2.0, False)
