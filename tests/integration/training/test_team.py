"""Several processes train one job: over gloo on the loopback, to the very weights of one process."""

import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from shared.config import environment, load_settings
from tests import small_llm, small_model, small_pictures
from worker_training import folder as exchange

SECONDS = 120


@pytest.fixture
def started(tmp_path):
    """Start a trainer as a worker would, in a group of its own."""
    running = []

    def start(family, request, *, processes):
        folder = tmp_path / f"{len(running)}"
        folder.mkdir()
        exchange.write_request(folder, family, request)
        settings = load_settings(home=tmp_path, device="cpu", train_processes=processes)
        trainer = subprocess.Popen(
            [sys.executable, "-m", "worker_training.fit", str(folder), str(SECONDS)],
            env=environment(settings, OMP_WAIT_POLICY="PASSIVE"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(folder / "log").open("wb"),
            start_new_session=True,
        )
        running.append(trainer)
        return trainer, folder

    yield start
    for trainer in running:
        if trainer.poll() is None:
            os.killpg(trainer.pid, signal.SIGKILL)
        trainer.communicate()


def text(at):
    return "text_classifier", small_model.request(at, accumulation=2)


def llm(at):
    base = small_llm.write_base(at.parent / "base")
    return "causal_lm", small_llm.request(base, at, accumulation=4)


def pictures(at):
    return "segmentation", small_pictures.request(at, accumulation=2)


@pytest.mark.parametrize("wanted", [text, llm, pictures])
def test_two_processes_give_the_weights_of_one(started, tmp_path, wanted):
    found = []
    for processes in (1, 2):
        trainer, folder = started(*wanted(tmp_path / f"checkpoints-{processes}"), processes=processes)
        steps = trainer.stdout.read()
        assert trainer.wait(SECONDS) == 0, (folder / "log").read_text()
        found.append((exchange.read_result(folder).files, len(steps.splitlines())))
    assert found[0] == found[1]  # closer than 1e-6: the same bytes


def test_a_batch_in_one_part_needs_no_second_process(started, tmp_path):
    trainer, _ = started(
        "text_classifier", small_model.request(tmp_path / "checkpoints", rung="head"), processes=2
    )
    assert not mates(trainer)
    assert trainer.wait(SECONDS) == 0


def test_a_lost_process_ends_the_attempt_and_the_next_goes_on_to_the_same_weights(started, tmp_path):
    request = small_model.request(tmp_path / "checkpoints", accumulation=2, epochs=6)
    trainer, folder = started("text_classifier", request, processes=2)
    for line in trainer.stdout:
        if json.loads(line)["step"] >= 4:
            break
    [mate] = mates(trainer)
    mate.kill()
    assert trainer.wait(SECONDS) != 0
    failure = exchange.read_failure(folder)
    assert (failure.code, failure.again) == ("team_lost", True)
    again, folder = started("text_classifier", request, processes=2)
    whole, other = started(
        "text_classifier",
        small_model.request(tmp_path / "other", accumulation=2, epochs=6),
        processes=1,
    )
    assert (again.wait(SECONDS), whole.wait(SECONDS)) == (0, 0)
    assert exchange.read_result(folder).files == exchange.read_result(other).files


def test_the_others_end_with_the_first(started, tmp_path):
    request = small_model.request(tmp_path / "checkpoints", accumulation=2, epochs=30)
    trainer, _ = started("text_classifier", request, processes=2)
    assert trainer.stdout.readline()
    [mate] = mates(trainer)
    trainer.kill()
    mate.wait(10)


def mates(trainer):
    """The other trainers of one that has begun; a library may also ask `uname` in a process of its own."""
    until = time.monotonic() + 5
    found = []
    while not found and trainer.poll() is None and time.monotonic() < until:
        found = [child for child in psutil.Process(trainer.pid).children() if rank(child) == "1"]
    return found


def rank(process):
    """The last word of its command; none of a process that is gone or only waits to be collected."""
    try:
        return next(reversed(process.cmdline()), None)
    except psutil.NoSuchProcess:
        return None
