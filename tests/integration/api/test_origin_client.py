"""The calls of the clinic app's own dashboard, as it makes them and with what it does to the answers."""

import pytest

from api_service.auth import Role
from shared.domain.cycle import CaseState, JobState, VersionState
from shared.registry.tables import Label, ModelPerformance
from tests.factories import NOW, a_case, a_job, a_source, a_version

NUMBERS = [
    "total_cases",
    "validated_cases",
    "pending_cases",
    "anonymized_cases",
    "used_in_training",
    "average_quality_score",
    "collection_rate",
]
JOB = [
    "id",
    "job_id",
    "model_type",
    "model_version",
    "status",
    "progress_percentage",
    "dataset_size",
    "final_accuracy",
    "start_time",
    "end_time",
]
MODEL = [
    "id",
    "model_version",
    "model_type",
    "accuracy",
    "f1_score",
    "precision",
    "recall",
    "is_active",
    "deployed_at",
]
SHOWN_STATES = {"queued", "running", "completed", "failed", "cancelled"}


def measured(session, version, **given):
    values = {"dataset_version_id": version.dataset_version_id, "accuracy": 0.9} | given
    row = ModelPerformance(
        model_version_id=version.id,
        model_version=version.name,
        model_type=version.model_type,
        purpose="gate",
        n=100,
        precision=0.9,
        recall=0.9,
        f1_score=0.9,
        intervals={},
        per_class={},
        subgroups={},
        created_at=NOW,
        **values,
    )
    session.add(row)


def is_number(value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


@pytest.mark.parametrize("filled", [False, True])
def test_statistics_are_seven_numbers_and_never_null(site, filled):
    if filled:
        with site.sessions.begin() as session:
            a_version(session)
    found = site.get("/cases/statistics").json
    assert all(is_number(found[name]) for name in NUMBERS)
    assert 0 <= found["collection_rate"] <= 100


def test_jobs_are_a_bare_array_in_the_five_states(site):
    assert site.get("/training/jobs?limit=10").json == []
    with site.sessions.begin() as session:
        for state in JobState:
            a_job(session, state=state)
    found = site.get("/training/jobs?limit=10").json
    assert isinstance(found, list) and len(found) == len(JobState)
    for job in found:
        assert set(JOB) <= set(job)
        assert job["status"].lower() in SHOWN_STATES
        assert job["job_id"][:20] and is_number(job["progress_percentage"])
        assert job["final_accuracy"] is None or 0 <= job["final_accuracy"] <= 100


def test_performance_is_a_bare_array_of_percentages(site):
    assert site.get("/models/performance?limit=5").json == []
    with site.sessions.begin() as session:
        measured(session, a_version(session))
    [model] = site.get("/models/performance?limit=5").json
    assert set(MODEL) <= set(model)
    assert (model["accuracy"], model["f1_score"]) == (90.0, 90.0)
    assert isinstance(model["is_active"], bool) and model["deployed_at"]


def test_a_collection_that_is_sent_again_after_a_time_out_is_the_same_run(site):
    with site.sessions.begin() as session:
        a_source(session, kind="folder", name="clinic")
    sent = [site.post("/cases/collect", Role.STEWARD, {"limit": 50, "min_confidence": 80}) for _ in range(4)]
    assert {answer.status_code for answer in sent} == {202}
    assert len({answer.json["run_id"] for answer in sent}) == 1
    assert sent[0].json["message"]


@pytest.mark.parametrize(
    ("method", "path", "role"),
    [
        ("GET", "/cases/statistics", None),
        ("GET", "/nowhere", Role.VIEWER),
        ("POST", "/cases/collect", Role.VIEWER),
        ("GET", "/training/jobs?limit=0", Role.VIEWER),
        ("POST", "/cases/collect", Role.STEWARD),  # no source is enabled
    ],
)
def test_every_refusal_has_a_detail_to_show(site, method, path, role):
    answer = site.call(method, path, role)
    assert answer.status_code >= 400 and answer.json["detail"]


def test_the_other_addresses_of_that_client_answer_in_its_shapes(site):
    nobody = site.get("/models/current").json
    assert (nobody["status"], nobody["model_version"]) == ("no_active_model", None)
    champion, challenger = site.serve(share=0.25)
    current = site.get("/models/current").json
    assert (current["status"], current["model_version"]) == ("active", champion.name)
    assert {"model_type", "accuracy", "deployed_at", "performance_metrics"} <= set(current)
    overview = site.get("/dashboard/overview").json
    assert {"collection", "recent_jobs", "active_models", "system_health"} <= set(overview)
    assert isinstance(overview["recent_jobs"], list) and isinstance(overview["active_models"], list)
    test = site.get("/models/ab-test").json
    assert (test["model_a"], test["model_b"]) == (champion.name, challenger.name)
    assert test["traffic_split"] == {"model_a": 75.0, "model_b": 25.0} and test["started_at"]
    for path in ("/models/history", f"/models/compare?version_a={champion.name}&version_b={challenger.name}"):
        assert site.get(path).status_code == 200


def test_what_that_client_starts_goes_through_the_same_gate(site):
    champion, _ = site.serve(share=0.0, challenger_id=None)
    with site.sessions.begin() as session:
        good, bad = a_version(session), a_version(session, gate="fail", state=VersionState.REJECTED)
    started = site.post("/models/ab-test", Role.APPROVER, {"model_a": champion.name, "model_b": good.name})
    assert started.status_code == 202
    assert (started.json["model_a"], started.json["model_b"]) == (champion.name, good.name)
    assert started.json["traffic_split"] == {"model_a": 100.0, "model_b": 0.0}
    assert started.json["status"] and started.json["started_at"]
    wrong = {"model_a": good.name, "model_b": champion.name}
    for refused in (
        site.post(f"/models/{bad.name}/activate", Role.APPROVER),
        site.post("/models/ab-test", Role.APPROVER, {"model_a": champion.name, "model_b": bad.name}),
        site.post("/models/ab-test", Role.APPROVER, wrong),
    ):
        assert refused.status_code == 409 and refused.json["detail"]


def test_two_versions_are_compared_on_the_newest_set_that_judged_both(site):
    with site.sessions.begin() as session:
        first, second = a_version(session), a_version(session)
        both = second.dataset_version_id
        for version, dataset_id, accuracy in (
            (first, both, 0.7),
            (second, both, 0.9),
            (second, first.dataset_version_id, 0.5),
        ):
            measured(session, version, dataset_version_id=dataset_id, accuracy=accuracy)
        other = a_version(session)
        measured(session, other)
    path = f"/models/compare?version_a={first.name}&version_b="
    found = site.get(path + second.name).json
    assert (found["status"], found["model_a"]["accuracy"], found["model_b"]["accuracy"]) == (
        "comparable",
        70.0,
        90.0,
    )
    apart = site.get(path + other.name).json
    assert (apart["status"], apart["same_set"]) == ("not_comparable", False)


def test_its_list_of_cases_and_its_word_on_one_of_them(site):
    with site.sessions.begin() as session:
        case_id = str(a_case(session, state=CaseState.NEEDS_REVIEW, diagnosis="Gout", confidence=0.6).id)
        session.merge(Label(model_type="diagnosis", label="Gout", must_not_miss=False, created_at=NOW))
    [listed] = site.get("/cases?limit=10", Role.CLINICIAN).json
    assert (listed["id"], listed["validation_status"]) == (case_id, "needs_review")
    assert site.get(f"/cases/{case_id}", Role.CLINICIAN).json["diagnosis"] == "Gout"
    said = site.post(f"/cases/{case_id}/validate", Role.CLINICIAN, {"status": "validated"})
    assert (said.status_code, said.json["validation_status"]) == (200, "validated")
    wrong = site.post(f"/cases/{case_id}/validate", Role.CLINICIAN, {"status": "used"})
    assert wrong.status_code == 422 and "status" in wrong.json["detail"]


def test_its_trainings_are_asked_for_once_however_often_they_are_sent(site):
    with site.sessions.begin() as session:
        for _ in range(60):
            a_case(session, diagnosis="Gout")
    headers = {"Idempotency-Key": "one-click"}
    wish = {"model_type": "diagnosis", "hyperparameters": {"epochs": 1}}
    sent = [site.post("/training/jobs", Role.OPERATOR, wish, headers=headers) for _ in range(4)]
    assert {answer.status_code for answer in sent} == {202}
    assert len({answer.json["job_id"] for answer in sent}) == 1
    assert sent[0].json["message"] and sent[0].json["status"] == "queued"
    job_id = sent[0].json["job_id"]
    ended = site.post(f"/training/jobs/{job_id}/cancel", Role.OPERATOR)
    assert ended.status_code in {200, 202}
    assert site.get(f"/training/jobs/{job_id}").json["status"] == "cancelled"
    again = site.post(f"/training/jobs/{job_id}/cancel", Role.OPERATOR)
    assert again.status_code == 409 and again.json["detail"]


def test_what_only_workers_may_say_cannot_be_said_by_hand(site):
    with site.sessions.begin() as session:
        job_id = a_job(session).id
    for path in (f"/training/jobs/{job_id}/progress", f"/training/jobs/{job_id}/complete", "/models/metrics"):
        answer = site.post(path, Role.OPERATOR, {"accuracy": 99})
        assert answer.status_code in {404, 405} and answer.json["detail"]


def test_a_version_that_outlines_is_shown_by_its_overlap(site):
    with site.sessions.begin() as session:
        masks = a_version(session, model_type="segmentation", name="segmentation-4")
        measured(session, masks, dice_score=0.8, iou_score=0.7)
        measured(session, a_version(session))
    shown = {one["model_type"]: one for one in site.get("/models/available").json}
    assert (shown["segmentation"]["dice_estimate"]["value"], shown["segmentation"]["dice_estimate"]["n"]) == (
        80,
        100,
    )
    assert shown["segmentation"]["iou_estimate"]["value"] == 70
    assert shown["diagnosis"]["dice_estimate"] is None
