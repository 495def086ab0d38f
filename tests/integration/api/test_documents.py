"""The OpenAPI document tells exactly the addresses that are routed, and its references lead somewhere."""

import json
import re

from api_service import openapi
from api_service.auth import Role
from api_service.routes import ENDPOINTS

ELSEWHERE = {"/api/docs", "/app/<path:name>", "/static/<path:filename>"}


def told(site) -> dict:
    return site.get("//api/openapi.json", role=None).json


def test_the_document_the_routes_and_the_declarations_are_equal_sets(site):
    routed = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in site.client.application.url_map.iter_rules()
        for method in rule.methods & {"GET", "POST", "PUT", "DELETE", "PATCH"}
        if rule.rule not in ELSEWHERE and rule.endpoint != "pages.dashboard"
    }
    described = {(m.upper(), path) for path, methods in told(site)["paths"].items() for m in methods}
    assert routed == described == {(one.method, one.path) for one in ENDPOINTS}


def test_the_document_is_whole(site):
    found = told(site)
    assert found["openapi"] == "3.1.0"
    names = set(found["components"]["schemas"])
    for reference in re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(found)):
        assert reference in names
    ids = [one["operationId"] for methods in found["paths"].values() for one in methods.values()]
    assert len(ids) == len(set(ids))
    for path, methods in found["paths"].items():
        for one in methods.values():
            declared = {item["name"] for item in one["parameters"] if item["in"] == "path"}
            assert declared == set(re.findall(r"{(\w+)}", path))
            assert one["summary"].endswith(".")
            assert any(status.startswith("2") for status in one["responses"])


def test_the_plan_s_fifteen_are_there_by_name(site):
    fifteen = """GET /cases/statistics, POST /cases/collect, GET /cases/export, POST /training/start,
        GET /training/jobs, GET /training/jobs/{job_id}, POST /training/schedule, GET /models/current,
        GET /models/available, POST /models/deploy, POST /models/rollback, GET /models/ab-test,
        GET /performance/current, GET /performance/history, GET /health"""
    paths = told(site)["paths"]
    for line in fifteen.split(","):
        method, path = line.split()
        assert method.lower() in paths[f"/api/phase-7{path}"]


def test_two_declarations_make_two_operations():
    few = openapi.document(ENDPOINTS[:2])
    assert len(few["paths"]) == 2


def test_answers_fit_their_schemas(site):
    schemas = told(site)["components"]["schemas"]
    statistics = site.get("/cases/statistics", Role.VIEWER).json
    assert set(schemas["Statistics"]["required"]) == statistics.keys()
