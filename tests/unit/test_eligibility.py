from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.domain.eligibility import RULES, Evidence, Standing, Trust, curated, decide

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
        ({"diagnosis": "Bell palsy ruled out"}, Trust.REVIEW, "not_confirmed"),
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


def test_a_confidence_counts_only_where_one_is_known():
    assert verdict(confidence=0.81).trust is Trust.ELIGIBLE
    assert verdict(confidence=None).trust is Trust.ELIGIBLE


def test_every_reason_for_a_review_is_told():
    found = verdict(code_agrees=False, validator=replace(DOCTOR, active=False), confidence=0.1)
    assert found.reasons == ("validator_inactive", "code_text_conflict", "low_confidence")


def test_a_statement_nobody_signed_is_pending_and_a_refusal_beats_it():
    statement = Evidence(diagnosis="Gout", validator=None)
    assert decide(statement, min_confidence=0.8).trust is Trust.PENDING
    assert decide(replace(statement, consent_withdrawn=True), min_confidence=0.8).trust is Trust.REFUSED


def test_a_curated_set_says_so():
    assert (curated().trust, curated().rule) == (Trust.ELIGIBLE, "curated")


def test_the_names_of_the_rules_are_their_own():
    assert len({rule.name for rule in RULES}) == len(RULES)
