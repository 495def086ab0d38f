"""Submits that come at the same moment share a statement; each is answered as if it had come alone."""

import threading
import time
from contextlib import contextmanager

import psycopg2
import pytest
from sqlalchemy import func, select, text

from api_service.auth import Role
from shared.registry.tables import AuditEvent, TrainingJob
from shared.registry.together import Together

HELD_UP = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'outbox'::regclass"


@contextmanager
def held_up(site):
    """The first submit stands still until the end of the block, so that those after it come together."""
    with site.sessions.begin() as session:
        session.execute(text("LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE"))
        first = asked(site, {"seed": 1000})
        until(lambda: is_held_up(site))
        yield
    first.join()


def is_held_up(site) -> bool:
    with site.sessions() as session:
        return bool(session.scalar(text(HELD_UP)))


def until(holds) -> None:
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


def asked(site, wish, headers=None, into=None) -> threading.Thread:
    def ask() -> None:
        given = {"Authorization": f"Bearer {site.keys[Role.OPERATOR]}"} | (headers or {})
        client = site.client.application.test_client()
        answer = client.post("/api/phase-7/training/start", json=wish, headers=given)
        if into is not None:
            into.append(answer)

    thread = threading.Thread(target=ask)
    thread.start()
    return thread


def answers_to(site, calls) -> list:
    """The answers to calls that came while another was under way, one after the other."""
    slots = [[] for _ in calls]
    door = site.deps.door._together  # noqa: SLF001 - who waits cannot be seen from outside
    with held_up(site):
        threads = []
        for (wish, headers), slot in zip(calls, slots, strict=True):
            waiting = len(door._waiting)  # noqa: SLF001
            threads.append(asked(site, wish, headers, slot))
            until(lambda before=waiting: len(door._waiting) > before)  # noqa: SLF001
    for thread in threads:
        thread.join()
    return [slot[0] for slot in slots]


def transactions(site) -> int:
    """In how many transactions jobs were made."""
    with site.sessions() as session:
        made = select(func.count(AuditEvent.txn.distinct())).where(
            AuditEvent.subject_kind == "training_jobs", AuditEvent.act == "create"
        )
        return session.scalar(made)


def test_what_comes_at_once_is_one_transaction(site):
    answers = answers_to(site, [({"seed": seed}, None) for seed in range(5)])
    assert [one.status_code for one in answers] == [202] * 5
    assert len({one.json["job_id"] for one in answers}) == 5
    assert transactions(site) == 2  # the one that was held up, and all others


def test_a_refusal_among_them_touches_nobody_else(site):
    key = {"Idempotency-Key": "k"}
    calls = [
        ({"seed": 1}, key),
        ({"seed": 1}, None),  # the same job
        ({"seed": 1}, key),  # the same call
        ({"seed": 2}, key),  # another call under its key
        ({"seed": 3, "dataset_version": "nothing-data-1"}, None),
        ({"seed": 4}, None),
    ]
    answers = answers_to(site, calls)
    assert [one.status_code for one in answers] == [202, 409, 202, 422, 404, 202]
    assert answers[2].data == answers[0].data
    with site.sessions() as session:
        assert set(session.scalars(select(TrainingJob.seed))) == {1000, 1, 4}


def test_where_the_database_refuses_all_of_them_each_goes_alone(site):
    refuse = """
    SET LOCAL ROLE NONE;
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'unlucky' USING ERRCODE = 'check_violation'; END $$;
    CREATE TRIGGER unlucky BEFORE INSERT ON training_jobs FOR EACH ROW WHEN (NEW.seed = 13)
      EXECUTE FUNCTION refuse();
    """
    with site.sessions.begin() as session:
        session.execute(text(refuse))
    answers = answers_to(site, [({"seed": seed}, None) for seed in (12, 13, 14)])
    assert [one.status_code for one in answers] == [202, 409, 202]


def test_whoever_shares_a_call_that_fails_is_told():
    began, go_on, told = threading.Event(), threading.Event(), []

    def make(given):
        began.set()
        go_on.wait()
        if len(given) > 1:
            raise psycopg2.OperationalError
        return [one * 10 for one in given]

    together = Together(make)

    def call(number):
        try:
            told.append(together.call(number))
        except psycopg2.OperationalError:
            told.append("failed")

    threads = [threading.Thread(target=call, args=(number,)) for number in range(3)]
    threads[0].start()
    began.wait()
    for thread in threads[1:]:
        thread.start()
    until(lambda: len(together._waiting) == 2)  # noqa: SLF001
    go_on.set()
    for thread in threads:
        thread.join()
    assert sorted(map(str, told)) == ["0", "failed", "failed"]


@pytest.mark.parametrize("wishes", ["[]", "[[]]"])
def test_a_statement_without_a_wish_makes_nothing(site, wishes):
    with site.sessions() as session:
        rows = session.execute(
            text("SELECT * FROM submit_jobs(CAST(:w AS jsonb), true)"), {"w": wishes}
        ).all()
        assert [row.outcome for row in rows] == ["revoked"] * len(rows)


def test_who_has_made_a_call_and_comes_again_stands_behind_those_who_waited():
    made, go_on = [], threading.Event()

    def make(given):
        made.append(list(given))
        go_on.wait()
        return given

    together = Together(make)

    def again_and_again():
        together.call("first")
        together.call("again")

    threads = [threading.Thread(target=again_and_again)]
    threads += [threading.Thread(target=together.call, args=(name,)) for name in ("second", "third")]
    threads[0].start()
    until(lambda: made == [["first"]])
    for count, thread in enumerate(threads[1:], start=1):
        thread.start()
        until(lambda count=count: len(together._waiting) == count)  # noqa: SLF001
    go_on.set()
    for thread in threads:
        thread.join()
    assert made[1][:2] == ["second", "third"]
