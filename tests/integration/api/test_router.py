"""Who answers: the plan decides, an unconfirmed challenger never serves, a rollback wins every race."""

import threading
from itertools import cycle
from uuid import UUID

import pytest
from sqlalchemy import func, select

from api_service.auth import Role
from api_service.plan_cache import CONFIRMED_SECONDS, PlanCache
from shared.domain.assignment import bucket
from shared.domain.cycle import VersionState
from shared.registry.readings import CLEANED_PURPOSE
from shared.registry.tables import ModelVersion, Person, Prediction, PredictionInput, Reading, TrafficPlan
from tests.factories import NOW, a_plan, a_version
from tests.integration.api.world import database_away

ASK = {
    "person": "p-1",
    "encounter": "e-1",
    "text": "throbbing headache with nausea",
    "subgroup": {"age_band": "40-49", "sex": "f", "site": "north"},
}


def ask(site, **more):
    return site.post("/predict", Role.SERVICE, ASK | more)


def rows(site, table):
    with site.sessions() as session:
        return list(session.scalars(select(table)))


def test_the_challenger_answers_its_share_and_everything_is_written_down(site):
    _, challenger = site.serve(share=1.0)
    answer = ask(site)
    assert answer.status_code == 200, answer.text
    told = answer.json
    assert told["model_version"] == challenger.name
    assert told["digest"] == challenger.digest
    assert told["plan_version"] == 1
    assert (told["label"], told["confidence"]) == (f"label-of-{challenger.digest}", 0.75)
    assert told["top"][0] == {"label": told["label"], "probability": 0.75}
    [kept], [person] = rows(site, Prediction), rows(site, Person)
    assert kept.id == UUID(told["prediction_id"])
    assert (kept.slot, kept.share, kept.plan_number) == ("challenger", 1.0, 1)
    assert kept.bucket == bucket(person.key, "s")
    assert kept.subgroup == ASK["subgroup"]
    assert kept.audit_probability == 0.1
    [sealed] = rows(site, PredictionInput)
    assert b"headache" not in sealed.sealed
    assert site.deps.vault.open(sealed.sealed, "prediction") == ASK["text"].encode()


def test_a_person_keeps_an_arm_and_the_share_is_kept(site):
    champion, challenger = site.serve(share=0.25)
    names = {person: ask(site, person=f"p-{person}").json["model_version"] for person in range(40)}
    assert set(names.values()) == {champion.name, challenger.name}
    assert sum(name == challenger.name for name in names.values()) < 20
    assert all(
        ask(site, person=f"p-{person}").json["model_version"] == name for person, name in names.items()
    )


def test_a_plan_that_nobody_confirmed_for_two_seconds_serves_the_champion(site):
    champion, challenger = site.serve(share=1.0)
    assert site.deps.router.answer("diagnosis", "somebody", "text").served.name == challenger.name
    site.seconds[0] = CONFIRMED_SECONDS + 0.01
    routed = site.deps.router.answer("diagnosis", "somebody", "text")
    assert (routed.served.name, routed.slot) == (champion.name, "champion")


def test_a_registry_that_is_heard_now_and_then_fails_no_request(site):
    champion, challenger = site.serve(share=1.0)
    # confirmed when the challenger is asked, and not when its answer is there
    site.deps.router.cache._monotonic = cycle([0.0, CONFIRMED_SECONDS + 1]).__next__
    routed = site.deps.router.answer("diagnosis", "somebody", "text")
    assert site.server.asked == [challenger.digest, champion.digest]
    assert (routed.served.name, routed.slot, routed.share) == (champion.name, "champion", 0.0)


def test_the_champion_answers_where_the_challenger_cannot(site):
    champion, challenger = site.serve(share=1.0)
    site.server.broken.add(challenger.digest)
    assert ask(site).json["model_version"] == champion.name
    site.server.broken.add(champion.digest)
    answer = ask(site)
    assert (answer.status_code, answer.json["code"]) == (503, "part_down")


def test_an_answer_of_a_version_rolled_back_meanwhile_is_computed_again(site):
    champion, challenger = site.serve(share=1.0)

    def roll_back() -> None:
        site.server.before = lambda: None
        answer = site.post("/models/rollback", Role.APPROVER, {"reason": "it errs"})
        assert answer.status_code == 200, answer.text

    site.server.before = roll_back
    told = ask(site).json
    assert site.server.asked == [challenger.digest, champion.digest]
    assert (told["model_version"], told["plan_version"]) == (champion.name, 2)


def test_a_rollback_is_in_force_when_its_answer_arrives(site):
    champion, challenger = site.serve(share=1.0)
    assert ask(site).json["model_version"] == challenger.name
    answer = site.post("/models/rollback", Role.CLINICIAN, {"reason": "it errs"})
    assert answer.json["from_version"] == challenger.name
    assert answer.json["to_version"] == champion.name
    assert answer.json["plan_version"] == 2
    assert ask(site).json["model_version"] == champion.name


def test_the_standby_comes_back_when_the_live_version_is_rolled_back(site):
    with site.sessions.begin() as session:
        live, warm = (
            a_version(session, state=VersionState.LIVE),
            a_version(session, state=VersionState.STANDBY),
        )
        a_plan(session, live, standby_id=warm.id, shadow=True)
    answer = site.post("/models/rollback", Role.OPERATOR, {"to_version": warm.name})
    assert (answer.status_code, answer.json["to_version"]) == (200, warm.name)
    nowhere = site.post("/models/rollback", Role.OPERATOR, {"to_version": "diagnosis-0"})
    assert nowhere.status_code == 409


def test_a_person_who_was_merged_is_followed_within_a_minute(site):
    from shared.registry import persons
    from tests.factories import a_person

    site.serve(share=0.0)
    ask(site)
    [first] = rows(site, Person)
    with site.sessions.begin() as session:
        keeper = a_person(session)
        persons.merge(session, keeper, session.get_one(Person, first.id), reason="same", now=NOW)
    ask(site)
    site.seconds[0] = 61
    site.deps.router.cache.refresh()
    ask(site)
    assert [row.person_id for row in rows(site, Prediction)] == [first.id, first.id, keeper.id]


def test_nothing_live_is_said_so(site):
    site.deps.router.cache.refresh()
    answer = ask(site)
    assert (answer.status_code, answer.json["code"]) == (409, "no_live_version")
    assert site.post("/predict", Role.SERVICE, ASK | {"text": " "}).status_code in {409, 422}


def test_the_audit_sample_is_drawn_with_the_policy_s_share(site):
    site.serve(share=0.0)
    for encounter in range(60):
        assert ask(site, encounter=f"e-{encounter}").status_code == 200
    drawn = [row for row in rows(site, Prediction) if row.in_audit]
    assert 0 < len(drawn) < 20
    assert {row.prediction_id for row in rows(site, Reading)} == {row.id for row in drawn}


def test_with_the_database_away_the_champion_answers_and_the_answer_is_filed_later(site):
    champion, _ = site.serve(share=1.0)
    assert ask(site).status_code == 200  # the key is known from now on
    with database_away(site):
        answer = ask(site, encounter="e-2", person="p-2")
        assert answer.status_code == 200, answer.text
        assert answer.json["model_version"] == champion.name
        [spooled] = list((site.deps.settings.root / "spool" / "answers").iterdir())
        assert b"headache" not in spooled.read_bytes()
        assert spooled.stat().st_mode & 0o077 == 0
        refused = site.post("/training/start", Role.OPERATOR)
        assert (refused.status_code, refused.json["code"]) == (503, "part_down")
    filing = site.deps.filing
    for _ in range(2):  # the second round finds nothing
        filing.answers.file(filing._file_answer)
    assert filing.answers.waiting() == 0
    late = next(row for row in rows(site, Prediction) if str(row.id) == answer.json["prediction_id"])
    assert (late.slot, late.share, late.digest) == ("champion", 0.0, champion.digest)


def test_a_spooled_answer_that_was_filed_already_is_not_filed_twice(site):
    site.serve(share=0.0)
    told = ask(site)
    with database_away(site):
        ask(site, encounter="e-2")
    path = next((site.deps.settings.root / "spool" / "answers").iterdir())
    kept = path.read_bytes()
    filing = site.deps.filing
    filing.answers.file(filing._file_answer)
    path.write_bytes(kept)
    filing.answers.file(filing._file_answer)
    assert told.status_code == 200
    assert len(rows(site, Prediction)) == 2


def test_a_rollback_with_the_database_away_is_in_force_at_once_and_recorded_later(site):
    with site.sessions.begin() as session:
        live, warm = (
            a_version(session, state=VersionState.LIVE),
            a_version(session, state=VersionState.STANDBY),
        )
        a_plan(session, live, standby_id=warm.id)
    site.deps.router.cache.refresh()
    site.post("/models/rollback", Role.APPROVER, {"to_version": "diagnosis-0"})  # the key is known now
    assert ask(site).json["model_version"] == live.name
    with database_away(site):
        answer = site.post("/models/rollback", Role.APPROVER, {"reason": "it errs"})
        assert answer.status_code == 202, answer.text
        assert (answer.json["from_version"], answer.json["to_version"]) == (live.name, warm.name)
        assert answer.json["plan_version"] is None
        assert ask(site, encounter="e-2").json["model_version"] == warm.name
    site.deps.filing._file_orders()
    site.deps.router.cache.refresh()
    plan = rows(site, TrafficPlan)[-1]
    assert (plan.number, plan.champion_id, plan.actor) == (2, warm.id, "key:approver")
    with site.sessions() as session:
        assert session.get_one(ModelVersion, live.id).state == VersionState.ROLLED_BACK
    assert ask(site, encounter="e-3").json["model_version"] == warm.name


def test_an_order_that_still_waits_is_obeyed_by_the_next_process(site, settings, sessions):
    with site.sessions.begin() as session:
        live, warm = (
            a_version(session, state=VersionState.LIVE),
            a_version(session, state=VersionState.STANDBY),
        )
        a_plan(session, live, standby_id=warm.id)
    cache = site.deps.router.cache
    cache.refresh()
    site.post("/models/rollback", Role.APPROVER, {"to_version": "diagnosis-0"})
    with database_away(site):
        assert site.post("/models/rollback", Role.APPROVER, {"reason": "it errs"}).status_code == 202
        from api_service.filing import Filing

        again = PlanCache(settings.root / "router", sessions)
        assert again.held("diagnosis").plan.champion.name == live.name
        filing = Filing(settings, sessions, vault=site.deps.vault, cache=again)
        filing.start()
        filing.stop()
        assert again.held("diagnosis").plan.champion.name == warm.name


def test_a_plan_change_reaches_a_following_router_by_notice(site):
    site.serve(share=1.0)
    cache = site.deps.router.cache
    changed = threading.Event()
    read = threading.Event()
    first = cache.refresh

    def refresh() -> None:
        first()
        read.set()
        if cache.held("diagnosis").plan.number == 2:
            changed.set()

    cache.refresh = refresh
    cache.ask_every_seconds = 60  # only a notice can be in time
    cache.follow()
    assert read.wait(5)
    try:
        with site.sessions.begin() as session:
            from shared.registry import deployments
            from shared.registry.releases import Cause

            deployments.rollback_by_person(session, "diagnosis", None, cause=Cause("test", "why", NOW))
        assert changed.wait(5)
    finally:
        cache.stop()


def test_the_plans_survive_on_disk_and_a_broken_file_is_passed_over(site, settings, sessions):
    champion, challenger = site.serve(share=1.0)
    again = PlanCache(settings.root / "router", sessions)
    held = again.held("diagnosis")
    assert (held.plan, held.confirmed) == (site.deps.router.cache.held("diagnosis").plan, False)
    (settings.root / "router" / "plans.json").write_text("{")
    with pytest.raises(Exception, match="no version"):
        PlanCache(settings.root / "router", sessions).held("diagnosis")


def test_feedback_is_kept_once_corrected_by_a_further_row_and_checked(site):
    from shared.registry.tables import Outbox, Outcome

    site.serve(share=0.0)
    path = f"/predictions/{ask(site).json['prediction_id']}/feedback"
    said = {"diagnosis": "Migraine", "validated_by": "dr-1", "validated_at": NOW.isoformat()}
    first = site.post(path, Role.CLINICIAN, said)
    assert (first.status_code, first.json) == (200, site.post(path, Role.CLINICIAN, said).json)
    assert site.post(path, Role.CLINICIAN, said | {"diagnosis": "Stroke"}).status_code == 200
    assert [row.label for row in rows(site, Outcome)] == ["Migraine", "Stroke"]
    assert [row.task for row in rows(site, Outbox)] == ["deploy.look"]
    future = said | {"validated_at": "2027-01-01T00:00:00Z"}
    assert site.post(path, Role.CLINICIAN, future).json["field"] == "validated_at"
    naive = said | {"validated_at": "2026-01-01T00:00:00"}
    assert site.post(path, Role.CLINICIAN, naive).status_code == 422
    unknown = "/predictions/00000000-0000-0000-0000-000000000000/feedback"
    assert site.post(unknown, Role.CLINICIAN, said).json["code"] == "unknown_prediction"


def test_a_reading_is_shown_without_the_models_and_counts_once(site):
    site.serve(share=0.0)
    while not rows(site, Reading):
        ask(site)
    [waits] = site.get("/worklist", Role.CLINICIAN).json
    assert (waits["text"], waits["preparing"]) == (None, True)
    with site.sessions.begin() as session:
        for kept in session.scalars(select(PredictionInput)):
            kept.cleaned = site.deps.vault.seal(b"seen by [NAME]", CLEANED_PURPOSE)
    [shown] = site.get("/worklist", Role.CLINICIAN).json
    assert (shown["text"], shown["preparing"]) == ("seen by [NAME]", False)
    assert shown["kind"] == "audit"
    assert "label-of" not in str(shown)
    said = {"reading_id": shown["reading_id"], "diagnosis": "Migraine"}
    assert site.post("/validations", Role.CLINICIAN, said).json["diagnosis"] == "Migraine"
    assert site.get("/worklist", Role.CLINICIAN).json == []
    assert site.post("/validations", Role.CLINICIAN, said | {"diagnosis": "Stroke"}).status_code == 409
    with site.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Reading)) == 1


def test_an_order_filed_twice_takes_nobody_else_out(site):
    from api_service.filing import Order

    with site.sessions.begin() as session:
        live = a_version(session, state=VersionState.LIVE)
        warm = a_version(session, state=VersionState.STANDBY)
        challenger = a_version(session, state=VersionState.CANARY_5)
        seats = {"standby_id": warm.id, "challenger_id": challenger.id, "share": 0.5}
        a_plan(session, live, **seats, shadow=True)
    order = Order(
        model_type="diagnosis",
        leaving=challenger.name,
        to_version=None,
        actor="key:approver",
        reason="it errs",
        at=NOW,
    )
    for _ in range(2):  # a process that dies before it removes the entry files it again
        site.deps.filing._file_order(order.model_dump(mode="json"))
    plan = rows(site, TrafficPlan)[-1]
    assert (plan.number, plan.champion_id, plan.challenger_id) == (2, live.id, None)


def test_no_refresh_ends_an_override_before_its_order_is_filed(site):
    with site.sessions.begin() as session:
        live, warm = (
            a_version(session, state=VersionState.LIVE),
            a_version(session, state=VersionState.STANDBY),
        )
        a_plan(session, live, standby_id=warm.id)
    site.deps.router.cache.refresh()
    site.post("/models/rollback", Role.APPROVER, {"to_version": "diagnosis-0"})  # the key is known now
    with database_away(site):
        assert site.post("/models/rollback", Role.APPROVER, {"reason": "it errs"}).status_code == 202
    filing = site.deps.filing
    site.deps.router.cache.before_refresh = filing._file_orders
    site.deps.router.cache.refresh()
    assert ask(site).json["model_version"] == warm.name
    assert [row.champion_id for row in rows(site, TrafficPlan)] == [live.id, warm.id]


def test_a_champion_that_is_not_in_memory_leaves_its_person_to_the_warm_version(site):
    from shared.errors import NotFoundError

    with site.sessions.begin() as session:
        live, warm = (
            a_version(session, state=VersionState.LIVE),
            a_version(session, state=VersionState.STANDBY),
        )
        a_plan(session, live, standby_id=warm.id)
    site.deps.router.cache.refresh()

    def missing() -> None:
        if site.server.asked[-1] == live.digest:
            raise NotFoundError("the version is not in memory")

    site.server.before = missing
    told = ask(site).json
    assert told["model_version"] == warm.name
    [kept] = rows(site, Prediction)
    assert (kept.digest, kept.slot) == (warm.digest, "champion")


def test_the_time_machine_says_over_http_who_served_and_whom(site):
    _, challenger = site.serve(share=1.0)
    assert ask(site).status_code == 200
    told = site.get("/plans/live").json
    assert (told["plan_version"], told["challenger"], told["challenger_percent"]) == (1, challenger.name, 100)
    assert told["answered"] == [
        {"model_version": challenger.name, "slot": "challenger", "answers": 1, "persons": 1}
    ]
    before = site.get("/plans/live?at=2020-01-01T00:00:00Z")
    assert (before.status_code, before.json["field"]) == (404, "at")


def test_feedback_from_before_the_prediction_or_for_a_withdrawn_person_is_refused_by_name(site):
    from shared.registry.tables import Consent, Outcome

    site.serve(share=0.0)
    path = f"/predictions/{ask(site).json['prediction_id']}/feedback"
    said = {"diagnosis": "a label nobody knows", "validated_by": "dr-1", "validated_at": NOW.isoformat()}
    early = site.post(path, Role.CLINICIAN, said | {"validated_at": "2020-01-01T00:00:00Z"})
    assert (early.status_code, early.json["field"]) == (422, "validated_at")
    [person] = rows(site, Person)
    with site.sessions.begin() as session:
        session.add(Consent(person_id=person.id, scope="training", state="withdrawn", since=NOW))
    late = site.post(path, Role.CLINICIAN, said)
    assert (late.status_code, late.json["code"]) == (409, "person_withdrawn")
    assert rows(site, Outcome) == []


def test_a_label_that_nobody_knows_is_kept_as_it_stands(site):
    from shared.registry.tables import Outcome

    site.serve(share=0.0)
    path = f"/predictions/{ask(site).json['prediction_id']}/feedback"
    said = {"diagnosis": " kuru ", "validated_by": "dr-1", "validated_at": NOW.isoformat()}
    assert site.post(path, Role.CLINICIAN, said).status_code == 200
    assert [row.label for row in rows(site, Outcome)] == ["kuru"]


def test_deploying_tells_every_rule_that_failed(site):
    with site.sessions.begin() as session:
        live = a_version(session, state=VersionState.LIVE)
        a_plan(session, live)
        unproved = a_version(session, gate=None, tainted=["withdrawal:1"], blocked=True)
    answer = site.post("/models/deploy", Role.APPROVER, {"model_version": unproved.name})
    assert answer.status_code == 409
    for rule in (
        "tainted: withdrawal:1",
        "blocked by a person",
        "no gate was passed over exactly these bytes",
    ):
        assert rule in answer.json["detail"]
    nowhere = site.post("/models/rollback", Role.APPROVER, {"reason": "it errs"})
    assert (nowhere.status_code, nowhere.json["code"]) == (409, "nothing_to_go_back_to")
    assert len(rows(site, TrafficPlan)) == 1


def test_a_challenger_that_hangs_holds_up_its_person_briefly_and_then_nobody(site, monkeypatch):
    from api_service import router

    champion, challenger = site.serve(share=1.0)
    monkeypatch.setattr(router, "_CHALLENGER_SECONDS", 0.1)
    let_go = threading.Event()

    def hang() -> None:
        if site.server.asked[-1] == challenger.digest:
            let_go.wait(30)

    site.server.before = hang
    try:
        told = [ask(site, encounter=f"e-{n}").json for n in range(5)]
    finally:
        let_go.set()
    assert {one["model_version"] for one in told} == {champion.name}
    assert site.server.asked.count(challenger.digest) == 1
    assert {row.slot for row in rows(site, Prediction)} == {"champion"}


def test_an_order_given_to_one_process_is_obeyed_by_the_others_of_its_home(site, settings, sessions):
    from api_service.filing import Filing

    with site.sessions.begin() as session:
        live, warm = (
            a_version(session, state=VersionState.LIVE),
            a_version(session, state=VersionState.STANDBY),
        )
        a_plan(session, live, standby_id=warm.id)
    cache = site.deps.router.cache
    cache.refresh()
    site.post("/models/rollback", Role.APPROVER, {"to_version": "diagnosis-0"})  # the key is known now
    other = PlanCache(settings.root / "router", sessions)
    beside = Filing(settings, sessions, vault=site.deps.vault, cache=other)
    with database_away(site):
        assert site.post("/models/rollback", Role.APPROVER, {"reason": "it errs"}).status_code == 202
        assert other.held("diagnosis").plan.champion.name == live.name
        for _ in range(2):
            beside._obey()
            assert other.held("diagnosis").plan.champion.name == warm.name


def test_of_two_processes_that_file_one_spool_the_slower_leaves_it(site):
    from api_service.spool import Spool

    site.serve(share=0.0)
    ask(site)
    with database_away(site):
        ask(site, encounter="e-2")
    answers = site.deps.filing.answers
    beside = Spool(site.deps.settings.root / "spool" / "answers", site.deps.vault)

    def slower(entry) -> None:
        beside.file(site.deps.filing._file_answer)
        site.deps.filing._file_answer(entry)

    answers.file(slower)
    assert (answers.waiting(), len(rows(site, Prediction))) == (0, 2)


def test_a_process_reads_no_plan_while_another_still_files_an_order(site):
    import fcntl

    site.serve(share=1.0)
    with database_away(site):
        site.post("/models/rollback", Role.APPROVER, {"reason": "it errs"})
    orders = site.deps.settings.root / "spool" / "orders"
    orders.mkdir(parents=True, exist_ok=True)
    cache, filing = site.deps.router.cache, site.deps.filing
    cache.before_refresh = filing._file_orders
    with (orders / "filing.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        reading = threading.Thread(target=cache.refresh)
        reading.start()
        reading.join(0.3)
        assert reading.is_alive()
    reading.join(10)
    assert not reading.is_alive()
