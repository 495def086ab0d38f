"""Two model servers as one: what the other answers while one is away, hangs or lacks a version."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.domain.example import Answer, MaskAnswer, PictureAsk
from shared.errors import NotFoundError, PartDownError
from shared.serving.base import Loaded
from shared.serving.several import AWAY_SECONDS, STAY, SeveralModelServers


class Server:
    """One at the Protocol; `is_down` says that it does not answer."""

    def __init__(self, *held):
        self.held, self.is_down, self.asked = set(held), False, 0
        self.before = lambda: None

    def _alive(self):
        self.asked += 1
        self.before()
        if self.is_down:
            raise PartDownError("the model server does not answer")

    def load(self, digest):
        self._alive()
        self.held.add(digest)
        return Loaded(digest, "f")

    def unload(self, digest):
        self._alive()
        self.held.discard(digest)

    def loaded(self):
        self._alive()
        return [Loaded(digest, "f") for digest in sorted(self.held)]

    def answer(self, digest, texts):
        self._alive()
        if digest not in self.held:
            raise NotFoundError("the version is not in memory")
        return [Answer(digest, 1.0, ((digest, 1.0),)) for _ in texts]

    def segment(self, digest, ask):
        return [MaskAnswer("mask", one.label, 1.0) for one in self.answer(digest, ask.boxes)]


@pytest.fixture
def now():
    return [0.0]


@pytest.fixture
def pair(now):
    servers = {"a": Server("v"), "b": Server("v")}
    return servers, SeveralModelServers(servers, lambda: now[0])


def test_they_take_turns_and_one_that_is_away_is_asked_last_for_a_while(pair, now):
    servers, both = pair
    for _ in range(2 * STAY):
        assert both.answer("v", ["x"])[0].label == "v"
    assert servers["a"].asked == servers["b"].asked == STAY
    servers["a"].is_down = True
    for _ in range(10):
        assert both.segment("v", PictureAsk("i", (None,)))[0].label == "v"
    assert servers["a"].asked == STAY + 1
    servers["a"].is_down = False
    now[0] += AWAY_SECONDS
    for _ in range(4):
        both.answer("v", ["x"])
    assert servers["a"].asked == STAY + 5


def test_who_asks_while_one_is_busy_asks_the_other(pair):
    servers, both = pair
    busy, free = threading.Event(), threading.Event()

    def hold():
        busy.set()
        free.wait(10)

    servers["a"].before = hold
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(both.answer, "v", ["x"])
        assert busy.wait(10)
        both.answer("v", ["y"])
        free.set()
        first.result(10)
    assert servers["a"].asked == servers["b"].asked == 1


def test_a_version_that_one_lacks_is_answered_by_the_other(pair):
    servers, both = pair
    servers["b"].held.clear()
    assert [both.answer("v", ["x"])[0].label for _ in range(4)] == ["v"] * 4
    servers["a"].is_down = True
    with pytest.raises(NotFoundError):
        both.answer("v", ["x"])
    servers["b"].is_down = True
    with pytest.raises(PartDownError):
        both.answer("v", ["x"])


def test_one_that_was_still_loading_is_asked_again_where_the_other_dies_meanwhile(pair):
    servers, both = pair
    servers["a"].held.clear()

    def die():
        servers["a"].held.add("v")
        servers["b"].is_down = True

    servers["b"].before = die
    assert both.answer("v", ["x"])[0].label == "v"
    assert (servers["a"].asked, servers["b"].asked) == (2, 1)


def test_a_version_is_brought_up_and_dropped_everywhere_that_answers(pair):
    servers, both = pair
    servers["a"].is_down = True
    assert both.load("w") == Loaded("w", "f")
    assert [one.digest for one in both.loaded()] == ["v", "w"]
    servers["a"].is_down = False
    both.load("w"), both.unload("v")
    assert servers["a"].held == servers["b"].held == {"w"}
    servers["a"].is_down = servers["b"].is_down = True
    for ask in (both.loaded, lambda: both.load("x"), lambda: both.unload("w")):
        with pytest.raises(PartDownError):
            ask()
