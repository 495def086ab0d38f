"""A repeated POST: the same bytes, once the effect; without a key an equal open wish is the same work."""

import threading

import pytest
from sqlalchemy import func, select

from api_service.auth import Role
from shared.registry import idempotency
from shared.registry.idempotency import KEPT_FOR, RequestKey, StillRunningError, Stored
from shared.registry.tables import CollectionRun, IdempotencyKey, Outbox, TrainingJob
from tests.factories import NOW, a_source

KEY = {"Idempotency-Key": "key-1"}


def count(site, table) -> int:
    with site.sessions() as session:
        return session.scalar(select(func.count()).select_from(table))


def test_the_same_key_and_body_get_the_same_bytes_and_one_job(site):
    first = site.post("/training/start", Role.OPERATOR, {"seed": 7}, headers=KEY)
    again = site.post("/training/start", Role.OPERATOR, {"seed": 7}, headers=KEY)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.data == again.data
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert (count(site, TrainingJob), count(site, Outbox)) == (1, 1)


def test_the_same_key_with_another_body_is_refused(site):
    site.post("/training/start", Role.OPERATOR, {"seed": 7}, headers=KEY)
    other = site.post("/training/start", Role.OPERATOR, {"seed": 8}, headers=KEY)
    assert (other.status_code, other.json["code"]) == (422, "idempotency_key_reused")


def test_a_key_belongs_to_its_caller_and_its_address(site):
    assert site.post("/pause", Role.OPERATOR, headers=KEY).json["status"] == "paused"
    assert site.post("/resume", Role.OPERATOR, headers=KEY).json["status"] == "running"
    other = site.post("/pause", Role.APPROVER, headers=KEY)
    assert "Idempotency-Replayed" not in other.headers


def test_a_refused_call_leaves_no_key_behind(site):
    wrong = {"dataset_version": "diagnosis-data-9"}
    assert site.post("/training/start", Role.OPERATOR, wrong, headers=KEY).status_code == 404
    assert count(site, IdempotencyKey) == 0


def test_a_second_call_while_the_first_still_runs_is_told_so(sessions):
    key = RequestKey("key:a", "POST /x", "k", b"h")
    with sessions.begin() as first, sessions.begin() as second:
        assert idempotency.find(first, key) is None
        with pytest.raises(StillRunningError):
            idempotency.find(second, key)


def test_answers_are_kept_for_their_time_and_then_dropped(sessions):
    old, young = RequestKey("a", "r", "old", b"h"), RequestKey("a", "r", "young", b"h")
    with sessions.begin() as session:
        idempotency.keep(session, old, Stored(200, b"{}"), now=NOW - KEPT_FOR * 2)
    with sessions.begin() as session:
        idempotency.keep(session, young, Stored(200, b"{}"), now=NOW)
        idempotency.prune(session, now=NOW)
    with sessions() as session:
        assert session.scalars(select(IdempotencyKey.key)).all() == ["young"]


def test_an_equal_collection_that_is_open_is_the_same_run(site):
    with site.sessions.begin() as session:
        a_source(session, kind="sql")
    wish = {"limit": 50, "min_confidence": 80}
    first, again = (site.post("/cases/collect", Role.STEWARD, wish) for _ in range(2))
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json["message"]
    assert first.json["run_id"] == again.json["run_id"]
    with site.sessions() as session:
        run = session.scalars(select(CollectionRun)).one()
    assert run.wish == {"limit": 50, "min_confidence": 0.8}


def test_equal_collections_at_the_same_moment_are_one_run(site):
    with site.sessions.begin() as session:
        a_source(session, kind="sql")
    answers: list[int] = []

    def collect() -> None:
        client = site.client.application.test_client()
        headers = {"Authorization": f"Bearer {site.keys[Role.STEWARD]}"}
        answers.append(client.post("/api/phase-7/cases/collect", json={}, headers=headers).status_code)

    threads = [threading.Thread(target=collect) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [202] * 4
    assert count(site, CollectionRun) == 1


def test_an_equal_training_that_is_open_is_named_and_not_doubled(site):
    first = site.post("/training/start", Role.OPERATOR, {"seed": 7})
    again = site.post("/training/start", Role.OPERATOR, {"seed": 7})
    assert (again.status_code, again.json["code"]) == (409, "same_job_open")
    assert first.json["job_id"] in again.json["detail"]
    assert count(site, TrainingJob) == 1


def test_a_prediction_under_a_key_is_given_once(site):
    from shared.registry.tables import Prediction

    site.serve(share=0.0)
    wish = {"person": "p", "encounter": "e", "text": "cough"}
    first, again = (site.post("/predict", Role.SERVICE, wish, headers=KEY) for _ in range(2))
    assert first.data == again.data
    assert again.headers["Idempotency-Replayed"] == "true"
    assert count(site, Prediction) == 1


def test_prefer_wait_gives_the_finished_run(site):
    with site.sessions.begin() as session:
        source_id = a_source(session, kind="sql").id
    started = site.post("/cases/collect", Role.STEWARD)
    assert started.json["collected_count"] is None

    def finish() -> None:
        from shared.domain.cycle import RunState

        with site.sessions.begin() as session:
            run = session.scalars(select(CollectionRun).filter_by(source_id=source_id)).one()
            for state in (RunState.LEASED, RunState.RUNNING, RunState.COMPLETED):
                run.state = state
                session.flush()
            run.counts, run.ended_at = {"collected": 3, "refused": {"staff": 2}}, NOW

    timer = threading.Timer(0.3, finish)
    timer.start()
    done = site.post("/cases/collect", Role.STEWARD, headers={"Prefer": "wait=20"})
    timer.join()
    assert done.status_code == 200
    assert (done.json["status"], done.json["collected_count"]) == ("completed", 3)
    assert done.json["refused"] == {"staff": 2}
    assert done.headers["Preference-Applied"] == "wait=20"
