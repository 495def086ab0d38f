"""A worker that is told to stop while it still starts ends quietly, wherever in its start that finds it."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.stack

# Celery names each of its steps just before it starts it; there the process sends the signal to itself.
STOPPED_AT = """
import os, signal, sys
from celery.bootsteps import Blueprint
from shared.broker import worker
said = Blueprint._debug
def stop(self, message, *fields):
    said(self, message, *fields)
    if (message % fields).endswith("Starting " + sys.argv[1]):
        os.kill(os.getpid(), signal.SIGTERM)
Blueprint._debug = stop
sys.exit(worker.main(["deploy"]))
"""


@pytest.mark.parametrize("step", ["Pool", "Connection", "event loop"])
def test_a_worker_stopped_while_it_starts_ends_without_a_traceback(step, settings, valkey_url):
    env = os.environ | {
        "ROUNDS_HOME": str(settings.home),
        "ROUNDS_DATABASE_URL": settings.database,
        "ROUNDS_BROKER_URL": valkey_url,
    }
    command = [sys.executable, "-c", STOPPED_AT, step]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=240, check=False)
    assert (done.returncode, "Traceback" in done.stdout + done.stderr) == (0, False), done.stderr
