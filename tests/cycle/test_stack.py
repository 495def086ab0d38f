"""The supervisor with real servers and child processes: start, restart, stop, and every way to be killed."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest

from shared.config import load_settings
from shared.embedded import remove_home
from tests.ports import free_ports

pytestmark = pytest.mark.stack
SOURCES = Path(__file__).parents[2]

# A part that serves HTTP, has a child of its own, and when asked to stop does so only if it is not stubborn.
PART = """
import http.server, signal, subprocess, sys
port, mood = int(sys.argv[1]), sys.argv[2]
if mood == "broken":
    sys.exit("the weights are missing")
if mood == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
http.server.HTTPServer(("127.0.0.1", port), http.server.SimpleHTTPRequestHandler).serve_forever()
"""

STACK = """
import sys
from rounds.failure import report
from rounds.parts import PartSpec, answers
from rounds.stack import Supervisor
from shared.config import load_settings
home, base, moods = sys.argv[1], int(sys.argv[2]), sys.argv[3].split(",")
binds = dict(api_bind=base, model_server_bind=base + 1)
addresses = {name: f"127.0.0.1:{port}" for name, port in binds.items()}
settings = load_settings(home=home, flower_bind=f"127.0.0.1:{base + 2}", **addresses)
parts = [
    PartSpec(name[:-5], "stack_part", tier, answers(name, "/"), (str(port), moods[tier]), stop_seconds=1.0)
    for tier, (name, port) in enumerate(binds.items())
]
try:
    Supervisor(settings, parts).run(on_ready=lambda: print("up", flush=True))
except Exception as error:
    sys.exit(report(error, debug=False, as_json=False))
print("down", flush=True)
"""


@pytest.fixture
def stack(tmp_path):
    """Starts a small stack; whatever it was made to suffer, nothing of it outlives the test."""
    (tmp_path / "stack_part.py").write_text(PART)
    home = Path(tempfile.mkdtemp(prefix="rounds-home-"))
    started = []

    def start(moods="good,good", base=None, script=STACK):
        base = base or free_ports(4)
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(home), str(base), moods],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=SOURCES,
            env=os.environ | {"PYTHONPATH": str(tmp_path)},
            text=True,
        )
        started.append(process)
        process.home, process.base = home, base
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()
    remove_home(load_settings(home=home))


def await_up(process):
    assert process.stdout.readline() == "up\n", process.stderr.read()


def below(process):
    """Everything that runs under the supervisor, guard and grandchildren included."""
    return psutil.Process(process.pid).children(recursive=True)


def parts_of(process):
    return json.loads((process.home / "stack.json").read_text())["parts"]


def await_true(condition, seconds=10.0):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.05)
    return False


def alive(processes):
    return [one for one in processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


def await_none(processes, seconds):
    def none_left():
        try:
            return not alive(processes)
        except psutil.NoSuchProcess:
            return False

    return await_true(none_left, seconds)


def test_one_ctrl_c_stops_all_of_it_in_order(stack):
    process = stack()
    await_up(process)
    everything = below(process)
    assert {name: part["state"] for name, part in parts_of(process).items()} == dict.fromkeys(
        ("postgres", "valkey", "api", "model_server"), "ready"
    )
    assert urlopen(f"http://127.0.0.1:{process.base}/", timeout=5).status == 200
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (0, "down\n"), err
    assert await_none(everything, 1)
    assert not (process.home / "stack.json").exists()


def test_kill_nine_of_the_supervisor_leaves_no_process_after_two_seconds(stack):
    process = stack("stubborn,good")
    await_up(process)
    everything = below(process)
    assert len(everything) > 8  # guard, two servers with their own, two parts with a child each
    process.kill()
    assert await_none(everything, 2), alive(everything)
    again = stack(base=process.base)
    await_up(again)


def test_a_part_and_a_server_that_are_killed_come_back(stack):
    process = stack()
    await_up(process)
    before = parts_of(process)
    for name in ("postgres", "valkey", "api"):
        os.kill(before[name]["pid"], signal.SIGKILL)

    def back():
        now = parts_of(process)
        killed = ("postgres", "valkey", "api")
        return all(
            now[name]["state"] == "ready" and now[name]["pid"] != before[name]["pid"] for name in killed
        )

    assert await_true(back, 20), parts_of(process)
    assert parts_of(process)["model_server"] == before["model_server"]
    assert parts_of(process)["api"]["restarts"] == 1
    assert urlopen(f"http://127.0.0.1:{process.base}/", timeout=5).status == 200


def test_a_part_that_will_not_stop_is_killed_after_its_time(stack):
    process = stack("stubborn,good")
    await_up(process)
    everything = below(process)
    begun = time.monotonic()
    process.terminate()
    process.communicate(timeout=20)
    assert process.returncode == 0 and time.monotonic() - begun > 1.0
    assert await_none(everything, 1)


def test_a_second_ctrl_c_ends_everything_at_once(stack):
    process = stack("good,stubborn")
    await_up(process)
    everything = below(process)
    process.send_signal(signal.SIGINT)
    while "stopping" not in process.stderr.readline():
        pass
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    assert await_none(everything, 1)


def test_a_part_that_cannot_start_is_named_with_its_last_words(stack):
    process = stack("good,broken")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (3, "")
    assert "model_server does not start: the weights are missing" in err
    assert f"{process.home}/logs/model_server.log" in err and "Traceback" not in err


def test_a_taken_port_is_named_with_a_way_out(stack):
    base = free_ports(4)
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", base))
        taken.listen()
        process = stack(base=base)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 3
    assert f"127.0.0.1:{base} cannot be listened on: Address already in use" in err and "--port-base" in err


def test_a_second_stack_on_the_same_home_is_refused(stack):
    first = stack()
    await_up(first)
    second = stack()
    _, err = second.communicate(timeout=60)
    assert second.returncode == 1 and "a stack runs on" in err and "--home DIR" in err
    assert alive([psutil.Process(first.pid)]) and parts_of(first)["postgres"]["state"] == "ready"
