"""The model server on real parts: what it refuses, what it answers, and that no change loses an answer."""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from deployer_service.lanes import LOW_PRIORITY, STEP_ASIDE_SECONDS, WORK_BATCH, Courtesy, Lane
from deployer_service.serve import SWITCH_SECONDS, serving
from deployer_service.serve_memory import Memory
from deployer_service.slots import bring_up
from shared.backends import backend_for
from shared.backends.pauses import may_pause
from shared.config import environment
from shared.domain.example import Answer
from shared.errors import InvalidInputError, NotFoundError, PartDownError
from shared.serving.base import LIVE_TEXTS, patience_seconds
from shared.serving.local import LocalModelServer
from shared.serving.token import internal_token
from shared.storage.objects import open_storage
from tests.waiting import until

TEXTS = ["red swollen toe joint", "burning when passing urine", "", "light hurts my eyes"]


@dataclass
class Deps:
    """The collaborators of a deployer, as far as slots need them."""

    model_server: LocalModelServer


def test_it_answers_exactly_as_the_version_does_in_process(served, fitted):
    version = served.add(fitted)
    loaded = served.client.load(version.digest)
    assert loaded.fingerprint == fitted.fingerprint
    expected = backend_for("text_classifier", served.settings).load(fitted.files, "minilm").answer(TEXTS)
    assert served.client.answer(version.digest, TEXTS) == expected
    assert [one.digest for one in served.client.loaded()] == [version.digest]


def test_it_loads_what_the_plans_name_when_it_starts(site, fitted):
    version = site.add(fitted, in_service=True)
    with serving(site.settings):
        assert until(site.client.loaded)[0].digest == version.digest
        assert until(lambda: site.client.health()["state"] == "ready")


def test_an_unknown_version_and_one_not_loaded_are_named(served, fitted):
    with pytest.raises(NotFoundError, match="registry knows no version"):
        served.client.load("0" * 64)
    version = served.add(fitted)
    with pytest.raises(NotFoundError, match="not in memory"):
        served.client.answer(version.digest, ["fever"])


def test_altered_bytes_are_refused(served, fitted):
    version = served.add(fitted)
    path = served.settings.root / "artifacts" / "models" / version.digest / "head.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(InvalidInputError, match="not those of model"):
        served.client.load(version.digest)
    assert served.client.loaded() == []


def test_a_version_that_answers_otherwise_than_at_training_is_refused_by_name(served, fitted, other):
    version = served.add(fitted, fingerprint=other.fingerprint)
    with pytest.raises(InvalidInputError, match=version.name):
        served.client.load(version.digest)


def test_a_refused_version_in_service_shows_in_the_health(site, fitted, other):
    version = site.add(fitted, in_service=True, fingerprint=other.fingerprint)
    with serving(site.settings):
        until(lambda: raw(site, "GET", "/health")[1]["state"] != "loading")
        status, body = raw(site, "GET", "/health")
    assert (status, body["state"]) == (503, "degraded")
    assert body["refused"] == {version.digest: "wrong_version"}


def raw(site, method, path, body=None, token=None):
    """One exchange below our client."""
    connection = http.client.HTTPConnection(site.settings.model_server_bind, timeout=5)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    return response.status, json.loads(response.read())


def test_without_the_internal_token_it_says_only_its_health(served):
    until(lambda: raw(served, "GET", "/health")[0] == 200)
    for method, path in (("GET", "/loaded"), ("POST", "/answer"), ("POST", "/load"), ("GET", "/else")):
        assert raw(served, method, path, b"" if method == "POST" else None, "wrong")[0] == 401


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"{}", b'{"digest": "x", "texts": "fever"}', b'{"digest": "x", "texts": [1]}']
)
def test_a_body_that_is_no_wish_is_refused(served, body):
    status, answer = raw(served, "POST", "/answer", body, internal_token(served.settings))
    assert status == 422
    assert answer["code"] == "invalid_input"


def test_a_part_that_is_down_is_said_to_be_down(site):
    with pytest.raises(PartDownError):
        site.client.loaded()


def test_a_restarted_server_is_met_again_on_the_same_client(site, fitted):
    version = site.add(fitted, in_service=True)
    client = site.client
    for _ in range(2):
        with serving(site.settings):
            until(client.loaded)
            assert client.answer(version.digest, TEXTS[:1])[0].label == "Gout"


def test_a_deployer_brings_a_version_up_or_is_told_why_not(served, fitted, other):
    deps = Deps(served.client)
    bring_up(deps, served.add(fitted))
    wrong = served.add(other, fingerprint=fitted.fingerprint)
    with pytest.raises(InvalidInputError):
        bring_up(deps, wrong)


def test_no_answer_is_lost_or_of_another_version_while_versions_come_and_go(served, fitted, other):
    steady, moving = served.add(fitted), served.add(other)
    backend = backend_for("text_classifier", served.settings)
    expected = {
        steady.digest: backend.load(fitted.files, "minilm").answer(TEXTS),
        moving.digest: backend.load(other.files, "minilm").answer(TEXTS),
    }
    client = served.client
    client.load(steady.digest)
    stop = threading.Event()

    def ask(digest):
        answered = 0
        while not stop.is_set():
            try:
                assert client.answer(digest, TEXTS) == expected[digest]
                answered += 1
            except NotFoundError:
                assert digest == moving.digest
        return answered

    with ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(ask, digest) for digest in (steady.digest, moving.digest) * 2]
        for _ in range(3):
            client.load(moving.digest)
            client.answer(moving.digest, TEXTS)
            client.unload(moving.digest)
        stop.set()
        assert all(one.result() > 0 for one in asked)


class Slow:
    """A scorer at the Protocol that waits to be let go."""

    labels = ("a",)

    def __init__(self):
        self.gate = threading.Event()
        self.seen: list[str] = []

    def answer(self, texts):
        self.gate.wait(10)
        self.seen.extend(texts)
        return [Answer("a", 1.0, (("a", 1.0),)) for _ in texts]

    def fingerprint(self):
        return "f"


def test_work_of_ours_holds_up_no_person_and_unloading_waits_for_both():
    slow, quick = Slow(), Slow()
    memory = Memory({"slow": slow, "quick": quick}.__getitem__)
    memory.load("slow"), memory.load("quick")
    quick.gate.set()
    with ThreadPoolExecutor(4) as pool:
        bulk = pool.submit(memory.answer, "slow", [f"bulk {n}" for n in range(20)])
        until(lambda: memory.waiting() >= 18)
        assert memory.answer("quick", ["live"])[0].label == "a"
        live = pool.submit(memory.answer, "slow", ["live"])
        unloading = pool.submit(memory.unload, "slow")
        until(lambda: [one.digest for one in memory.loaded()] == ["quick"])
        assert not unloading.done()
        slow.gate.set()
        for one in (bulk, live, unloading):
            one.result(10)
    assert set(slow.seen) == {"live", *(f"bulk {n}" for n in range(20))}


def test_work_is_not_starved_by_people():
    people, ours = Slow(), Slow()
    memory = Memory({"people": people, "ours": ours}.__getitem__)
    memory.load("people"), memory.load("ours")
    ours.gate.set()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(memory.answer, "people", ["never ends"])
        assert len(memory.answer("ours", [f"bulk {n}" for n in range(8)])) == 8
        people.gate.set()
        waiting.result(10)


def test_work_of_ours_stands_aside_between_two_layers_and_at_a_low_priority():
    courtesy, told = Courtesy(), []

    def layers(items: list[str]) -> list[str]:
        for _ in range(2):
            began = time.monotonic()
            may_pause()
            told.append(time.monotonic() - began)
        told.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        return items

    ours, people = Lane("work", courtesy=courtesy), Lane("live")
    with courtesy.answering():
        ours.do(["a"], layers, seconds=10)
    assert min(told[:2]) >= STEP_ASIDE_SECONDS * 0.9
    assert told[2] == max(LOW_PRIORITY, os.getpriority(os.PRIO_PROCESS, 0))
    people.do(["b"], layers, seconds=10)
    assert told[5] == os.getpriority(os.PRIO_PROCESS, 0)
    ours.end(), people.end()


class Spinning:
    """A scorer at the Protocol that hangs in Python once it is told to, and never comes back."""

    labels = ("a",)
    hangs = False

    def __init__(self, stop):
        self.stop = stop

    def answer(self, texts):
        while self.hangs and not self.stop.is_set():
            pass
        return [Answer("a", 1.0, (("a", 1.0),)) for _ in texts]

    def fingerprint(self):
        return "f"


@pytest.fixture
def fair_turns():
    """Threads take turns as they do in the server's own process."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    yield
    sys.setswitchinterval(usual)


def test_a_version_that_hangs_stops_no_answer_of_another_and_is_loaded_anew(served, fitted, fair_turns):
    stop, brought = threading.Event(), []
    real = backend_for("text_classifier", served.settings).load(fitted.files, "minilm")

    def bring(digest):
        if digest == "served":
            return real
        brought.append(Spinning(stop))
        return brought[-1]

    # Probes are work of ours, which a busy machine leaves little time for: that is no hanging.
    memory = Memory(bring, patience=lambda texts: 2.0 if texts == 1 else 5.0)
    memory.load("served"), memory.load("hanging")
    expected = real.answer(TEXTS)
    brought[0].hangs = True
    try:
        with ThreadPoolExecutor(2) as pool:
            hung = [pool.submit(memory.answer, "hanging", ["x"] * n) for n in (1, LIVE_TEXTS + 1)]
            for _ in range(20):
                assert memory.answer("served", TEXTS) == expected
            for one in hung:
                with pytest.raises(PartDownError, match="too busy"):
                    one.result(30)
        with pytest.raises(PartDownError, match="too busy"):
            memory.answer("hanging", ["refused at once"])
        assert memory.prove() == []
        assert memory.drop_hanging() == ["hanging"]
        with pytest.raises(NotFoundError):
            memory.answer("hanging", ["gone"])
        memory.load("hanging")
        assert memory.answer("hanging", ["fresh"])[0].label == "a"
    finally:
        stop.set()


def test_an_answer_that_fails_fails_alone_among_those_computed_with_it():
    class Picky(Slow):
        def answer(self, texts):
            if "bad" in texts:
                raise ValueError("bad")
            return super().answer(texts)

    picky = Picky()
    memory = Memory(lambda digest: picky)
    memory.load("d")
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(memory.answer, "d", ["first"])
        until(lambda: picky.labels and memory.waiting() == 0)
        others = [pool.submit(memory.answer, "d", [text]) for text in ("good", "bad", "fine")]
        until(lambda: memory.waiting() == 3)
        picky.gate.set()
        assert first.result(10)[0].label == others[0].result(10)[0].label == others[2].result(10)[0].label
        with pytest.raises(ValueError, match="bad"):
            others[1].result(10)


def test_what_nobody_waits_for_any_more_is_not_computed():
    slow = Slow()
    memory = Memory(lambda digest: slow, patience=lambda texts: 0.2)
    memory.load("d")
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(memory.answer, "d", ["under way"])
        until(lambda: memory.waiting() == 0)
        second = pool.submit(memory.answer, "d", ["never begun"])
        for one in (first, second):
            with pytest.raises(PartDownError, match="too busy"):
                one.result(30)
    slow.gate.set()
    until(lambda: slow.seen)
    memory.answer("d", ["next"])
    assert slow.seen == ["under way", "next"]


def test_work_of_ours_may_take_longer_than_a_person_waits():
    assert patience_seconds(LIVE_TEXTS) < patience_seconds(LIVE_TEXTS + 1)
    slow = Slow()
    memory = Memory(lambda digest: slow, patience=lambda texts: 0.2 if texts <= LIVE_TEXTS else 30.0)
    memory.load("d")
    with ThreadPoolExecutor() as pool:
        work = pool.submit(memory.answer, "d", [f"case {n}" for n in range(LIVE_TEXTS + 1)])
        until(lambda: memory.waiting() == LIVE_TEXTS + 1 - WORK_BATCH)
        with pytest.raises(PartDownError, match="too busy"):
            memory.answer("d", ["live"])
        slow.gate.set()
        assert len(work.result(10)) == LIVE_TEXTS + 1


def test_answers_go_on_while_the_database_is_away(served, fitted):
    from sqlalchemy import create_engine, text

    version = served.add(fitted)
    served.client.load(version.digest)
    name = served.settings.database.split("?")[0].rsplit("/", 1)[1]
    admin = create_engine(
        served.settings.database.replace(f"/{name}?", "/postgres?"), isolation_level="AUTOCOMMIT"
    )
    with admin.connect() as connection:
        connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
        ended = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name")
        connection.execute(ended, {"name": name})
        try:
            assert served.client.answer(version.digest, TEXTS[:1])[0].label == "Gout"
            with pytest.raises(PartDownError, match="database"):
                served.client.load("1" * 64)
        finally:
            connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
    admin.dispose()


def test_the_process_starts_light_and_ends_on_sigterm(site):
    command = [sys.executable, "-m", "deployer_service.serve"]
    process = subprocess.Popen(command, env=environment(site.settings), stderr=subprocess.DEVNULL)
    try:

        def ready():
            try:
                return site.client.health()["state"] == "ready"
            except PartDownError:
                return False

        until(ready)
        with open(f"/proc/{process.pid}/maps") as maps:  # noqa: PTH123
            assert "libtorch" not in maps.read()
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_of_two_starts_that_race_both_use_one_token(settings):
    with ThreadPoolExecutor(8) as pool:
        tokens = set(pool.map(lambda _: internal_token(settings), range(8)))
    assert len(tokens) == 1
    path = settings.root / "keys" / "internal.token"
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    with pytest.raises(InvalidInputError, match="readable by others"):
        internal_token(settings)


def test_a_past_prediction_is_answered_again_by_the_bytes_that_gave_it(served, fitted, vault):
    from datetime import timedelta

    from deployer_service import replay
    from deployer_service.origin import Origin
    from shared.registry import predictions
    from tests.factories import NOW, a_prediction

    version = served.add(fitted)
    served.client.load(version.digest)
    [answer] = served.client.answer(version.digest, TEXTS[:1])
    with served.sessions.begin() as session:
        told = {"label": answer.label, "confidence": answer.confidence}
        right, wrong = (a_prediction(session, version, **told | more) for more in ({}, {"label": "Other"}))
        for row in (right, wrong):
            sealed = vault.seal(TEXTS[0].encode(), "prediction")
            session.add(
                predictions.PredictionInput(
                    prediction_id=row.id, sealed=sealed, expires_at=NOW + timedelta(days=1)
                )
            )
    origin = Origin(served.settings, served.sessions, open_storage(served.settings))
    assert replay.prediction(right.id, origin, vault).same
    assert not replay.prediction(wrong.id, origin, vault).same
    with served.sessions.begin() as session:
        assert predictions.forget_expired(session, now=NOW + timedelta(days=2)) == 2
    with pytest.raises(replay.InputGoneError):
        replay.prediction(right.id, origin, vault)


def test_a_version_that_begins_to_answer_otherwise_is_dropped_and_loaded_anew():
    scorers = {}

    def bring(digest):
        scorers.setdefault(digest, []).append(Slow())
        return scorers[digest][-1]

    memory = Memory(bring)
    memory.load("steady"), memory.load("drifting")
    assert memory.prove() == []
    scorers["drifting"][0].fingerprint = lambda: "otherwise"
    assert memory.prove() == ["drifting"]
    with pytest.raises(NotFoundError):
        memory.answer("drifting", ["fever"])
    assert [one.digest for one in memory.loaded()] == ["steady"]
    memory.load("drifting")
    assert len(scorers["drifting"]) == 2
    assert memory.prove() == []


def test_the_server_proves_its_versions_again_and_again(site, fitted, monkeypatch):
    from deployer_service import serve

    version = site.add(fitted, in_service=True)
    proved = []
    prove = Memory.prove
    monkeypatch.setattr(serve, "PROVE_SECONDS", 0.05)
    monkeypatch.setattr(Memory, "prove", lambda memory: proved.append(prove(memory)) or proved[-1])
    with serving(site.settings):
        until(lambda: len(proved) >= 2)
        assert site.client.loaded()[0].digest == version.digest
    assert proved[-1] == []
