"""A clinic's own rates, as its predictions, readings and labels tell them."""

import pytest

from shared.errors import InvalidInputError
from shared.registry import rates


def measured(clinic, **told):
    with clinic.deps.sessions() as session:
        return rates.measure(session, "diagnosis", now=clinic.clock(), told=told)


def test_an_empty_site_is_planned_by_what_a_person_tells(clinic):
    with pytest.raises(InvalidInputError) as caught:
        measured(clinic)
    assert caught.value.field == "cases_per_day"
    found = measured(clinic, cases_per_day=150)
    assert (found.rates.cases_per_day, found.own) == (150, ())


def test_rates_are_those_of_the_clinic(clinic):
    clinic.to_shadow()
    clinic.patients(60, champion="Gout", challenger="Gout")
    clinic.label(clinic.patients(20, champion="Sepsis", challenger="Sepsis"), "Sepsis")
    clinic.patients(20, champion="Gout", challenger="Migraine")
    clinic.look()
    clinic.clock.move(days=1)
    clinic.read("Migraine")
    clinic.look()
    clinic.clock.move(days=15)
    found = measured(clinic)
    told = found.rates
    assert told.cases_per_day == pytest.approx(100 / 16, rel=0.01)
    assert told.risky_share == pytest.approx(0.2)
    assert told.disagree_share == pytest.approx(0.2)
    assert (told.answered_share, told.discordant_share) == (1.0, 1.0)
    assert told.reading_days == pytest.approx(1.0, rel=0.01)
    assert told.labelled_share == pytest.approx(0.4)
    assert told.label_days == pytest.approx(600 / 86400, rel=0.01)
    assert measured(clinic, cases_per_day=7).own == tuple(n for n in found.own if n != "cases_per_day")
