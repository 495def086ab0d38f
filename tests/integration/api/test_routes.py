"""The plan's fifteen addresses and those of existing clients, on real rows."""

from datetime import timedelta

from sqlalchemy import select

from api_service.auth import Role
from shared.domain.cycle import CaseState, JobState, VersionState
from shared.registry import attempts, devices
from shared.registry.devices import Device
from shared.registry.tables import (
    Alert,
    AuditEvent,
    CollectionRun,
    Label,
    ModelPerformance,
    Outbox,
    Schedule,
    SourceRecord,
    Validation,
)
from tests.factories import NOW, a_case, a_dataset, a_job, a_member, a_plan, a_source, a_version, add


def a_measurement(session, version, **given) -> ModelPerformance:
    values = {"model_version_id": version.id, "model_version": version.name, "model_type": "diagnosis"}
    values |= {
        "dataset_version_id": version.dataset_version_id,
        "purpose": "gate",
        "n": 120,
        "accuracy": 0.85,
    }
    values |= {"precision": 0.84, "recall": 0.83, "f1_score": 0.82, "per_class": {}, "subgroups": {}}
    values |= {"intervals": {"accuracy": [0.78, 0.91]}, "created_at": NOW}
    return add(session, ModelPerformance(**values | given))


def test_statistics_of_an_empty_site_are_numbers_and_never_null(site):
    told = site.get("/cases/statistics").json
    seven = ("total_cases", "validated_cases", "pending_cases", "anonymized_cases", "used_in_training")
    assert all(told[name] == 0 for name in seven)
    assert (told["average_quality_score"], told["collection_rate"]) == (0.0, 0.0)
    assert told["last_run"] is None


def test_statistics_count_what_stands(site):
    with site.sessions.begin() as session:
        source = a_source(session, name="clinic")
        case = a_case(session, source_id=source.id, data_quality_score=80, is_anonymized=True)
        a_case(session, source_id=source.id, state=CaseState.PENDING, data_quality_score=91)
        a_case(session, source_id=source.id, state=CaseState.SUPERSEDED)
        a_member(session, a_dataset(session), case)
        for key, outcome, reason in (
            ("1", "collected", None),
            ("2", "refused", "staff"),
            ("3", "refused", "staff"),
        ):
            add(
                session,
                SourceRecord(
                    source_id=source.id,
                    natural_key=key,
                    content_hash="h",
                    outcome=outcome,
                    reason=reason,
                    case_id=case.id if key == "1" else None,
                    seen_at=NOW,
                ),
            )
    told = site.get("/cases/statistics").json
    assert (told["total_cases"], told["validated_cases"], told["pending_cases"]) == (2, 1, 1)
    assert (told["anonymized_cases"], told["used_in_training"]) == (1, 1)
    assert (told["average_quality_score"], told["collection_rate"]) == (85.5, 33.33)
    assert told["by_source"] == {"clinic": 2}
    assert told["by_reason"] == {"staff": 2}
    assert told["trigger_after"] == 200


def test_collect_asks_for_a_source_and_takes_a_named_one(site):
    assert site.post("/cases/collect", Role.STEWARD).status_code == 409
    with site.sessions.begin() as session:
        a_source(session, kind="sql", name="clinic")
    answer = site.post("/cases/collect", Role.STEWARD, {"source": "clinic", "dry_run": True})
    assert answer.status_code == 202
    run = site.get(answer.headers["Location"].removeprefix("/api/phase-7")).json
    assert (run["run_id"], run["source"], run["status"]) == (answer.json["run_id"], "clinic", "queued")
    assert site.post("/cases/collect", Role.STEWARD, {"source": "other"}).status_code == 404
    backwards = {"start_date": "2026-02-01", "end_date": "2026-01-01"}
    assert site.post("/cases/collect", Role.STEWARD, backwards).status_code == 422


def test_pushed_cases_are_sealed_until_they_are_collected(site):
    case = {"source_id": "1", "person": "p", "text": "Ann Other has a cough", "diagnosis": "Bronchitis"}
    answer = site.post("/cases", Role.SERVICE, case | {"known": {"name": "Ann Other"}})
    assert (answer.status_code, answer.json["received"]) == (202, 1)
    assert site.post("/cases", Role.STEWARD, [case, case | {"source_id": "2"}]).json["received"] == 2
    with site.sessions() as session:
        runs = session.scalars(select(CollectionRun)).all()
        assert all("Ann" not in str(run.wish) for run in runs)
    mixed = [case, case | {"model_type": "segmentation"}]
    assert site.post("/cases", Role.SERVICE, mixed).status_code == 409
    assert site.post("/cases", Role.SERVICE, []).status_code == 422


def test_export_is_a_sealed_version_with_its_hash_and_is_written_down(site):
    with site.sessions.begin() as session:
        dataset = a_dataset(session)
        sealed = site.deps.vault.seal(b"cough and [NAME]", "case")
        a_member(session, dataset, a_case(session, input_sealed=sealed))
        name, digest = dataset.name, dataset.sha256
    answer = site.get(f"/cases/export?dataset_version={name}&format=jsonl", Role.STEWARD)
    assert answer.headers["X-Dataset-Sha256"] == digest
    assert '"text": "cough and [NAME]"' in answer.text
    assert '"messages"' in site.get(f"/cases/export?dataset_version={name}&format=chat", Role.STEWARD).text
    assert site.get("/cases/export?dataset_version=none", Role.STEWARD).status_code == 404
    assert site.get("/cases/export", Role.STEWARD).status_code == 422
    with site.sessions() as session:
        assert len(session.scalars(select(AuditEvent).filter_by(act="export")).all()) == 2


def test_cases_are_listed_by_page_and_opened_with_a_trace(site):
    sealed = site.deps.vault.seal(b"cough", "case")
    with site.sessions.begin() as session:
        ids = {str(a_case(session, input_sealed=sealed).id) for _ in range(3)}
        a_case(session, state=CaseState.NEEDS_REVIEW)
    first = site.get("/cases?limit=2&status=validated", Role.CLINICIAN)
    following = first.headers["Link"].split(">")[0].removeprefix("</api/phase-7")
    second = site.get(following, Role.CLINICIAN)
    assert {row["case_id"] for row in first.json + second.json} == ids
    assert "text" not in first.json[0]
    assert site.get("/cases?cursor=AAAA", Role.CLINICIAN).json["field"] == "cursor"
    opened = site.get(f"/cases/{first.json[0]['case_id']}", Role.STEWARD).json
    assert (opened["text"], opened["validation_status"]) == ("cough", "validated")
    assert opened["confidence"] is None
    with site.sessions() as session:
        assert session.scalars(select(AuditEvent).filter_by(act="read")).one().actor == "key:steward"


def test_a_clinician_settles_a_case(site):
    with site.sessions.begin() as session:
        add(
            session,
            Label(model_type="diagnosis", label="Stroke", aliases=["CVA"], codes=[], created_at=NOW),
        )
        case = a_case(session, state=CaseState.NEEDS_REVIEW, review_reasons=["unsure"])
        unclean = a_case(session, state=CaseState.NEEDS_REVIEW, deidentified=False)
    path = f"/cases/{case.id}/validate"
    wrong = site.post(path, Role.CLINICIAN, {"status": "validated", "diagnosis": "Nonsense"})
    assert (wrong.status_code, wrong.json["field"]) == (422, "diagnosis")
    done = site.post(path, Role.CLINICIAN, {"status": "validated", "diagnosis": "CVA"}).json
    assert (done["diagnosis"], done["validation_status"], done["review_reasons"]) == (
        "Stroke",
        "validated",
        [],
    )
    held = site.post(f"/cases/{unclean.id}/validate", Role.CLINICIAN, {"status": "validated"})
    assert (held.status_code, held.json["code"]) == (409, "not_deidentified")
    gone = site.post(f"/cases/{unclean.id}/validate", Role.CLINICIAN, {"status": "rejected"})
    assert gone.json["validation_status"] == "rejected"
    with site.sessions() as session:
        assert [row.kind for row in session.scalars(select(Validation))] == ["amend", "reject"]


def test_training_is_queued_shown_and_cancelled(site):
    started = site.post(
        "/training/start", Role.OPERATOR, {"hyperparameters": {"epochs": 3}, "priority": 5, "seed": 2}
    )
    assert started.status_code == 202
    told = started.json
    assert {"status", "job_id", "model_type", "model_version", "dataset_size", "message"} <= told.keys()
    assert (told["status"], told["dataset_size"]) == ("queued", None)
    shown = site.get(f"/training/jobs/{told['job_id']}").json
    assert (shown["hyperparameters"], shown["priority"], shown["attempts"]) == ({"epochs": 3}, 5, [])
    with site.sessions() as session:
        assert session.scalars(select(Outbox.task)).one() == "collect.seal_for_job"
    cancelled = site.post(f"/training/jobs/{told['job_id']}/cancel", Role.OPERATOR)
    assert cancelled.json["status"] == "cancelled"
    assert site.post(f"/training/jobs/{told['job_id']}/cancel", Role.OPERATOR).status_code == 409
    changes = {"hyperparameters": {"epochs": 1}}
    again = site.post(f"/training/jobs/{told['job_id']}/retry", Role.OPERATOR, changes).json
    shown = site.get(f"/training/jobs/{again['job_id']}").json
    assert (shown["retry_of"], shown["hyperparameters"]) == (told["job_id"], {"epochs": 1})
    assert (shown["repairs"], shown["error_fix"]) == ([], None)
    assert site.post(f"/training/jobs/{again['job_id']}/retry", Role.OPERATOR, {}).status_code == 409
    assert site.post("/training/jobs", Role.OPERATOR, {"model_type": "none"}).status_code == 404


def test_a_forecast_says_what_it_rests_on_and_devices_who_has_them(site):
    told = site.get("/training/forecast").json
    assert (told["model_type"], told["gain_points"], told["past"]) == ("diagnosis", None, [])
    assert site.get("/training/forecast?model_type=none").status_code == 404
    assert site.get("/gpus").json == []
    with site.sessions.begin() as session:
        pair = [Device("h", "gpu-0"), Device("h", "cores-0")]
        devices.offer(session, pair)
        job = a_job(session, dataset_version_id=a_dataset(session).id)
        lease = attempts.claim(session, job.id, worker="w", now=NOW)
        devices.grant(session, pair[0], lease)
    assert site.get("/gpus").json == [{"device": "h/gpu-0", "held": True, "job_id": str(job.id)}]


def test_a_version_has_a_card_as_data_and_as_a_page(site):
    with site.sessions.begin() as session:
        version = a_version(session)
        a_measurement(session, version)
    told = site.get(f"/models/{version.name}/card")
    assert (told.json["model_version"], told.json["gate"]["verdict"]) == (version.name, "pass")
    page = site.get(f"/models/{version.name}/card?format=markdown")
    assert page.content_type.startswith("text/markdown") and page.text.startswith(f"# {version.name}\n")
    assert site.get("/models/none-1/card").status_code == 404


def test_costs_are_the_sum_of_every_training_since_a_day(site):
    with site.sessions.begin() as session:
        for hours, seconds in ((-1, 100.0), (1, 20.0), (2, 3.0)):
            a_job(session, created_at=NOW + timedelta(hours=hours), cost={"seconds": seconds, "kwh": 0.5})
    told = site.get(f"/costs?since={NOW.isoformat().replace('+', '%2B')}").json
    assert (told["cost"]["seconds"], told["cost"]["kwh"], told["cost"]["money"]) == (23.0, 1.0, None)


def test_jobs_are_a_bare_array_that_clients_can_draw(site):
    with site.sessions.begin() as session:
        for hours in range(4):
            a_job(session, created_at=NOW + timedelta(hours=hours), state=JobState.RUNNING, progress=0.5)
        version = a_version(session)
        a_measurement(session, version)
    rows = site.get("/training/jobs?limit=10").json
    assert isinstance(rows, list)
    assert all(isinstance(row["job_id"], str) and 0 <= row["progress_percentage"] <= 100 for row in rows)
    judged = next(row for row in rows if row["model_version"] == version.name)
    assert (judged["status"], judged["final_accuracy"], judged["final_accuracy_n"]) == (
        "completed",
        85.0,
        120,
    )
    assert [row["id"] for row in site.get("/training/jobs?limit=2&offset=1").json] == [
        row["id"] for row in rows[1:3]
    ]
    assert len(site.get("/training/jobs?status=running").json) == 4
    assert site.get("/training/jobs?status=done").status_code == 422


def test_a_training_schedule_is_written_and_says_when_it_fires(site):
    told = site.post(
        "/training/schedule", Role.OPERATOR, {"weekday": "sun", "time": "02:00", "timezone": "Europe/Berlin"}
    ).json
    assert (told["cron"], told["next_run_at"]) == ("0 2 * * 0", "2026-03-08T01:00:00Z")
    counted = site.post("/training/schedule", Role.OPERATOR, {"after_new_cases": 150}).json
    assert (counted["schedule_id"], counted["cron"]) == (told["schedule_id"], "0 2 * * 0")
    assert (counted["after_new_cases"], counted["timezone"]) == (150, "Europe/Berlin")
    off = site.post("/training/schedule", Role.OPERATOR, {"enabled": False}).json
    assert (off["status"], off["next_run_at"]) == ("disabled", None)
    for wrong in (
        {"cron": "nonsense"},
        {"weekday": "sun"},
        {"timezone": "Mars/Base"},
        {"cron": "0 0 30 2 *"},
    ):
        assert site.post("/training/schedule", Role.OPERATOR, wrong).status_code == 422
    with site.sessions() as session:
        assert len(session.scalars(select(Schedule)).all()) == 1


def test_current_says_who_serves_or_that_nobody_does(site):
    nobody = site.get("/models/current").json
    assert (nobody["status"], nobody["model_version"]) == ("no_active_model", None)
    with site.sessions.begin() as session:
        live = a_version(session, state=VersionState.LIVE)
        rival = a_version(session, state=VersionState.CANARY_5)
        a_measurement(session, live)
        a_plan(session, live, challenger_id=rival.id, share=0.05, shadow=True)
    told = site.get("/models/current").json
    assert (told["status"], told["model_version"], told["accuracy"], told["n"]) == (
        "active",
        live.name,
        85.0,
        120,
    )
    assert told["performance_metrics"] == {
        "accuracy": 85.0,
        "precision": 84.0,
        "recall": 83.0,
        "f1_score": 82.0,
    }
    assert told["canary"] == {"version": rival.name, "percent": 5.0}
    assert (told["plan_version"], told["digest"], told["shadow"]) == (1, live.digest, rival.name)
    assert site.get("/models/current?model_type=none").status_code == 404


def test_available_versions_say_whether_and_why_not(site):
    with site.sessions.begin() as session:
        ready = a_version(session)
        failed = a_version(session, state=VersionState.REJECTED, gate=None)
        from tests.factories import a_gate_decision

        rule = {"rule": "accuracy", "verdict": "fail", "why": "4 points worse"}
        a_gate_decision(session, failed, verdict="fail", rules=[rule])
        a_measurement(session, ready)
    rows = {row["model_version"]: row for row in site.get("/models/available").json}
    assert (rows[ready.name]["deployable"], rows[ready.name]["why_not"]) == (True, [])
    assert rows[ready.name]["accuracy_estimate"] == {"value": 85.0, "n": 120, "low": 78.0, "high": 91.0}
    assert rows[failed.name]["deployable"] is False
    assert "accuracy: 4 points worse" in rows[failed.name]["why_not"]
    assert site.get("/models/history").json == site.get("/models/available").json
    measured = site.get("/models/performance?limit=5").json
    assert (measured[0]["accuracy"], measured[0]["is_active"]) == (85.0, False)
    assert measured[0]["deployed_at"].endswith("Z")


def test_compare_only_subtracts_nothing_and_says_whether_sets_agree(site):
    with site.sessions.begin() as session:
        first, second = a_version(session), a_version(session)
        for version in (first, second):
            a_measurement(session, version)
        third = a_version(session)
        a_measurement(session, third, dataset_version_id=first.dataset_version_id)
    apart = site.get(f"/models/compare?version_a={first.name}&version_b={second.name}").json
    same = site.get(f"/models/compare?version_a={first.name}&version_b={third.name}").json
    assert (apart["status"], same["status"]) == ("not_comparable", "comparable")


def test_deploy_names_every_rule_that_speaks_against_it(site):
    with site.sessions.begin() as session:
        live = a_version(session, state=VersionState.LIVE)
        a_plan(session, live)
        ready, failed = a_version(session), a_version(session, state=VersionState.REJECTED, gate="fail")
    done = site.post("/models/deploy", Role.APPROVER, {"model_version": ready.name, "percent": 5})
    assert done.status_code == 202, done.text
    assert {"deployment_id", "plan_version", "message"} <= done.json.keys()
    again = site.post(f"/models/{ready.name}/activate", Role.APPROVER)
    assert again.json["deployment_id"] == done.json["deployment_id"]
    refused = site.post("/models/deploy", Role.APPROVER, {"model_version": failed.name})
    assert (refused.status_code, refused.json["code"]) == (409, "not_deployable")
    assert site.post("/models/deploy", Role.APPROVER, {"model_version": "none"}).status_code == 404
    odd = site.post("/models/deploy", Role.APPROVER, {"model_version": ready.name, "percent": 30})
    assert odd.json["field"] == "percent"


def test_ab_test_tells_none_running_and_concluded(site):
    assert site.get("/models/ab-test").json["status"] == "none"
    champion, challenger = site.serve(share=0.25)
    told = site.get("/models/ab-test").json
    assert (told["status"], told["model_a"], told["model_b"]) == ("running", champion.name, challenger.name)
    assert told["traffic_split"] == {"model_a": 75.0, "model_b": 25.0}
    site.post("/predict", Role.SERVICE, {"person": "p", "encounter": "e", "text": "t"})
    assert site.get("/models/ab-test").json["n"]["served"] == 1
    assert site.post(f"/models/{champion.name}/hold", Role.CLINICIAN, {"reason": "r"}).status_code == 409
    held = site.post(f"/models/{challenger.name}/hold", Role.CLINICIAN, {"reason": "a ward moves"})
    assert (held.status_code, held.json["status"]) == (200, "held")
    asked = site.post(f"/models/{challenger.name}/promote", Role.OPERATOR, {"reason": "the board"})
    assert (asked.status_code, asked.json["status"]) == (202, "asked")
    told = site.get("/models/ab-test").json
    assert (told["held"]["reason"], told["asked"]["approval_id"]) == (
        "a ward moves",
        asked.json["approval_id"],
    )
    site.post("/models/rollback", Role.APPROVER)
    assert site.get("/models/ab-test").json["status"] == "concluded"


def test_performance_carries_n_and_an_interval(site):
    champion, _ = site.serve(share=0.0)
    for encounter in range(4):
        wish = {"person": "p", "encounter": str(encounter), "text": "t"}
        given = site.post("/predict", Role.SERVICE, wish).json
        said = {"diagnosis": given["label"], "validated_by": "dr", "validated_at": NOW.isoformat()}
        if encounter:
            site.post(f"/predictions/{given['prediction_id']}/feedback", Role.CLINICIAN, said)
    told = site.get("/performance/current").json
    mine = next(row for row in told["versions"] if row["model_version"] == champion.name)
    assert (mine["predicted"], mine["matured"], mine["share_matured"]) == (4, 3, 75.0)
    assert (mine["live_accuracy"]["value"], mine["live_accuracy"]["n"]) == (100.0, 3)
    assert mine["live_accuracy"]["low"] < 50
    site.post("/models/rollback", Role.APPROVER)
    marks = site.get("/performance/history").json["marks"]
    assert [mark["kind"] for mark in marks] == ["rolled_back"]


def test_what_was_live_at_an_instant(site):
    champion, _ = site.serve(share=0.0)
    assert site.get("/plans?at=2026-03-04T09:14:00Z").json[0]["champion"] == champion.name
    assert site.get("/plans?at=2026-03-03T09:14:00Z").json == []
    assert len(site.get("/plans").json) == 1


def test_policies_pause_and_alerts(site):
    assert site.get("/policies").json[0]["body"]["rollback_drop"] == 0.02
    assert site.post("/pause", Role.OPERATOR).json["status"] == "paused"
    assert site.get("/health", role=None).json["paused"] is True
    assert site.post("/resume", Role.APPROVER).json["status"] == "running"
    with site.sessions.begin() as session:
        alert = add(
            session,
            Alert(kind="k", severity="warning", dedup_key="d", title="t", body="b", opened_at=NOW),
        )
    assert site.get("/alerts").json[0]["id"] == str(alert.id)
    assert site.post(f"/alerts/{alert.id}/ack", Role.OPERATOR).json["acknowledged_by"] == "key:operator"
    assert site.get("/alerts?state=open").json == []


def test_a_second_person_decides_and_the_first_may_not(site):
    from shared.registry import approvals

    with site.sessions.begin() as session:
        live, ready = a_version(session, state=VersionState.LIVE), a_version(session)
        a_plan(session, live)
        subject = ("model_versions", ready.id)
        asked = approvals.ask(session, subject, maker="key:approver", reason="better", now=NOW)
    [waiting] = site.get("/approvals").json
    assert waiting["approval_id"] == str(asked.id)
    word = {"approval_id": str(asked.id), "approve": True, "reason": "read it"}
    assert site.post("/approvals", Role.APPROVER, word).status_code == 403
    wish = {"model_version": ready.name, "approval_id": str(asked.id)}
    assert site.post("/models/deploy", Role.APPROVER, wish).json["field"] == "approval_id"
    with site.sessions.begin() as session:
        approvals.decide(session, asked.id, checker="key:second", approve=True, reason="ok", now=NOW)
    assert site.post("/models/deploy", Role.APPROVER, wish).status_code == 202


def test_health_names_every_part_and_is_503_without_them(site):
    answer = site.get("/health", role=None)
    assert answer.status_code == 503
    states = {part["name"]: part["state"] for part in answer.json["parts"]}
    assert (states["api"], states["postgres"], states["relay"], states["notify"]) == (
        "ok",
        "ok",
        "down",
        "off",
    )
    assert site.get("//health", role=None).status_code == 503


def test_health_is_200_when_everything_spoke_of_late(site):
    from shared.registry import parts
    from shared.registry.parts import Identity

    with site.sessions.begin() as session:
        for name in ("relay", "beat", "worker-collect", "worker-train", "worker-deploy"):
            parts.say(session, Identity(name), {"broker": "up"})
    site.deps.router.cache.refresh()
    answer = site.get("/health", role=None)
    assert answer.status_code == 200, answer.text
    assert site.get("//api/self-healing/status", role=None).json["capabilities"]["lost_jobs_are_requeued"]
    assert site.get("//api/phase-6/health", role=None).status_code == 200
    assert site.get("//api/phase-5c/health", role=None).json["capabilities"]["medsam_finetuning"]
    with site.sessions.begin() as session:
        parts.say(session, Identity("relay"), {"broker": "down"})
    assert site.get("/health", role=None).status_code == 503


def test_health_with_the_database_away_says_which_part(site):
    from tests.integration.api.world import database_away

    with database_away(site):
        answer = site.get("/health", role=None)
    states = {part["name"]: part["state"] for part in answer.json["parts"]}
    assert (answer.status_code, states["postgres"], states["beat"]) == (503, "down", "unknown")


def test_metrics_are_numbers_without_anybody_in_them(site):
    site.serve(share=0.0)
    site.post("/predict", Role.SERVICE, {"person": "Ann Other", "encounter": "e", "text": "cough"})
    text = site.get("//metrics", Role.SERVICE).text
    assert 'rounds_predictions{model_type="diagnosis",slot="champion"} 1.0' in text
    assert "Ann" not in text


def test_the_overview_is_one_answer(site):
    told = site.get("/dashboard/overview").json
    assert told.keys() == {"collection", "recent_jobs", "active_models", "system_health"}
