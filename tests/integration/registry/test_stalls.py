"""A database that stands still holds nobody for long, and costs nobody who knows what is needed."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from api_service.auth import KeyRing
from api_service.errors import is_away
from shared.errors import UnauthenticatedError
from shared.registry import keys
from shared.registry.session import Prepared, make_sessions
from shared.registry.stalls import Stalls
from tests.factories import NOW
from tests.waiting import until

SLEEP = "SELECT pg_sleep(60)"


@pytest.fixture
def stalls():
    return Stalls()


@pytest.fixture
def watched(settings, stalls):
    sessions = make_sessions(settings, stalls=stalls)
    yield sessions
    sessions.kw["bind"].dispose()


def by_session(sessions):
    with sessions.begin() as session:
        session.execute(text(SLEEP))


def by_statement(sessions):
    Prepared("sleep", SLEEP).row(sessions)


@pytest.mark.parametrize("wait", [by_session, by_statement])
def test_whoever_waits_too_long_is_told_that_the_database_is_away(watched, stalls, wait):
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(wait, watched)
        until(lambda: stalls.cut(0.0))
        with pytest.raises(DBAPIError) as told:
            waiting.result(20)
    assert is_away(told.value)
    with watched() as session:
        assert session.scalar(text("SELECT 1")) == 1


def test_who_has_just_begun_to_wait_goes_on(watched, stalls):
    with watched() as session:
        session.execute(text("SELECT pg_sleep(0.05)"))
        assert stalls.cut(60.0) == 0
    assert not stalls._waiting


def test_it_watches_by_itself_while_nothing_is_heard(watched, stalls, monkeypatch):
    monkeypatch.setattr("shared.registry.stalls.LONGEST_SECONDS", 0.1)
    silent = [False]
    stalls.watch(lambda: silent[0])
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(by_statement, watched)
        until(lambda: stalls._waiting)
        silent[0] = True
        with pytest.raises(DBAPIError):
            waiting.result(20)
    stalls.stop()


def test_a_known_key_is_not_looked_up_while_nothing_is_heard(sessions):
    heard, seconds = [True], [0.0]
    ring = KeyRing(sessions, lambda: NOW, lambda: seconds[0], is_heard=lambda: heard[0])
    with sessions.begin() as session:
        key_text = keys.create(session, "clinic", ["service"], now=NOW)[1]
    assert ring.caller(key_text).name == "key:clinic"
    with sessions.begin() as session:
        keys.revoke(session, "clinic", now=NOW)
    seconds[0], heard[0] = 60.0, False
    assert ring.caller(key_text).name == "key:clinic"
    heard[0] = True
    with pytest.raises(UnauthenticatedError):
        ring.caller(key_text)
