"""What runs by itself is listed with its next time, and edited by whoever may."""

from uuid import uuid4

from api_service.auth import Role
from shared.registry import schedules
from tests.factories import NOW


def test_a_schedule_is_moved_and_switched_off_and_says_when_it_runs_next(site):
    with site.sessions.begin() as session:
        schedules.ensure_defaults(session, site.deps.settings, NOW)
    listed = {row["name"]: row for row in site.get("/schedules").json}
    nightly = listed["nightly collection"]
    assert (nightly["cron"], nightly["next_run_at"]) == ("0 1 * * *", "2026-03-05T01:00:00Z")
    address = f"/schedules/{nightly['schedule_id']}"
    moved = site.post(address, Role.OPERATOR, {"cron": "30 4 * * *"}).json
    assert moved["next_run_at"] == "2026-03-05T04:30:00Z" and moved["enabled"]
    off = site.post(address, Role.OPERATOR, {"enabled": False}).json
    assert (off["enabled"], off["next_run_at"], off["cron"]) == (False, None, "30 4 * * *")


def test_a_line_that_never_comes_a_schedule_that_is_none_and_a_viewer_are_refused(site):
    with site.sessions.begin() as session:
        schedules.ensure_defaults(session, site.deps.settings, NOW)
    first = site.get("/schedules").json[0]["schedule_id"]
    refused = site.post(f"/schedules/{first}", Role.OPERATOR, {"cron": "0 0 30 2 *"})
    assert refused.status_code == 422 and "never comes" in refused.json["detail"]
    assert site.post(f"/schedules/{uuid4()}", Role.OPERATOR, {"enabled": False}).status_code == 404
    assert site.post(f"/schedules/{first}", Role.VIEWER, {"enabled": False}).status_code == 403
