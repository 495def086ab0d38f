"""Work of ours, computed aside: by exactly the version that was asked, on what the machine has left over."""

import os
import signal
import time

import pytest

from deployer_service import aside as module
from deployer_service.aside import BATCH, Aside
from deployer_service.serve_memory import Memory
from shared.backends import backend_for
from shared.domain.example import Answer
from shared.serving.base import LIVE_TEXTS
from tests.waiting import until

TEXTS = ["red swollen toe joint", "burning when passing urine", "", "light hurts my eyes"]
MANY = TEXTS * (BATCH // len(TEXTS) + 1)  # more than are computed at once


@pytest.fixture
def aside(site):
    one = Aside(site.settings, comes_last=False)  # a busy machine leaves nothing over
    yield one
    one.close()


def heard(aside, digest, texts=MANY):
    """What it answers once it holds the version."""
    return until(lambda: aside.answer(digest, texts))


def test_it_answers_in_order_as_exactly_that_version(site, aside, fitted, other, segmenter):
    backend = backend_for("text_classifier", site.settings)
    versions = {site.add(one).digest: backend.load(one.files, "minilm") for one in (fitted, other)}
    large = site.add(segmenter).digest
    aside.hold([*versions, large])
    for digest, scorer in versions.items():
        assert heard(aside, digest) == scorer.answer(MANY)
    assert aside.answer(large, TEXTS) is None
    assert aside.answer("0" * 64, TEXTS) is None
    process = aside._process
    aside.hold([large])
    until(lambda: aside.answer(next(iter(versions)), TEXTS) is None)
    aside.hold([])
    assert process.poll() is not None


def test_it_runs_where_nothing_else_wants_a_core(site):
    aside = Aside(site.settings)
    aside.hold(["0" * 64])
    assert os.sched_getscheduler(aside._process.pid) == os.SCHED_IDLE
    assert os.getsid(aside._process.pid) == aside._process.pid
    aside.close()
    assert aside._process is None


def test_one_that_is_killed_or_hangs_costs_no_answer(site, aside, fitted, monkeypatch):
    digest = site.add(fitted).digest
    expected = backend_for("text_classifier", site.settings).load(fitted.files, "minilm").answer(MANY)
    aside.hold([digest])
    heard(aside, digest)
    monkeypatch.setattr(module, "LATE_SECONDS", 0.1)
    monkeypatch.setattr(module, "REST_SECONDS", 0.2)
    os.kill(aside._process.pid, signal.SIGSTOP)
    assert aside.answer(digest, MANY) is None
    began = time.monotonic()
    assert aside.answer(digest, MANY) is None
    assert time.monotonic() - began < 0.1
    os.kill(aside._process.pid, signal.SIGCONT)
    monkeypatch.setattr(module, "LATE_SECONDS", 5.0)
    assert heard(aside, digest) == expected
    os.kill(aside._process.pid, signal.SIGKILL)
    assert aside.answer(digest, MANY) is None
    assert heard(aside, digest) == expected


def test_it_waits_a_moment_for_a_pause_of_the_machine(tmp_path):
    path = tmp_path / "loadavg"
    waited = []
    for running in (2, 1):
        path.write_text(f"3.10 2.58 1.59 {running}/467 1234\n")
        with path.open("rb") as file:
            began = time.monotonic()
            module.wait_for_a_pause(file.fileno(), 1)
            waited.append(time.monotonic() - began)
    assert waited[0] >= module.WAIT_SECONDS
    assert waited[1] < waited[0]


class Recording:
    """A scorer at the Protocol that says whose it is."""

    def __init__(self, name):
        self.labels, self.name = (name,), name

    def answer(self, texts):
        return [Answer(self.name, 1.0, ((self.name, 1.0),)) for _ in texts]

    def fingerprint(self):
        return self.name


class Beside:
    """The other end of the memory, which knows one version."""

    def __init__(self):
        self.told, self.asked = [], []

    def hold(self, digests):
        self.told.append(sorted(digests))

    def answer(self, digest, texts):
        self.asked.append(digest)
        return [Answer("aside", 1.0, (("aside", 1.0),))] * len(texts) if digest == "a" else None


def test_the_memory_asks_aside_for_work_alone_and_computes_what_is_not_answered_there():
    beside = Beside()
    memory = Memory(Recording, aside=beside)
    for digest in ("a", "b"):
        memory.load(digest)
        memory.load(digest)
    work = ["text"] * (LIVE_TEXTS + 1)
    assert [memory.answer("a", texts)[0].label for texts in (["text"], work)] == ["a", "aside"]
    assert memory.answer("b", work)[0].label == "b"
    assert beside.asked == ["a", "b"]
    memory.prove()
    memory.unload("a")
    assert beside.told == [[], ["a", "b"], [], ["a", "b"], []]
