"""Alerts as people handle them: receipts, silences, a test that shows what arrived."""

from api_service.auth import Role
from shared.registry import alerts
from shared.registry.alerts import Trouble
from tests.factories import NOW

DISK = Trouble("disk", "warning", "disk:a", "the disk fills", "80 %")


def opened(site, trouble=DISK):
    with site.sessions.begin() as session:
        return alerts.raise_alert(session, trouble, now=NOW)


def test_an_alert_shows_its_receipts_and_no_address(site):
    site.deps.settings.__dict__["notify_urls"] = "mailto://ann:hush@clinic.test json://gateway.test/x"
    alert_id = opened(site)
    with site.sessions.begin() as session:
        [row] = alerts.receipts(session, [alert_id])[alert_id]
        row.state, row.sent_at = "sent", NOW
    answer = site.get("/alerts")
    [receipt] = answer.json[0]["receipts"]
    assert (receipt["way"], receipt["state"], receipt["next_at"]) == ("mailto", "sent", None)
    assert "hush" not in answer.text and "clinic.test" not in answer.text


def test_a_cause_is_kept_quiet_and_loud_again(site):
    opened(site)
    wish = {"kind": "disk", "hours": 4, "reason": "a larger disk comes tomorrow"}
    assert site.post("/alerts/silences", Role.VIEWER, wish).status_code == 403
    said = site.post("/alerts/silences", Role.OPERATOR, wish)
    assert said.status_code == 200 and said.json["by"] == "key:operator"
    assert site.get("/alerts").json[0]["silenced_until"] == said.json["until"]
    assert [one["kind"] for one in site.get("/alerts/silences").json] == ["disk"]
    site.post("/alerts/silences", Role.OPERATOR, wish | {"hours": 0})
    assert site.get("/alerts").json[0]["silenced_until"] is None
    assert site.get("/alerts/silences").json == []


def test_a_silence_without_a_reason_or_for_ever_is_refused(site):
    for wish, field in (({"kind": "disk", "hours": 4}, "reason"), ({"kind": "disk", "hours": 999}, "hours")):
        answer = site.post(
            "/alerts/silences", Role.OPERATOR, {"reason": "x"} | wish if field == "hours" else wish
        )
        assert answer.status_code == 422 and field in answer.text
