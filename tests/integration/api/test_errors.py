"""Whatever goes wrong has one shape, the right status, and repeats nothing of what was sent."""

import pytest

from api_service.auth import Role

SECRET = "Ramona Quimby 555-0199"
FIELDS = {"detail", "code", "request_id", "type", "title", "status", "field", "fix"}


def refused(answer, status: int) -> dict:
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    assert answer.json.keys() >= FIELDS
    assert answer.json["status"] == status
    assert SECRET not in answer.text
    return answer.json


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ('{"model_type": "' + SECRET, 400, "broken_body"),
        ('{"text": "a", "text": "' + SECRET + '"}', 400, "broken_body"),
        ('{"confidence": NaN}', 400, "broken_body"),
        ("[" * 100_000, 400, "broken_body"),
        ('{"text": "\\u0000"}', 422, "invalid_input"),
        ('"' + SECRET + '"', 422, "invalid_input"),
        ('{"person": "p", "encounter": "e", "text": 7, "note": "' + SECRET + '"}', 422, "invalid_input"),
        ('{"person": ["' + SECRET + '"], "encounter": "e", "text": "t"}', 422, "invalid_input"),
    ],
)
def test_a_bad_body_is_refused_without_an_echo(site, body, status, code):
    answer = site.call("POST", "/predict", Role.CLINICIAN, data=body, content_type="application/json")
    assert refused(answer, status)["code"] == code


def test_the_field_the_rule_and_the_way_out_are_named(site):
    answer = site.post("/cases/collect", Role.STEWARD, {"limit": 5000})
    told = refused(answer, 422)
    assert told["field"] == "limit"
    assert "1000" in told["detail"]
    assert told["fix"]


def test_unknown_fields_and_parameters_are_refused(site):
    assert refused(site.post("/training/start", Role.OPERATOR, {"epochs": 3}), 422)["field"] == "epochs"
    assert refused(site.get("/training/jobs?page=2"), 422)["field"] == "page"
    assert refused(site.get("/policies?x=1"), 422)["field"] == "x"
    assert refused(site.get("/training/jobs?limit=1&limit=2"), 422)["field"] == "limit"
    assert refused(site.post("/pause", Role.OPERATOR, {"reason": SECRET}), 422)["field"] == "body"


def test_addresses_methods_sizes_and_types(site):
    refused(site.get("/nothing"), 404)
    refused(site.call("DELETE", "/training/jobs", Role.OPERATOR), 405)
    refused(site.get("/training/jobs/not-an-id"), 404)
    refused(site.get("/models/current?model_type=%00"), 422)
    big = '{"model_type": "' + "x" * (1 << 20) + '"}'
    refused(
        site.call("POST", "/training/start", Role.OPERATOR, data=big, content_type="application/json"), 413
    )
    refused(
        site.call("POST", "/training/start", Role.OPERATOR, data='{"seed": 1}', content_type="text/plain"),
        415,
    )


def test_the_request_id_of_the_caller_comes_back_when_it_is_a_plain_word(site):
    kept = site.get("/nothing", headers={"X-Request-Id": "abc-1"})
    assert kept.headers["X-Request-Id"] == kept.json["request_id"] == "abc-1"
    made = site.get("/nothing", headers={"X-Request-Id": "a b"})
    assert made.json["request_id"] not in {"", "a b"}


def test_every_answer_forbids_foreign_scripts_and_sniffing(site):
    for path in ("/health", "//", "//api/docs", "/nothing"):
        answer = site.get(path, role=None)
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
