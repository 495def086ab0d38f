"""Once a week: the rehearsed rollback and its record, and the report that people get."""

import pytest
from sqlalchemy import select

from deployer_service import weekly
from shared.domain.cycle import VersionState
from shared.registry import evidence, models
from shared.registry.tables import Alert, EvidenceRecord


def drills(clinic):
    with clinic.deps.sessions() as session:
        found = select(EvidenceRecord).filter_by(transition="drill").order_by(EvidenceRecord.seq)
        return list(session.scalars(found))


def alerts_of(clinic, kind):
    with clinic.deps.sessions() as session:
        return list(session.scalars(select(Alert).filter_by(kind=kind)))


def test_without_anything_to_go_back_to_nothing_is_rehearsed(clinic):
    clinic.look()
    assert drills(clinic) == []


def test_a_rollback_is_rehearsed_once_a_week_and_changes_nothing(clinic):
    clinic.to_shadow()
    plan = clinic.plan()
    clinic.look()
    [record] = drills(clinic)
    with clinic.deps.sessions() as session:
        names = {models.get(session, one).name for one in (clinic.champion, clinic.challenger)}
        assert evidence.first_broken(session) is None
    assert record.body["holds"] is True
    assert record.body["ready"] == dict.fromkeys(names, "ready")
    assert record.body["rollback_milliseconds"] > 0
    assert clinic.plan() == plan
    assert clinic.state(clinic.challenger) is VersionState.SHADOW
    assert alerts_of(clinic, "rolled_back") == []
    clinic.clock.move(days=7)
    clinic.look()
    clinic.look()
    assert len(drills(clinic)) == 2


@pytest.mark.parametrize("fault", ["gone", "otherwise"])
def test_a_rollback_that_would_not_work_is_told_at_once(clinic, fault):
    clinic.to_shadow()
    clinic.clock.move(days=7)
    if fault == "gone":
        kept, clinic.server.roles = clinic.server.roles, {}
    else:
        clinic.server.fingerprint = "otherwise"
    weekly.drill("diagnosis", clinic.deps)
    assert drills(clinic)[-1].body["holds"] is False
    [alert] = alerts_of(clinic, "drill_failed")
    assert alert.severity == "critical"
    if fault == "gone":
        clinic.server.roles = kept
    clinic.server.fingerprint = "f"
    clinic.clock.move(days=7)
    weekly.drill("diagnosis", clinic.deps)
    [alert] = alerts_of(clinic, "drill_failed")
    assert alert.state == "resolved"


def test_the_report_says_what_changed_for_whom_and_how_sure_it_is(clinic):
    clinic.to_canary()
    ids = clinic.patients(40, champion="Gout", challenger="Gout")
    clinic.label(ids[:10], "Gout")
    clinic.label(ids[10:20], "Migraine")
    clinic.clock.move(days=6)
    with clinic.deps.sessions() as session:
        said = "\n".join(weekly.lines(session, "diagnosis", now=clinic.clock()))
        names = [models.get(session, one).name for one in (clinic.champion, clinic.challenger)]
    assert f"{names[1]}: shadow>canary_5, by rule:decide." in said or f"{names[1]}: gated>shadow" in said
    assert f"{names[1]} (canary_5) gave 2 answers to 2 persons." in said
    assert "95 % interval" in said
    assert "Estimate before labels, from its own confidence and no measurement: 80.0 %." in said


def test_the_report_is_mailed_once_a_week(clinic):
    clinic.look()
    assert alerts_of(clinic, "weekly_report") == []
    for weeks in (1, 2):
        clinic.clock.move(days=7)
        clinic.look()
        clinic.look()
        assert len(alerts_of(clinic, "weekly_report")) == weeks
    assert "Nobody was served by another version" in alerts_of(clinic, "weekly_report")[0].body
