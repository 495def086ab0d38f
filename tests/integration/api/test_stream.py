"""The event stream as its own process: who may listen, what is heard at once, and resumed without a loss."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from shared.registry import events, health, keys
from tests.factories import NOW
from tests.waiting import until

pytestmark = pytest.mark.stack
ROOT = Path(__file__).parents[3]


@dataclass
class Site:
    port: int
    process: subprocess.Popen
    key: str
    sessions: object

    def ask(self, path="/events", **headers) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent.setdefault("Authorization", f"Bearer {self.key}")
        connection.request("GET", path, headers={name: value for name, value in sent.items() if value})
        return connection.getresponse()

    def emit(self, kind, subject="s"):
        with self.sessions.begin() as session:
            events.emit(session, kind=kind, subject=subject, at=NOW, data={"n": 1})


@pytest.fixture
def site(settings, sessions) -> Iterator[Site]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with sessions.begin() as session:
        key = keys.create(session, "looker", ["viewer"], now=NOW)[1]
    given = {"ROUNDS_HOME": str(settings.home), "ROUNDS_DATABASE_URL": settings.database}
    given |= {"ROUNDS_EVENTS_BIND": f"127.0.0.1:{port}", "ROUNDS_API_BIND": "127.0.0.1:28999"}
    command = [sys.executable, "-m", "api_service.events"]
    process = subprocess.Popen(command, env=os.environ | given, cwd=ROOT, stderr=subprocess.DEVNULL)
    made = Site(port, process, key, sessions)
    until(lambda: answers(made), 30)
    yield made
    process.kill()
    process.communicate()


def answers(site) -> bool:
    try:
        return site.ask("/health").status == 200
    except OSError:
        return False


def heard(stream, *, kinds=("message",), count=1) -> list[dict]:
    """The next events of these kinds, each with the id that goes before or with it."""
    found = []
    event: dict = {}
    while len(found) < count:
        line = stream.readline().decode().rstrip("\n")
        assert line or not stream.closed, "the stream ended"
        name, _, value = line.partition(": ")
        if not line and event:
            event.setdefault("event", "message")
            if event["event"] in kinds:
                found.append(event)
            event = {}
        elif line:
            event[name.rstrip(":")] = value
    return found


def test_an_event_is_heard_within_a_second_of_its_commit(site):
    stream = site.ask()
    assert stream.status == 200
    heard(stream, kinds=("beat",))
    begun = time.monotonic()
    site.emit("alerts.disk", "one")
    [event] = heard(stream)
    assert time.monotonic() - begun < 1.0
    told = json.loads(event["data"])
    assert (told["kind"], told["subject"], told["data"]) == ("alerts.disk", "one", {"n": 1})


def test_a_listener_that_was_away_hears_what_it_missed(site):
    stream = site.ask()
    site.emit("a")
    heard(stream)
    [beat] = heard(stream, kinds=("beat",))
    stream.close()
    for kind in ("b", "c"):
        site.emit(kind)
    for more in ({"Last_Event_ID": beat["id"]}, {"path": f"/api/phase-7/events?after={beat['id']}"}):
        missed = heard(site.ask(**more), count=2)
        assert [json.loads(event["data"])["kind"] for event in missed] == ["b", "c"]


def test_one_that_committed_late_is_heard_and_resumed(site):
    """The lower number becomes visible after the higher one: told at once, and again where the mark waits."""
    stream = site.ask()
    heard(stream, kinds=("beat",))
    with site.sessions() as slow:
        events.emit(slow, kind="slow", subject="s", at=NOW)
        slow.flush()
        site.emit("quick")
        [event] = heard(stream)
        [beat] = heard(stream, kinds=("beat",))
        assert json.loads(event["data"])["kind"] == "quick"
        slow.commit()
    [event] = heard(stream)
    assert json.loads(event["data"])["kind"] == "slow"
    missed = heard(site.ask(Last_Event_ID=beat["id"]), count=2)
    assert {json.loads(event["data"])["kind"] for event in missed} == {"slow", "quick"}


def test_too_much_to_be_told_is_told_as_one(site):
    first = site.ask()
    [beat] = heard(first, kinds=("beat",))
    with site.sessions.begin() as session:
        many = {str(number): {} for number in range(2500)}
        events.emit_all(session, kind="validated_cases.checked", data=many, at=NOW)
    assert heard(first, kinds=("reset",))
    assert heard(site.ask(Last_Event_ID=beat["id"]), kinds=("reset",))


def test_who_may_not_read_is_not_let_in_and_a_revoked_key_is_put_out(site):
    with site.sessions.begin() as session:
        service = keys.create(session, "service", ["service"], now=NOW)[1]
    assert site.ask(Authorization=None).status == 401
    assert site.ask(Authorization="Bearer rnd_x_y").status == 401
    assert site.ask(Authorization=f"Bearer {service}").status == 403
    assert site.ask("/elsewhere").status == 404
    stream = site.ask()
    heard(stream, kinds=("beat",))
    with site.sessions.begin() as session:
        keys.revoke(session, "looker", now=NOW)
    over = threading.Event()
    talk = threading.Thread(
        daemon=True, target=lambda: [site.emit("talk") for _ in iter(lambda: over.wait(0.3), True)]
    )
    talk.start()
    assert (
        b"talk" in stream.read()
    )  # to its end, however much there is to tell: the beat looks at the key again
    over.set()
    talk.join()


def test_only_this_site_s_own_pages_may_read_the_answer(site):
    own = site.ask(Origin="http://127.0.0.1:28999")
    assert (own.status, own.getheader("Access-Control-Allow-Origin")) == (200, "http://127.0.0.1:28999")
    for origin in ("http://127.0.0.1:3000", "http://elsewhere:28999", "null"):
        assert site.ask(Origin=origin).status == 403


def test_it_says_how_many_listen_and_ends_at_a_signal_with_streams_open(site):
    streams = [site.ask() for _ in range(20)]
    for stream in streams:
        heard(stream, kinds=("beat",))

    def told():
        with site.sessions() as session:
            seen = health.parts(session).get("events")
            return seen is not None and seen.state["listeners"] == 20

    until(told, 15)
    site.process.send_signal(signal.SIGTERM)
    assert site.process.wait(10) == 0
