from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.domain.eligibility import (
    HARD_NEGATIVES,
    RULES,
    Answer,
    Evidence,
    Imaging,
    Standing,
    Trust,
    curated,
    decide,
)
from shared.domain.health_records import Record, names_a_diagnosis

DOCTOR = Standing(known=True, qualified=True, active=True)
PLAN = Evidence(
    diagnosis="Bell palsy",
    validator=DOCTOR,
    is_plan=True,
    status="completed",
    starts=datetime(2026, 1, 1, tzinfo=UTC),
    ends=datetime(2026, 1, 20, tzinfo=UTC),
    code_agrees=True,
)


def verdict(**changes):
    return decide(replace(PLAN, **changes), min_confidence=0.8)


def test_a_finished_plan_of_an_active_doctor_is_eligible():
    assert verdict().trust is Trust.ELIGIBLE
    assert verdict().rule == "plan_completed"


@pytest.mark.parametrize(
    ("changes", "trust", "rule"),
    [
        ({"status": "discontinued"}, Trust.REFUSED, "plan_discontinued"),
        ({"status": "ACTIVE"}, Trust.REFUSED, "plan_not_finished"),
        ({"status": "on_hold"}, Trust.REFUSED, "plan_not_finished"),
        ({"status": None}, Trust.REFUSED, "plan_not_finished"),
        ({"diagnosis": "to be updated"}, Trust.REFUSED, "no_diagnosis"),
        ({"diagnosis": "  "}, Trust.REFUSED, "no_diagnosis"),
        ({"ends": datetime(2025, 12, 1, tzinfo=UTC)}, Trust.REFUSED, "bad_dates"),
        ({"consent_withdrawn": True}, Trust.REFUSED, "consent_withdrawn"),
        ({"diagnosis": "Bell palsy?"}, Trust.REVIEW, "not_confirmed"),
        ({"diagnosis": "r/o Bell palsy"}, Trust.REVIEW, "not_confirmed"),
        ({"diagnosis": "Bell palsy ruled out"}, Trust.REVIEW, "diagnosis_denied"),
        ({"diagnosis": "h/o Bell palsy"}, Trust.REVIEW, "diagnosis_historic"),
        ({"diagnosis": "Mother had Bell palsy"}, Trust.REVIEW, "diagnosis_of_family"),
        ({"diagnosis": "risk of Bell palsy"}, Trust.REVIEW, "diagnosis_hypothetical"),
        ({"icd_code": "G51.0 V"}, Trust.REVIEW, "not_confirmed"),
        ({"icd_code": "G51.0 Z"}, Trust.REVIEW, "diagnosis_historic"),
        ({"note_denies": True}, Trust.REVIEW, "note_denies_diagnosis"),
        ({"is_diagnosis": False}, Trust.REFUSED, "not_an_illness"),
        ({"validator": None}, Trust.REVIEW, "validator_unknown"),
        ({"validator": Standing(known=False)}, Trust.REVIEW, "validator_unknown"),
        ({"validator": replace(DOCTOR, qualified=False)}, Trust.REVIEW, "validator_not_qualified"),
        ({"validator": replace(DOCTOR, active=False)}, Trust.REVIEW, "validator_inactive"),
        ({"code_agrees": False}, Trust.REVIEW, "code_text_conflict"),
        ({"discharge_agrees": False}, Trust.REVIEW, "discharge_contradicts"),
        ({"revised": True}, Trust.REVIEW, "diagnosis_revised"),
        ({"label_known": False}, Trust.REVIEW, "unmapped_label"),
        ({"confidence": 0.80}, Trust.REVIEW, "low_confidence"),
    ],
)
def test_each_rule_of_the_trust_table(changes, trust, rule):
    assert (verdict(**changes).trust, verdict(**changes).rule) == (trust, rule)


CONFIRMED = Record(kind="condition", status="confirmed", asserted_by="practitioner", encounter="finished")
READ = Record(kind="report", status="final", asserted_by="practitioner")


@pytest.mark.parametrize(
    ("record", "trust", "rule"),
    [
        (CONFIRMED, Trust.ELIGIBLE, "confirmed_by_qualified_practitioner"),
        (
            replace(CONFIRMED, policy="encounter_participant_asserts"),
            Trust.ELIGIBLE,
            "encounter_participant_asserts",
        ),
        (replace(CONFIRMED, status="refuted"), Trust.REFUSED, "refuted"),
        (replace(CONFIRMED, status="entered-in-error"), Trust.REFUSED, "entered_in_error"),
        (replace(CONFIRMED, modified=True), Trust.REFUSED, "unknown_modifier_extension"),
        (replace(CONFIRMED, encounter="cancelled"), Trust.REFUSED, "encounter_cancelled"),
        (replace(CONFIRMED, is_diagnosis=False), Trust.REFUSED, "not_a_diagnosis"),
        (replace(CONFIRMED, status="provisional"), Trust.REVIEW, "provisional"),
        (replace(CONFIRMED, status="differential"), Trust.REVIEW, "differential"),
        (replace(CONFIRMED, status="unconfirmed"), Trust.REVIEW, "unconfirmed"),
        (replace(CONFIRMED, status=None), Trust.REVIEW, "verification_status_absent"),
        (replace(CONFIRMED, status="sure"), Trust.REVIEW, "status_unknown"),
        (replace(CONFIRMED, asserted_by=None), Trust.REVIEW, "confirmed_but_nobody_asserts"),
        (replace(CONFIRMED, asserted_by="recorder"), Trust.REVIEW, "recorder_only"),
        (replace(CONFIRMED, asserted_by="patient"), Trust.REVIEW, "patient_asserted"),
        (replace(CONFIRMED, asserter_works=False), Trust.REVIEW, "asserter_inactive"),
        (replace(CONFIRMED, encounter="in-progress"), Trust.REVIEW, "encounter_not_finished"),
        (replace(CONFIRMED, encounter="missing"), Trust.REVIEW, "encounter_not_in_export"),
        (replace(CONFIRMED, encounter=None), Trust.REVIEW, "encounter_not_named"),
        (replace(CONFIRMED, same_patient=False), Trust.REVIEW, "encounter_of_another_patient"),
        (replace(CONFIRMED, patient_known=False), Trust.REVIEW, "patient_not_in_export"),
        (replace(CONFIRMED, note_readable=False), Trust.REVIEW, "note_unreadable"),
        (READ, Trust.ELIGIBLE, "report_final"),
        (replace(READ, status="corrected"), Trust.ELIGIBLE, "report_corrected"),
        (replace(READ, status="preliminary"), Trust.REVIEW, "report_preliminary"),
        (replace(READ, status="cancelled"), Trust.REFUSED, "report_cancelled"),
        (replace(READ, status=None), Trust.REVIEW, "status_unknown"),
        (replace(READ, asserted_by=None), Trust.REVIEW, "confirmed_but_nobody_asserts"),
    ],
)
def test_each_rule_for_what_a_health_record_says(record, trust, rule):
    found = decide(Evidence(diagnosis="Gout", validator=DOCTOR, record=record), min_confidence=0.8)
    assert (found.trust, found.rule) == (trust, rule)


@pytest.mark.parametrize(
    ("who", "rule"),
    [
        (Standing(known=False), "asserter_not_in_export"),
        (replace(DOCTOR, qualified=False), "asserter_without_qualification"),
        (replace(DOCTOR, active=False), "asserter_inactive"),
    ],
)
def test_who_asserts_must_be_known_qualified_and_active(who, rule):
    found = decide(Evidence(diagnosis="Gout", validator=who, record=CONFIRMED), min_confidence=0.8)
    assert found.reasons == (rule,)


@pytest.mark.parametrize(
    ("name", "code", "is_one"),
    [
        ("Pneumonia (disorder)", None, True),
        ("Otitis media", None, True),
        ("Stress (finding)", None, False),
        ("History of single seizure (situation)", None, False),
        ("Body mass index 30+ - obesity (finding)", None, False),
        ("Full-time employment", None, False),
        ("History of appendectomy", None, False),
        ("Anxiety (panic)", None, True),
        ("Low back pain", "M54.5", True),
        ("Cough", "R05", False),
        ("Problems related to housing", "Z59.1", False),
    ],
)
def test_findings_and_circumstances_are_no_diagnoses(name, code, is_one):
    assert names_a_diagnosis(name, code) is is_one


@pytest.mark.parametrize(
    ("imaging", "trust", "rule"),
    [
        (Imaging("approved"), Trust.ELIGIBLE, "image_approved"),
        (Imaging("Amended", has_mask=True), Trust.ELIGIBLE, "image_amended"),
        (Imaging("amended", has_mask=False), Trust.REVIEW, "amended_without_mask"),
        (Imaging("rejected"), Trust.REFUSED, "image_rejected"),
        (Imaging("unapproved"), Trust.REVIEW, "image_not_approved"),
        (Imaging(None), Trust.PENDING, "not_verified_yet"),
    ],
)
def test_each_rule_for_a_finding_in_a_picture(imaging, trust, rule):
    found = decide(Evidence(diagnosis="Nodule", validator=DOCTOR, imaging=imaging), min_confidence=0.8)
    assert (found.trust, found.rule) == (trust, rule)
    assert (rule in HARD_NEGATIVES) == (imaging.status == "rejected")


def test_an_approved_picture_of_nobody_known_is_reviewed():
    found = decide(
        Evidence(diagnosis="Nodule", validator=None, imaging=Imaging("approved")), min_confidence=0.8
    )
    assert found.rule == "validator_unknown"


def test_our_own_audit_sample_is_never_learnt_from():
    given = Evidence(diagnosis="Gout", validator=DOCTOR, answer=Answer(in_audit=True, copied=False))
    assert decide(given, min_confidence=0.8).rule == "audit_sample"
    copied = replace(given, answer=Answer(in_audit=False, copied=True))
    assert (decide(copied, min_confidence=0.8).trust, decide(copied, min_confidence=0.8).rule) == (
        Trust.REVIEW,
        "copy_through",
    )
    own = replace(given, answer=Answer(in_audit=False, copied=False))
    assert decide(own, min_confidence=0.8).rule == "validated_answer"


def test_a_confidence_counts_only_where_one_is_known():
    assert verdict(confidence=0.81).trust is Trust.ELIGIBLE
    assert verdict(confidence=None).trust is Trust.ELIGIBLE


def test_a_plan_may_end_on_the_day_it_began_or_not_yet_and_needs_a_beginning():
    assert verdict(ends=PLAN.starts).trust is verdict(ends=None).trust is Trust.ELIGIBLE
    assert verdict(starts=None).rule == "bad_dates"
    statement = Evidence(diagnosis="Gout", validator=DOCTOR)
    assert decide(statement, min_confidence=0.8).rule == "validated_statement"


@pytest.mark.parametrize(
    "word", ["discontinued", "cancelled", "canceled", "stopped", "entered-in-error", "refuted"]
)
def test_a_plan_that_was_ended_early_is_refused(word):
    assert verdict(status=f" {word.upper()} ").rule == "plan_discontinued"


@pytest.mark.parametrize("word", ["completed", "finished", "closed", "done"])
def test_a_plan_that_was_finished_is_eligible(word):
    assert verdict(status=word.capitalize()).trust is Trust.ELIGIBLE


@pytest.mark.parametrize("word", ["approved", "verified", "accepted", "amended", "corrected", "edited"])
def test_a_verified_picture_says_which_word_it_was_verified_by(word):
    found = decide(
        Evidence(diagnosis="Nodule", validator=DOCTOR, imaging=Imaging(f" {word.upper()} ")),
        min_confidence=0.8,
    )
    assert (found.trust, found.rule) == (Trust.ELIGIBLE, f"image_{word}")


@pytest.mark.parametrize("word", ["rejected", "refused", "declined"])
def test_a_rejected_picture_is_refused(word):
    found = decide(Evidence(diagnosis="Nodule", validator=DOCTOR, imaging=Imaging(word)), min_confidence=0.8)
    assert (found.trust, found.rule) == (Trust.REFUSED, "image_rejected")
    assert {"refuted", "image_rejected"} == HARD_NEGATIVES


def test_what_is_said_of_records_and_pictures_is_asked_of_no_others():
    """A plain statement without a signature waits; a record or a picture without one is reviewed."""
    for given, rule in (
        ({"record": READ}, "asserter_not_in_export"),
        ({"imaging": Imaging("approved")}, "validator_unknown"),
        ({"is_plan": True, "status": "done", "starts": PLAN.starts}, "validator_unknown"),
        ({}, "not_validated_yet"),
    ):
        assert decide(Evidence(diagnosis="Gout", validator=None, **given), min_confidence=0.8).rule == rule
    for given, rule in (
        ({"record": READ}, "no_diagnosis"),
        ({"imaging": Imaging("approved")}, "no_diagnosis"),
        ({}, "no_diagnosis_yet"),
    ):
        assert decide(Evidence(diagnosis=" ", validator=DOCTOR, **given), min_confidence=0.8).rule == rule
    unsaid = Evidence(diagnosis=None, validator=DOCTOR, label_known=False)
    assert decide(unsaid, min_confidence=0.8).rule == "no_diagnosis_yet"
    nothing = Evidence(diagnosis=" ", validator=DOCTOR, is_diagnosis=False)
    assert decide(nothing, min_confidence=0.8).reasons == ("no_diagnosis_yet",)
    for who in (replace(DOCTOR, qualified=False), replace(DOCTOR, active=False)):
        reasons = decide(Evidence(diagnosis="Gout", validator=who, record=READ), min_confidence=0.8).reasons
        assert len(reasons) == 1 and reasons[0].startswith("asserter_")


def test_another_than_the_asserter_may_stand_idle():
    patient = replace(CONFIRMED, asserted_by="patient", asserter_works=False)
    found = decide(
        Evidence(diagnosis="Gout", validator=replace(DOCTOR, active=False), record=patient),
        min_confidence=0.8,
    )
    assert found.reasons == ("patient_asserted",)
    unqualified = Evidence(diagnosis="Gout", validator=replace(DOCTOR, qualified=False), record=patient)
    assert decide(unqualified, min_confidence=0.8).reasons == ("patient_asserted",)
    unknown = decide(
        Evidence(diagnosis="Gout", validator=Standing(known=False), record=patient), min_confidence=0.8
    )
    assert unknown.reasons == ("patient_asserted",)


@pytest.mark.parametrize("encounter", ["finished", "completed"])
def test_a_settled_encounter_is_no_reason(encounter):
    found = decide(
        Evidence(diagnosis="Gout", validator=DOCTOR, record=replace(CONFIRMED, encounter=encounter)),
        min_confidence=0.8,
    )
    assert found.trust is Trust.ELIGIBLE
    void = replace(CONFIRMED, encounter="entered-in-error")
    assert decide(Evidence(diagnosis="Gout", validator=DOCTOR, record=void), min_confidence=0.8).reasons == (
        "encounter_cancelled",
    )


def test_a_report_may_name_no_encounter_and_a_known_status_is_none_to_ask_about():
    for status in ("amended", "appended"):
        found = decide(
            Evidence(diagnosis="Gout", validator=DOCTOR, record=replace(READ, status=status)),
            min_confidence=0.8,
        )
        assert found.rule == f"report_{status}"
    for status, rule in (("registered", "report_preliminary"), ("partial", "report_preliminary")):
        found = decide(
            Evidence(diagnosis="Gout", validator=DOCTOR, record=replace(READ, status=status)),
            min_confidence=0.8,
        )
        assert found.reasons == (rule,)
    error = decide(
        Evidence(diagnosis="Gout", validator=DOCTOR, record=replace(READ, status="entered-in-error")),
        min_confidence=0.8,
    )
    assert error.reasons == ("entered_in_error",)


def test_a_label_that_is_not_known_is_no_reason_beside_words_that_say_otherwise():
    assert verdict(label_known=False, diagnosis="Bell palsy?").reasons == ("not_confirmed",)
    assert verdict(code_agrees=None, discharge_agrees=None).trust is Trust.ELIGIBLE
    assert verdict(discharge_agrees=True).trust is Trust.ELIGIBLE


def test_in_the_audit_sample_confidence_does_not_count():
    drawn = Evidence(
        diagnosis="Gout", validator=DOCTOR, confidence=0.1, answer=Answer(in_audit=True, copied=False)
    )
    assert decide(drawn, min_confidence=0.8).trust is Trust.ELIGIBLE
    other = replace(drawn, answer=Answer(in_audit=False, copied=False))
    assert decide(other, min_confidence=0.8).rule == "low_confidence"


def test_every_reason_for_a_review_is_told():
    found = verdict(code_agrees=False, validator=replace(DOCTOR, active=False), confidence=0.1)
    assert found.reasons == ("validator_inactive", "code_text_conflict", "low_confidence")


def test_a_statement_nobody_signed_is_pending_and_a_refusal_beats_it():
    statement = Evidence(diagnosis="Gout", validator=None)
    assert decide(statement, min_confidence=0.8).trust is Trust.PENDING
    assert decide(replace(statement, consent_withdrawn=True), min_confidence=0.8).trust is Trust.REFUSED


def test_a_curated_set_says_so():
    assert (curated().trust, curated().rule) == (Trust.ELIGIBLE, "curated")


def test_trust_is_one_of_four_words():
    assert [one.value for one in Trust] == ["eligible", "review", "refused", "pending"]


def test_the_names_of_the_rules_are_their_own():
    assert len({rule.name for rule in RULES}) == len(RULES)
