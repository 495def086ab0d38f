"""From an answer to the cases behind it, over HTTP."""

from uuid import uuid4

from api_service.auth import Role
from shared.registry.tables import ModelVersion
from tests import factories as make


def answered(site):
    """A prediction of a version that was trained on three cases."""
    with site.sessions.begin() as session:
        dataset = make.a_dataset(session)
        cases = [make.a_case(session) for _ in range(3)]
        for case in cases:
            make.a_member(session, dataset, case)
        version = make.a_version(session, dataset_version_id=dataset.id)
        make.a_plan(session, version)
        return make.a_prediction(session, version).id, version.name, sorted(str(case.id) for case in cases)


def test_an_answer_leads_to_its_version_data_set_and_cases(site):
    prediction, version, cases = answered(site)
    told = site.get(f"/predictions/{prediction}/lineage", Role.APPROVER).json
    assert (told["answer"]["prediction_id"], told["model"]["model_version"]) == (str(prediction), version)
    assert told["gate"][0]["verdict"] == "pass" and told["gate"][0]["digest"] == told["model"]["digest"]
    first = site.get(told["links"]["cases"].removeprefix("/api/phase-7") + "?limit=2", Role.STEWARD)
    following = first.headers["Link"].split(">")[0].partition("/api/phase-7")[2]
    rest = site.get(following, Role.STEWARD)
    assert [one["case_id"] for one in first.json + rest.json] == cases
    assert site.get(f"/models/{version}/lineage", Role.VIEWER).json["answer"] is None
    assert site.get(f"/predictions/{prediction}/lineage", Role.VIEWER).status_code == 403
    assert site.get(f"/predictions/{uuid4()}/lineage", Role.APPROVER).status_code == 404


def test_the_gates_word_is_shown_rule_by_rule(site):
    _, version, _ = answered(site)
    assert site.get(f"/gate/{version}", Role.VIEWER).json["verdict"] == "pass"
    with site.sessions.begin() as session:
        silent: ModelVersion = make.a_version(session, gate=None)
    assert site.get(f"/gate/{silent.name}", Role.VIEWER).json["verdict"] == "none"
    assert site.get("/gate/no-such", Role.VIEWER).status_code == 404
