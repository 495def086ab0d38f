"""The API as its own process: small, ends cleanly, and says in a sentence why it does not start."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.ports import free_ports

pytestmark = pytest.mark.stack
MOST_BYTES = 120 << 20  # of each process


def started(settings, port: int, **more: str) -> subprocess.Popen[bytes]:
    given = {"ROUNDS_HOME": str(settings.home), "ROUNDS_DATABASE_URL": settings.database}
    given |= {"ROUNDS_API_BIND": f"127.0.0.1:{port}"} | more
    root = str(Path(__file__).parents[3])
    return subprocess.Popen(
        [sys.executable, "-m", "api_service.main"],
        env=os.environ | given,
        cwd=root,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )


def health(port: int, *, within: float = 30.0) -> dict:
    until = time.monotonic() + within
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as answer:
            return json.load(answer)
        except OSError:
            assert time.monotonic() < until, "the API does not answer"
            time.sleep(0.1)


@pytest.fixture
def api(settings) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    port = free_ports()
    process = started(settings, port)
    try:
        yield process, port
    finally:
        process.kill()
        process.communicate()


def test_it_answers_is_small_and_holds_no_model_library(api):
    process, port = api
    assert {"postgres", "router"} <= {part["name"] for part in health(port)["parts"]}
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children()]
    assert max(one.memory_info().rss for one in family) < MOST_BYTES
    mapped = {part for one in family for file in one.memory_maps() for part in Path(file.path).parts}
    assert not mapped & {"torch", "scipy", "numpy", "transformers", "onnxruntime"}


def test_it_ends_at_a_signal_and_leaves_nobody(api):
    process, port = api
    health(port)
    [worker] = psutil.Process(process.pid).children()
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0
    assert worker.wait(5) is None or not worker.is_running()


def test_killed_it_takes_its_worker_along(api):
    process, port = api
    health(port)
    [worker] = psutil.Process(process.pid).children()
    process.kill()
    psutil.wait_procs([worker], timeout=10)
    assert not worker.is_running()


def test_a_port_that_is_taken_is_one_sentence_and_status_3(settings):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = started(settings, taken.getsockname()[1])
        _, said = process.communicate(timeout=60)
    assert process.returncode == 3
    [line] = [json.loads(line) for line in said.decode().splitlines() if "does not start" in line]
    assert "ROUNDS_API_BIND" in str(line) or "port" in line["fix"]
    assert "Traceback" not in said.decode()


def test_a_wrong_setting_is_one_sentence_and_status_3(settings):
    process = started(settings, free_ports(), ROUNDS_API_BIND="nowhere")
    _, said = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "ROUNDS_API_BIND" in said.decode()
    assert "Traceback" not in said.decode()
