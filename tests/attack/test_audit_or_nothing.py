"""What cannot be written into the audit trail does not happen, whether it reads or writes."""

import pytest
from sqlalchemy import create_engine, select, text

from api_service.auth import Role
from shared.registry.access import DatabaseRole
from shared.registry.tables import AuditEvent, SiteSwitch, Validation


@pytest.fixture
def mute(site, settings):
    """The owner takes from every service the right to write the trail."""
    engine = create_engine(settings.database)
    with engine.begin() as connection:
        for role in DatabaseRole:
            connection.execute(text(f"REVOKE INSERT ON audit_events FROM {role}"))
    engine.dispose()


def acts(site) -> list[str]:
    with site.sessions() as session:
        return list(session.scalars(select(AuditEvent.act)))


def test_acts_that_cannot_be_written_down_do_not_happen(site, objects, mute):
    before = acts(site)
    said = {"case_id": objects["case_id"], "kind": "confirm"}
    for role, path, body in (
        (Role.OPERATOR, "/pause", {}),
        (Role.CLINICIAN, "/validations", said),
        (Role.STEWARD, "/withdrawals", {"person": "p", "cause": "asked"}),
        (Role.OPERATOR, "/policies", {"changes": {"settle_days": 30}, "reason": "more"}),
        (Role.OPERATOR, f"/training/jobs/{objects['job_id']}/cancel", {}),
    ):
        answer = site.post(path, role, body)
        assert answer.status_code in {404, 503}, f"{path}: {answer.status_code} {answer.text}"
    with site.sessions() as session:
        assert not session.scalars(select(SiteSwitch).filter_by(name="paused")).all()
        assert not session.scalars(select(Validation)).all()
    assert acts(site) == before


def test_a_case_is_not_shown_where_its_reading_cannot_be_written_down(site, objects, mute):
    for path in (f"/cases/{objects['case_id']}", "/worklist?kind=review"):
        answer = site.get(path, Role.CLINICIAN)
        assert answer.status_code == 503
        assert "cough" not in answer.text
    export = site.get(f"/cases/export?dataset_version={objects['version']}", Role.STEWARD)
    assert export.status_code == 503


def test_reading_a_case_leaves_a_row(site, objects):
    for path, role in (
        (f"/cases/{objects['case_id']}", Role.STEWARD),
        ("/worklist?kind=review", Role.CLINICIAN),
    ):
        before = len(acts(site))
        assert site.get(path, role).status_code == 200
        assert len(acts(site)) == before + 1
