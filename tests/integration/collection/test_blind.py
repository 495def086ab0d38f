"""What is read blind is read without identifiers: cleaned by the collection, kept as long as its input."""

from datetime import timedelta

import pytest

from shared.broker.names import TaskName
from shared.broker.waiting import waiting
from shared.registry import deid, models, predictions, readings
from shared.registry.readings import CLEANED_PURPOSE, Wanted
from shared.registry.tables import PredictionInput
from tests import factories as make
from worker_collection.blind import clean_readings, without_doubts
from worker_collection.deidentify import Doubt

NOTE = (
    "Mrs Hannelore Brinkmann, born 03.04.1961, phone 0151 23456789: burning when passing urine since Monday."
)
NAMES = ("Hannelore", "Brinkmann", "03.04.1961", "23456789")


@pytest.fixture
def read(deps, now):
    """A prediction about a text that is put before a reader; its id."""

    def asked(text=NOTE, person=None):
        with deps.sessions.begin() as session:
            person = person or make.a_person(session).id
            row = make.a_prediction(session, make.a_version(session), person_id=person)
            sealed = deps.vault.seal(text.encode(), "prediction")
            kept = {"prediction_id": row.id, "expires_at": now + timedelta(days=9)}
            session.add(PredictionInput(sealed=sealed, **kept))
            readings.ask(session, "diagnosis", [Wanted(row.id, "audit", ["Gout"], 0.1)], now=now)
            return row.id

    return asked


def type_id(deps):
    with deps.sessions() as session:
        return models.model_type(session, "diagnosis").id


def shown(deps, prediction_id):
    with deps.sessions() as session:
        sealed = predictions.cleaned_input_of(session, prediction_id)
        return sealed and deps.vault.open(sealed, CLEANED_PURPOSE).decode()


def test_a_text_loses_its_names_and_keeps_its_sense(deps, read):
    asked = read()
    assert shown(deps, asked) is None
    assert clean_readings(type_id(deps), deps) == 1
    text = shown(deps, asked)
    assert not [name for name in NAMES if name in text]
    assert "burning when passing urine" in text
    assert clean_readings(type_id(deps), deps) == 0


def test_what_is_known_of_the_person_is_taken_out_too(deps, read, now):
    with deps.sessions.begin() as session:
        person = make.a_person(session).id
        deid.keep_words(session, {person: ["sunny"]}, deps.vault, now=now)
    asked = read("sunny came with a swollen toe", person)
    clean_readings(type_id(deps), deps)
    assert "sunny" not in shown(deps, asked) and "swollen toe" in shown(deps, asked)


def test_it_is_rung_for_until_it_is_done(deps, read, now):
    read()
    bell = (TaskName.CLEAN_READINGS, type_id(deps))
    with deps.sessions() as session:
        assert bell in waiting(session, now=now)
    clean_readings(bell[1], deps)
    with deps.sessions() as session:
        assert bell not in waiting(session, now=now)


def test_doubtful_places_are_taken_out_although_they_overlap():
    doubts = [Doubt(4, 9, "a"), Doubt(6, 12, "b"), Doubt(0, 3, "c")]
    assert without_doubts("abc defgh ijkl", doubts) == "[REMOVED] [REMOVED][REMOVED]kl"
