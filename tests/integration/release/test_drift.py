"""Drift in service: an alert and nothing else."""

import pytest
from sqlalchemy import select

from shared.domain.cycle import AlertState
from shared.registry.tables import Alert


def alerts_of(clinic, kind):
    with clinic.deps.sessions() as session:
        return list(session.scalars(select(Alert).filter_by(kind=kind)))


def days_of(clinic, days, *, label, per_day=40, **more):
    given = []
    for _ in range(days):
        given += clinic.patients(per_day, champion=label, challenger=label, **more)
        clinic.clock.move(hours=23, minutes=50)
    return given


def test_a_moved_mix_of_answers_opens_one_alert_that_ends_with_it_and_rolls_nothing_back(clinic):
    days_of(clinic, 28, label="Gout")
    clinic.look()
    assert alerts_of(clinic, "drift") == []
    days_of(clinic, 7, label="Migraine")
    for _ in range(2):
        clinic.look()
        clinic.clock.move(hours=7)
    [alert] = alerts_of(clinic, "drift")
    assert "answers: index" in alert.body
    assert alert.severity == "warning"
    assert clinic.plan().champion.id == clinic.champion
    days_of(clinic, 40, label="Migraine")
    clinic.look()
    assert alerts_of(clinic, "drift")[0].state == AlertState.RESOLVED


@pytest.mark.parametrize(("late", "told"), [("Migraine", 1), ("Gout", 0)])
def test_answers_that_are_right_less_often_in_the_audit_sample_are_told(clinic, late, told):
    for truth in ("Gout", late):
        given = days_of(clinic, 28, label="Gout", per_day=8, audited=True)
        clinic.label(given, truth, blind=True)
    clinic.look()
    found = alerts_of(clinic, "accuracy_fell")
    assert len(found) == told
    assert all("0.0 % (n 224) after 100.0 %" in one.body for one in found)
