"""Sources over HTTP: listed without addresses, tried without storing, fed by hand."""

from api_service.auth import Role
from shared.domain.cycle import RunState
from shared.registry import runs, sources
from shared.registry.tables import CollectionRun
from tests.factories import NOW

ROW = {"id": 7, "words": "Swollen toe", "said": "Gout"}


def two_sources(site) -> None:
    with site.sessions.begin() as session:
        for name, kind in (("notes", "sql"), ("app", "push")):
            sources.add(
                session,
                name,
                kind=kind,
                address="postgresql://reader:secret@db/clinic",
                mapping="cases",
                model_type="diagnosis",
                vault=site.deps.vault,
                now=NOW,
                actor="test",
            )


def test_sources_are_listed_without_what_is_secret(site):
    two_sources(site)
    listed = site.get("/sources", Role.STEWARD)
    assert [(one["source"], one["kind"]) for one in listed.json] == [("app", "push"), ("notes", "sql")]
    assert "secret" not in listed.text
    assert site.get("/sources", Role.VIEWER).status_code == 403


def test_a_trial_reading_is_a_run_that_stores_nothing(site):
    two_sources(site)
    asked = site.post("/sources/notes/test", Role.STEWARD)
    assert asked.status_code == 202
    with site.sessions() as session:
        run = session.query(CollectionRun).one()
    assert (run.wish, run.state) == ({"dry_run": True}, RunState.QUEUED)
    assert site.post("/sources/none/test", Role.STEWARD).status_code == 404


def test_rows_are_handed_in_for_a_push_source_and_lie_sealed(site):
    two_sources(site)
    for body, count in ((ROW, 1), ([ROW, ROW], 2)):
        given = site.post("/ingest/app", Role.SERVICE, body)
        assert (given.status_code, given.json["received"]) == (202, count)
    with site.sessions() as session:
        first = session.query(CollectionRun).order_by(CollectionRun.id).first()
        assert runs.handed_in(first, site.deps.vault) == [ROW]
        assert "Swollen" not in str(first.wish)
    assert site.post("/ingest/notes", Role.SERVICE, ROW).json["code"] == "conflict"
    assert site.post("/ingest/app", Role.SERVICE, []).status_code == 422
    assert site.post("/ingest/app", Role.SERVICE, [ROW] * 1001).status_code == 422


def test_a_test_alert_goes_out_each_time_it_is_asked_for(site):
    first = site.post("/alerts/test", Role.OPERATOR)
    second = site.post("/alerts/test", Role.OPERATOR)
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json["id"] != second.json["id"]
    assert [one["id"] for one in site.get("/alerts").json] == [second.json["id"]]
