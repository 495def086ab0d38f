"""How long a part that starts is waited for, on real processes and made-up seconds."""

import subprocess
import time
from contextlib import contextmanager

import psutil
import pytest

from rounds.patience import IDLE_SECONDS, MOST_SECONDS, Patience


@contextmanager
def group(command):
    process = subprocess.Popen(["sh", "-c", command], start_new_session=True)
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


def watched(pid, seconds):
    """The patience with a group after so many made-up seconds, looked at every ten."""
    patience = Patience(0.0)
    for second in range(0, seconds + 1, 10):
        patience.look(float(second), [pid])
    return patience


@pytest.fixture
def sleeper():
    with group("exec sleep 600") as pid:
        while psutil.Process(pid).status() != psutil.STATUS_SLEEPING:
            time.sleep(0.01)
        yield pid


def test_a_part_that_works_is_waited_for_far_beyond_the_time_of_an_idle_one():
    with group("while :; do :; done") as pid:
        now = 5 * IDLE_SECONDS
        assert watched(pid, int(now)).spent(now, pid) is None


def test_a_part_that_does_nothing_is_given_up_after_its_time(sleeper):
    patience = watched(sleeper, int(IDLE_SECONDS))
    assert patience.spent(IDLE_SECONDS, sleeper) is None
    assert "has done nothing for 180 s" in patience.spent(IDLE_SECONDS + 1, sleeper)


def test_a_part_that_only_goes_round_in_circles_is_given_up_at_last():
    with group("while :; do :; done") as pid:
        patience = watched(pid, 60)
        assert "30 minutes" in patience.spent(MOST_SECONDS + 1, pid)


def test_one_busy_look_alone_is_no_work():
    patience = Patience(0.0)
    with group("while :; do :; done") as pid:
        patience.look(0.0, [pid])
    patience.look(100.0, [pid])
    assert patience.spent(IDLE_SECONDS + 1, pid) is not None


def test_who_watches_hears_once_a_minute_what_is_waited_for():
    patience = Patience(0.0)
    told = [patience.is_time_to_say(second) for second in (30.0, 61.0, 62.0, 122.0)]
    assert told == [False, True, False, True]
