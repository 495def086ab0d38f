"""What the names and codes of a health record system say: a diagnosis, or something else about a person."""

import pytest

from shared.domain.health_records import (
    CONDITION_STATUS,
    CONFIRMED_REPORT,
    UNFINISHED_REPORT,
    VOID_ENCOUNTER,
    Record,
    names_a_diagnosis,
    untagged,
)


def test_the_statuses_are_those_of_fhir():
    assert (
        set(["confirmed", "provisional", "differential", "unconfirmed", "refuted", "entered-in-error"])
        == CONDITION_STATUS
    )
    assert {"final", "amended", "corrected", "appended"} == CONFIRMED_REPORT
    assert {"registered", "partial", "preliminary"} == UNFINISHED_REPORT
    assert {"cancelled", "entered-in-error"} == VOID_ENCOUNTER


@pytest.mark.parametrize(
    ("display", "name"),
    [
        ("Asthma (disorder)", "Asthma"),
        ("Stress  (FINDING) ", "Stress"),
        ("Bath (observable entity)", "Bath"),
        ("Anxiety (panic)", "Anxiety (panic)"),
        ("Use (regime/therapy) of it", "Use (regime/therapy) of it"),
        (" Gout ", "Gout"),
    ],
)
def test_the_tag_of_a_name_is_taken_off(display, name):
    assert untagged(display) == name


@pytest.mark.parametrize("tag", ["disorder", "disease", "Disorder"])
def test_a_tag_of_illness_makes_a_diagnosis_of_any_name(tag):
    assert names_a_diagnosis(f"Tobacco use ({tag})", None)


@pytest.mark.parametrize(
    ("display", "code", "is_one"),
    [
        (None, None, True),
        ("", "J45.9", True),
        ("Asthma (disorder)", "R05", False),
        ("Asthma", "r05", False),
        ("Asthma", "V01", False),
        ("Asthma", "W01", False),
        ("Asthma", "X01", False),
        ("Asthma", "Y01", False),
        ("Asthma", "Z01", False),
        ("Asthma", "S72", True),
        ("Asthma", "RV", True),
        ("Former smoker", None, False),
        ("Stress", None, False),
        ("Stress fracture", None, True),
        ("Healthy adult", None, False),
        ("Unhealthy nails", None, True),
        ("Family history of gout", None, False),
        ("Single live person", None, False),
        ("Single lesion", None, True),
    ],
)
def test_findings_circumstances_and_symptoms_are_no_diagnoses(display, code, is_one):
    assert names_a_diagnosis(display, code) is is_one


def test_a_record_knows_its_kind_and_status():
    condition = Record("condition", "confirmed", None)
    report = Record("report", "final", None)
    assert (condition.is_condition, report.is_condition) == (True, False)
    assert condition.condition_is("refuted", "confirmed") and not condition.condition_is("refuted")
    assert not condition.report_is({"confirmed"})
    assert (
        report.report_is({"final"}) and not report.report_is({"partial"}) and not report.condition_is("final")
    )
    plain = (condition.encounter, condition.is_diagnosis, condition.modified, condition.policy)
    assert plain == (None, True, False, None)
    assert (
        condition.asserter_works
        and condition.patient_known
        and condition.same_patient
        and condition.note_readable
    )
