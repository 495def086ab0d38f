"""Each rule of the gate with its numbers: where it passes, where it cannot tell, where it fails, and why."""

from math import sqrt

import pytest

from shared.domain.envelope import Change, Envelope
from shared.domain.gate import (
    FAIL,
    INCONCLUSIVE,
    PASS,
    Given,
    JudgedCase,
    Rule,
    Verdict,
    judge,
    unservable,
    within,
)
from shared.domain.policy import Policy

RIGHT, WRONG = Given("Gout", 0.9), Given("Flu", 0.9)


def cases(n, *, lost=0, won=0, wrong=0, **given):
    """`n` cases that both versions know; the first are lost, won, or wrong by both."""
    rows = [(WRONG, RIGHT)] * lost + [(RIGHT, WRONG)] * won + [(WRONG, WRONG)] * wrong
    rows += [(RIGHT, RIGHT)] * (n - len(rows))
    return [JudgedCase("Gout", candidate, champion, **given) for candidate, champion in rows]


def rule(name, judged, *, must_not_miss=(), timed=None, **policy):
    verdict = judge(judged, Policy(**policy), must_not_miss=must_not_miss, timed=timed)
    [found] = [one for one in verdict.rules if one.rule == name]
    return found


def test_fewer_than_fifty_cases_are_too_few_to_tell():
    assert rule("size", cases(50)) == Rule("size", 50, 50, 50, PASS, "50 evaluation cases, 50 are needed")
    assert rule("size", cases(49)).verdict == INCONCLUSIVE
    assert judge(cases(50), Policy(), must_not_miss=[]).verdict == PASS


@pytest.mark.parametrize(
    ("judged", "value", "verdict", "why"),
    [
        (cases(100), 0.0, PASS, "difference +0.000, 95 % interval -0.020 to +0.020"),
        (cases(100, lost=1), -0.01, INCONCLUSIVE, "difference -0.010, 95 % interval -0.038 to +0.018"),
        (cases(100, lost=2), -0.02, INCONCLUSIVE, "difference -0.020, 95 % interval -0.054 to +0.014"),
        (cases(100, lost=3), -0.03, FAIL, "difference -0.030, 95 % interval -0.069 to +0.009"),
        (cases(100, won=40, wrong=5), 0.4, PASS, "difference +0.400, 95 % interval +0.302 to +0.498"),
        (cases(1000, lost=8), -0.008, PASS, "difference -0.008, 95 % interval -0.014 to -0.002"),
        (cases(3, won=3), 1.0, PASS, "difference +1.000, 95 % interval +0.347 to +1.653"),
    ],
)
def test_accuracy_may_not_be_worse_by_the_margin(judged, value, verdict, why):
    assert rule("accuracy", judged) == Rule("accuracy", value, -0.02, len(judged), verdict, why)


def test_the_margin_is_the_policy_s():
    assert rule("accuracy", cases(100, lost=3), gate_margin=0.2).verdict == PASS


@pytest.mark.parametrize(
    ("n", "lost", "value", "verdict", "why"),
    [
        (9, 9, 0.0, PASS, "9 such cases: too few to judge here, the shadow judges them"),
        (10, 0, 0.0, PASS, "difference +0.000"),
        (20, 1, -0.05, PASS, "difference -0.050"),
        (20, 4, -0.2, INCONCLUSIVE, "difference -0.200"),  # as many by chance once in sixteen
        (20, 5, -0.25, FAIL, "difference -0.250"),
    ],
)
def test_what_must_not_be_missed_falls_by_a_twentieth_at_most(n, lost, value, verdict, why):
    others = [JudgedCase("Cough", WRONG, WRONG) for _ in range(60)]
    unknown = cases(5, lost=5, known=False)
    found = rule(
        "must-not-miss recall", [*cases(n, lost=lost), *others, *unknown], must_not_miss=["Gout", "Sepsis"]
    )
    assert found == Rule("must-not-miss recall", value, -0.05, n, verdict, why)


@pytest.mark.parametrize(
    ("n", "lost", "won", "verdict", "chance"),
    [
        (20, 6, 0, PASS, "0.016"),
        (20, 7, 0, FAIL, "0.008"),
        (46, 7, 0, FAIL, "0.008"),
        (47, 7, 0, PASS, "0.008"),  # within the floor
        (20, 9, 2, PASS, "0.033"),
        (10, 10, 0, FAIL, "0.001"),
    ],
)
def test_a_class_falls_by_no_more_than_its_floor_unless_by_chance(n, lost, won, verdict, chance):
    found = rule("recall of Gout", cases(n, lost=lost, won=won))
    change = (won - lost) / n
    assert found == Rule(
        "recall of Gout", round(change, 6), -0.15, n, verdict, f"difference {change:+.3f}, chance {chance}"
    )


def test_a_fall_at_the_floor_is_none_however_sure():
    quarter = cases(28, lost=7, subgroup={"sex": "f"})
    kept = {"gate_class_floor": 0.25, "gate_subgroup_floor": 0.25}
    assert rule("recall of Gout", quarter, **kept).verdict == PASS
    assert rule("accuracy in sex=f", quarter, **kept).verdict == PASS
    assert rule("accuracy", quarter, gate_margin=0.25).verdict == INCONCLUSIVE
    assert (
        rule("must-not-miss recall", quarter, must_not_miss=["Gout"], gate_must_not_miss_floor=0.25).verdict
        == PASS
    )


def test_a_small_class_and_one_that_the_champion_never_knew_have_no_rule():
    names = {one.rule for one in judge(cases(9), Policy(), must_not_miss=[]).rules}
    assert "recall of Gout" not in names
    unknown = judge(cases(60, lost=60, known=False), Policy(), must_not_miss=["Gout"])
    assert "recall of Gout" not in {one.rule for one in unknown.rules}
    calibration = next(one for one in unknown.rules if one.rule == "calibration")
    assert calibration == Rule(
        "calibration", 0.0, 0.05, 0, PASS, "no case of a label that the champion knows"
    )


def test_a_subgroup_falls_by_no_more_than_its_floor_and_has_at_least_twenty():
    north = cases(60, lost=7, subgroup={"site": "north", "sex": "f"})
    found = rule("accuracy in site=north", north)
    assert found == Rule(
        "accuracy in site=north", -0.116667, -0.10, 60, FAIL, "difference -0.117, chance 0.008"
    )
    assert rule("accuracy in site=north", cases(70, lost=7, subgroup={"site": "north"})).verdict == PASS
    twenty = judge(
        [*cases(20, subgroup={"sex": "f"}), *cases(19, subgroup={"sex": "m"})], Policy(), must_not_miss=[]
    )
    assert [one.rule for one in twenty.rules if "sex" in one.rule] == ["accuracy in sex=f"]


@pytest.mark.parametrize(
    ("sure", "rise", "verdict"), [(0.81, 0.09, PASS), (0.79, 0.11, FAIL), (1.0, -0.1, PASS)]
)
def test_calibration_may_rise_by_the_floor_and_by_what_chance_shows(sure, rise, verdict):
    judged = [JudgedCase("Gout", Given("Gout", sure), RIGHT) for _ in range(100)]
    found = rule("calibration", judged)
    assert found == Rule("calibration", pytest.approx(rise), 0.1, 100, verdict, f"error rose by {rise:+.3f}")


def test_a_rise_at_its_bound_is_allowed():
    judged = [JudgedCase("Gout", Given("Gout", 0.5), Given("Gout", 1.0)) for _ in range(4)]
    found = rule("calibration", judged, gate_calibration_floor=0.25)
    assert (found.value, found.bound, found.verdict) == (0.5, 0.5, PASS)


def test_a_case_that_no_champion_answered_says_nothing_of_calibration():
    judged = cases(50) + [JudgedCase("Gout", Given("Gout", 0.1), None)]
    found = rule("calibration", judged)
    assert (found.value, found.n) == (0.0, 51)


@pytest.mark.parametrize(
    ("lost", "won", "value", "verdict", "why"),
    [
        (0, 0, 0.0, PASS, "0 of 90 solved cases lost, 0 others won"),
        (4, 0, 0.003812, PASS, "4 of 90 solved cases lost, 0 others won"),
        (5, 0, 0.010557, FAIL, "5 of 90 solved cases lost, 0 others won"),
        (9, 6, 0.0, PASS, "9 of 90 solved cases lost, 6 others won"),
    ],
)
def test_old_skills_are_not_surely_lost(lost, won, value, verdict, why):
    old = cases(100, lost=lost, won=won, wrong=10 - won, is_old=True)
    found = rule("forgetting", [*old, *cases(100, lost=50)])
    assert found == Rule("forgetting", pytest.approx(value, abs=2e-6), 0.01, 100, verdict, why)


def test_without_old_cases_nothing_was_forgotten():
    found = rule("forgetting", cases(60, lost=60))
    assert found == Rule("forgetting", 0.0, 0.01, 0, PASS, "no case judged the champion before")


AUDIT = "accuracy in the audit sample"


def drawn(n, *, lost, weight=10.0, heavy=10.0):
    """Cases of the audit sample; the lost ones weigh `heavy`."""
    return [*cases(lost, lost=lost, audit_weight=heavy), *cases(n - lost, audit_weight=weight)]


@pytest.mark.parametrize(
    ("n", "lost", "heavy", "verdict"),
    [(100, 2, 10.0, PASS), (100, 8, 10.0, FAIL), (100, 5, 10.0, PASS), (100, 5, 40.0, FAIL)],
)
def test_the_audit_sample_is_weighed_by_what_each_case_stands_for(n, lost, heavy, verdict):
    whole = lost * heavy + (n - lost) * 10.0
    change = -lost * heavy / whole
    spread = lost * (heavy * (-1 - change)) ** 2 + (n - lost) * (10.0 * change) ** 2
    error = sqrt(max(spread, heavy**2)) / whole
    low, high = change - 1.96 * error, change + 1.96 * error
    why = f"weighted difference {change:+.3f}, 95 % interval {low:+.3f} to {high:+.3f}"
    found = rule(AUDIT, [*drawn(n, lost=lost, heavy=heavy), *cases(50, lost=50)], timed=[])
    assert found == Rule(AUDIT, round(change, 6), -0.02, n, verdict, why)


def test_one_case_more_than_there_are_keeps_the_audit_unsure():
    found = rule(AUDIT, cases(40, audit_weight=3.0), timed=[])
    assert found.why == "weighted difference +0.000, 95 % interval -0.049 to +0.049"


def test_fewer_than_thirty_audited_cases_leave_it_to_the_shadow():
    why = "29 audited cases, 30 are needed: the shadow judges them"
    assert rule(AUDIT, drawn(29, lost=29), timed=[]) == Rule(AUDIT, 0.0, -0.02, 29, PASS, why)
    assert rule(AUDIT, drawn(30, lost=30), timed=[]).verdict == FAIL


@pytest.mark.parametrize(
    ("slow", "fast", "value", "verdict", "chance"),
    [
        (20, 0, 2.0, FAIL, "0.000"),
        (15, 5, 2.0, PASS, "0.021"),
        (16, 4, 2.0, FAIL, "0.006"),
        (4, 16, 1.0, PASS, "0.999"),
    ],
)
def test_latency_is_judged_by_the_middle_ratio_and_by_chance(slow, fast, value, verdict, chance):
    timed = [[2.0, 1.0]] * slow + [[3.0, 3.0]] * fast + [[9.0, 0.0]] * 50
    why = f"{slow} of 20 texts took more than 1.5 times as long, chance {chance}"
    assert rule("latency", cases(60), timed=timed) == Rule("latency", value, 1.5, 20, verdict, why)


def test_an_answer_at_the_bound_is_not_slower():
    assert rule("latency", cases(60), timed=[[1.5, 1.0]] * 20).verdict == PASS
    assert rule("latency", cases(60), timed=[[1.1, 1.0]] * 30, gate_latency_ratio=1.0).verdict == FAIL
    few = rule("latency", cases(60), timed=[[9.0, 1.0]] * 19)
    assert few == Rule("latency", 0.0, 1.5, 19, PASS, "19 texts were timed: the canary judges it")


@pytest.mark.parametrize(
    ("right", "low", "verdict"), [(68, 0.603271, PASS), (67, 0.592655, FAIL), (100, 0.983551, PASS)]
)
def test_a_first_version_is_surely_better_than_the_commonest_label(right, low, verdict):
    truths = ["Gout"] * 60 + ["Flu"] * 40
    answers = [*truths[:right], *["Cough"] * (100 - right)]
    judged = [JudgedCase(truth, Given(said, 0.9), None) for truth, said in zip(truths, answers, strict=True)]
    whole = judge(judged, Policy(), must_not_miss=["Gout"], timed=[])
    why = f"accuracy {right / 100:.3f}, at least {low:.3f}; the commonest label has 0.600"
    assert whole.rules[1] == Rule(
        "better than the commonest label", pytest.approx(low, abs=2e-6), 0.6, 100, verdict, why
    )
    assert [one.rule for one in whole.rules] == ["size", "better than the commonest label"]


def test_the_rules_come_in_one_order_and_the_worst_decides():
    judged = cases(60, is_old=True, subgroup={"site": "n", "age": "40"})
    whole = judge(judged, Policy(), must_not_miss=["Gout"], timed=[])
    assert [one.rule for one in whole.rules] == [
        "size",
        "accuracy",
        "must-not-miss recall",
        "recall of Gout",
        "accuracy in age=40",
        "accuracy in site=n",
        "calibration",
        "forgetting",
        AUDIT,
        "latency",
    ]
    assert (whole.verdict, whole.why) == (PASS, "")
    worse = judge(cases(40, lost=40), Policy(), must_not_miss=[])  # too few, and worse
    assert worse.verdict == FAIL
    assert worse.why.startswith("size: 40 evaluation cases, 50 are needed; accuracy: difference -1.000")
    assert worse.as_rows()[0] == {
        "rule": "size",
        "value": 40,
        "bound": 50,
        "n": 40,
        "verdict": INCONCLUSIVE,
        "why": "40 evaluation cases, 50 are needed",
    }


def test_a_change_that_was_not_declared_fails_whatever_the_cases_say():
    passed = judge(cases(60), Policy(), must_not_miss=[])
    nothing = Change(other_base=False, imported=False)
    fine = within(passed, nothing, Policy())
    last = Rule("within the declared changes", 0, 0.0, 0, PASS, "nothing changes that was not declared")
    assert fine == Verdict(PASS, (*passed.rules, last))
    unsure = judge(cases(40), Policy(), must_not_miss=[])
    assert within(unsure, nothing, Policy()).verdict == INCONCLUSIVE
    strict = Policy(envelope=Envelope(other_base=False, imported=False))
    broken = within(passed, Change(other_base=True, imported=True), strict)
    why = "it stands on another base model; it was brought from elsewhere"
    assert broken.verdict == FAIL
    assert broken.rules[-1] == Rule("within the declared changes", 2, 0.0, 2, FAIL, why)


def test_a_version_that_cannot_be_brought_up_fails():
    rule_of_it = Rule("serves as it was trained", 0.0, 1.0, 0, FAIL, "no answer")
    assert unservable("no answer") == Verdict(FAIL, (rule_of_it,))
