"""`POST /training/start` is one statement: whatever it refuses leaves nothing, and at once means at once."""

import threading
from select import select as select_ready

import psycopg2
import pytest
from sqlalchemy import event, func, select, text, update

from api_service.auth import Role
from api_service.show.training import TrainingStarted, started_form
from shared.registry import jobs, keys
from shared.registry.job_door import JobWish
from shared.registry.stats import JobFacts
from shared.registry.tables import ApiKey, AuditEvent, Event, IdempotencyKey, Outbox, TrainingJob
from tests.factories import NOW, a_dataset, a_job
from tests.integration.api.world import connections_cut

KEY = {"Idempotency-Key": "key-1"}
WRITTEN = (TrainingJob, Outbox, IdempotencyKey, Event)


def counts(site) -> list[int]:
    with site.sessions() as session:
        return [session.scalar(select(func.count()).select_from(table)) for table in WRITTEN]


def test_a_key_that_was_revoked_a_moment_ago_opens_nothing(site):
    assert (
        site.post("/training/start", Role.OPERATOR, {"seed": 1}).status_code == 202
    )  # the ring knows it now
    before = counts(site)
    with site.sessions.begin() as session:
        keys.revoke(session, Role.OPERATOR.value, now=NOW)
    for wish, headers in (({"seed": 2}, {}), ({"seed": 3}, KEY)):
        refused = site.post("/training/start", Role.OPERATOR, wish, headers=headers)
        assert (refused.status_code, refused.json["code"]) == (401, "unauthenticated")
    assert counts(site) == before


def test_the_answer_is_what_the_job_shows_and_what_is_kept(site):
    with site.sessions.begin() as session:
        name = a_dataset(session, counts={"training": 12, "evaluation": 3}).name
    answer = site.post("/training/start", Role.OPERATOR, {"dataset_version": name}, headers=KEY)
    with site.sessions() as session:
        job = session.scalars(select(TrainingJob)).one()
        shown = TrainingStarted.of(job, JobFacts(dataset_version=name))
        [kept] = session.scalars(select(IdempotencyKey))
    assert answer.data == kept.response == shown.model_dump_json().encode()
    assert (answer.status_code, kept.status) == (202, 202)
    assert answer.json["dataset_size"] == job.dataset_size == 12
    assert (
        answer.headers["Location"] == answer.json["links"]["self"] == f"/api/phase-7/training/jobs/{job.id}"
    )


def test_everything_that_belongs_to_a_job_is_written_with_it(site):
    job_id = site.post("/training/start", Role.OPERATOR, {"seed": 7}, headers=KEY).json["job_id"]
    with site.sessions() as session:
        [ring] = session.scalars(select(Outbox))
        [told] = session.scalars(select(Event))
        [act] = session.scalars(select(AuditEvent).where(AuditEvent.subject_kind == "training_jobs"))
    assert (ring.task, str(ring.subject)) == ("collect.seal_for_job", job_id)
    assert (told.kind, told.subject, told.at) == ("training_jobs.queued", job_id, NOW)
    assert (act.act, act.actor, act.subject_id) == ("create", "key:operator", job_id)
    assert act.details == told.data == {"model_type": "diagnosis", "triggered_by": "manual", "seed": 7}


def test_the_queue_has_a_limit_and_a_repeat_is_answered_beyond_it(site):
    first = site.post("/training/start", Role.OPERATOR, {"seed": 7}, headers=KEY)
    with site.sessions.begin() as session:
        for seed in range(100, 199):
            a_job(session, seed=seed)
    full = site.post("/training/start", Role.OPERATOR, {"seed": 8})
    assert (full.status_code, full.json["code"], full.headers["Retry-After"]) == (429, "too_busy", "1")
    again = site.post("/training/start", Role.OPERATOR, {"seed": 7}, headers=KEY)
    assert (again.data, again.headers["Idempotency-Replayed"]) == (first.data, "true")


@pytest.mark.parametrize(
    ("wish", "status", "code"),
    [
        ({"model_type": "nothing"}, 404, "unknown_model_type"),
        ({"dataset_version": "nothing-data-1"}, 404, "not_found"),
        ({"hyperparameters": {"magic": 1}}, 422, "bad_recipe"),
        ({"model_type": "segmentation", "dataset_version": "DIAGNOSIS"}, 422, "invalid_input"),
    ],
)
def test_a_refusal_writes_nothing(site, wish, status, code):
    with site.sessions.begin() as session:
        name = a_dataset(session).name
    before = counts(site)
    given = {field: name if value == "DIAGNOSIS" else value for field, value in wish.items()}
    refused = site.post("/training/start", Role.OPERATOR, given, headers=KEY)
    assert (refused.status_code, refused.json["code"]) == (status, code)
    assert counts(site) == before


def test_of_equal_wishes_at_the_same_moment_the_second_waits_for_the_first(site):
    answers = []
    second = threading.Thread(target=lambda: answers.append(site.post("/training/start", Role.OPERATOR, {})))
    with site.sessions.begin() as session:
        first = jobs.create(session, JobWish("diagnosis"), now=NOW, actor="test").id
        second.start()
        second.join(0.3)
        other = site.client.application.test_client()
        headers = {"Authorization": f"Bearer {site.keys[Role.OPERATOR]}"}
        unequal = other.post("/api/phase-7/training/start", json={"seed": 9}, headers=headers)
        assert (answers, unequal.status_code) == ([], 202)  # only equal wishes take turns
    second.join()
    assert (answers[0].status_code, answers[0].json["code"]) == (409, "same_job_open")
    assert str(first) in answers[0].json["detail"]


def test_a_repeat_is_refused_while_its_first_call_runs(site):
    owned = "SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"
    name = "key:operator\nPOST /api/phase-7/training/start\nkey-1"
    with site.sessions.begin() as session:
        session.execute(text(owned), {"name": name})
        busy = site.post("/training/start", Role.OPERATOR, {}, headers=KEY)
    assert (busy.status_code, busy.json["code"]) == (409, "still_running")


def test_an_expired_key_opens_nothing_though_the_ring_knows_it(site):
    site.post("/training/start", Role.OPERATOR, {"seed": 1})
    with site.sessions.begin() as session:
        session.execute(update(ApiKey).where(ApiKey.name == "operator").values(expires_at=NOW))
    assert site.post("/training/start", Role.OPERATOR, {"seed": 2}).status_code == 401


def test_an_ended_job_does_not_stand_in_the_way_of_its_like(site):
    job_id = site.post("/training/start", Role.OPERATOR, {}).json["job_id"]
    site.post(f"/training/jobs/{job_id}/cancel", Role.OPERATOR)
    assert site.post("/training/start", Role.OPERATOR, {}).status_code == 202


def test_the_orm_takes_no_part(site):
    site.post("/training/start", Role.OPERATOR, {"seed": 1})  # from now on everything is known
    said: list[str] = []
    engine = site.sessions.kw["bind"]
    event.listen(engine, "before_cursor_execute", lambda _c, _k, statement, *_: said.append(statement))
    assert site.post("/training/start", Role.OPERATOR, {"seed": 2}, headers=KEY).status_code == 202
    assert said == []


def test_a_submit_wakes_relay_and_event_streams(site):
    url = site.sessions.kw["bind"].url
    listener = psycopg2.connect(host=url.query["host"], user=url.username, dbname=url.database)
    listener.autocommit = True
    listener.cursor().execute("LISTEN rounds_outbox; LISTEN rounds_events")
    site.deps.waker.start()
    try:
        for seed in range(5):
            assert site.post("/training/start", Role.OPERATOR, {"seed": seed}).status_code == 202
        assert select_ready([listener], [], [], 10)[0]
        listener.poll()
    finally:
        site.deps.waker.stop()
    told = {one.channel for one in listener.notifies}
    listener.close()
    assert told == {"rounds_outbox", "rounds_events"}


def test_a_connection_that_died_in_the_pool_is_replaced_before_it_is_used(site):
    assert site.post("/training/start", Role.OPERATOR, {"seed": 1}).status_code == 202
    connections_cut(site)
    for seed in range(2, 8):
        assert site.post("/training/start", Role.OPERATOR, {"seed": seed}).status_code == 202


def test_names_that_look_like_places_of_a_form_stay_as_they_are():
    form = started_form("a%1$sb", "data%2$s")
    assert form.count("%1$s") - form.count("%%1$s") > 0
    assert "a%%1$sb" in form and "data%%2$s" in form
