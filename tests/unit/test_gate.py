import random
from dataclasses import replace

import pytest

from shared.domain.gate import FAIL, INCONCLUSIVE, PASS, Given, JudgedCase, judge
from shared.domain.policy import Policy

LABELS = [f"d{n}" for n in range(14)]


def a_set(seed, *, n=250, candidate=0.90, champion=0.82, overlap=0.8, **given):
    """`overlap` is how much of each one's being right is shared; `sure` the candidate's confidence."""
    rng = random.Random(seed)
    sure = given.get("sure", candidate)
    cases = []
    for _ in range(n):
        truth, shared = rng.choice(LABELS), rng.random()
        right = [
            (shared if rng.random() < overlap else rng.random()) < share for share in (candidate, champion)
        ]
        labels = [truth if one else rng.choice([name for name in LABELS if name != truth]) for one in right]
        cases.append(
            JudgedCase(truth, Given(labels[0], sure), Given(labels[1], champion), is_old=rng.random() < 0.7)
        )
    return cases


def share_of_passes(**given):
    verdicts = [
        judge(a_set(seed, **given), Policy(), must_not_miss=LABELS[:3]).verdict for seed in range(200)
    ]
    return verdicts.count(PASS) / len(verdicts)


@pytest.mark.slow
@pytest.mark.parametrize("n", [150, 400])
def test_a_clearly_better_candidate_passes(n):
    assert share_of_passes(n=n) > 0.95


@pytest.mark.slow
@pytest.mark.parametrize("n", [150, 400])
def test_a_clearly_worse_candidate_never_passes(n):
    assert share_of_passes(n=n, candidate=0.70) == 0


@pytest.mark.slow
def test_a_candidate_that_learnt_noise_never_passes():
    assert share_of_passes(candidate=1 / 14, overlap=0.0) == 0


def test_an_overconfident_candidate_fails_by_its_calibration():
    verdict = judge(a_set(1, sure=1.0, candidate=0.82, n=400), Policy(), must_not_miss=[])
    assert "calibration" in verdict.why


def test_a_new_disease_that_the_champion_never_knew_does_not_block():
    cases = a_set(3, n=300)
    cases += [JudgedCase("novel", Given("novel", 0.9), Given("d0", 0.6), known=False) for _ in range(60)]
    assert judge(cases, Policy(), must_not_miss=LABELS[:3]).verdict == PASS


def test_lost_old_skills_fail_although_the_whole_is_better():
    old = [JudgedCase("d1", Given("d2", 0.8), Given("d1", 0.8), is_old=True) for _ in range(20)]
    old += [JudgedCase("d3", Given("d3", 0.8), Given("d3", 0.8), is_old=True) for _ in range(80)]
    won = [JudgedCase("d4", Given("d4", 0.8), Given("d5", 0.8)) for _ in range(80)]
    verdict = judge(old + won, Policy(), must_not_miss=[])
    assert [rule.rule for rule in verdict.rules if rule.verdict == FAIL].count("forgetting") == 1


def test_a_fall_in_must_not_miss_recall_fails():
    worse = [JudgedCase("d0", Given("d1", 0.8), Given("d0", 0.8)) for _ in range(8)]
    same = [JudgedCase("d0", Given("d0", 0.8), Given("d0", 0.8)) for _ in range(30)]
    won = [JudgedCase("d4", Given("d4", 0.8), Given("d5", 0.8)) for _ in range(60)]
    verdict = judge(worse + same + won, Policy(), must_not_miss=["d0"])
    assert "must-not-miss recall" in verdict.why


def test_too_few_cases_are_no_pass():
    assert judge(a_set(1, n=30), Policy(), must_not_miss=[]).verdict == INCONCLUSIVE
    assert judge([], Policy(), must_not_miss=[]).verdict == INCONCLUSIVE


@pytest.mark.parametrize(("right", "verdict"), [(0.8, PASS), (0.5, FAIL)])
def test_a_first_version_must_beat_the_commonest_label(right, verdict):
    truths = ["a"] * 60 + ["b"] * 40
    cases = [
        JudgedCase(truth, Given(truth if n % 100 < right * 100 else "c", 0.7), None)
        for n, truth in enumerate(truths)
    ]
    assert judge(cases, Policy(), must_not_miss=[]).verdict == verdict


def test_the_same_inputs_give_the_same_rows():
    first, second = (judge(a_set(5), Policy(), must_not_miss=LABELS[:3]).as_rows() for _ in range(2))
    assert first == second


def rule(verdict, name):
    return next(one for one in verdict.rules if one.rule == name)


def audited(cases, *, every=2, weight=10.0):
    return [replace(case, audit_weight=weight if n % every == 0 else None) for n, case in enumerate(cases)]


def test_the_audit_sample_fails_what_is_surely_worse_there_and_weighs_by_the_inverse_of_the_chance():
    better = audited(a_set(5, n=400))
    found = rule(judge(better, Policy(), must_not_miss=[], timed=[]), "accuracy in the audit sample")
    assert (found.verdict, found.n) == (PASS, 200)
    assert found.value > 0
    # The sample alone gets worse: every drawn case is lost, all others are won.
    turned = [
        replace(case, candidate=Given("none" if case.audit_weight else case.truth, 0.9)) for case in better
    ]
    verdict = judge(turned, Policy(), must_not_miss=[], timed=[])
    assert rule(verdict, "accuracy in the audit sample").verdict == FAIL
    # A case that was drawn with a hundredth of the chance of the others speaks for a hundred times as many.
    rare = [replace(case, audit_weight=1.0) for case in a_set(6, n=60, candidate=1.0, champion=1.0)]
    lost = replace(rare[0], candidate=Given("none", 0.9), audit_weight=100.0)
    found = rule(
        judge([lost, *rare[1:]], Policy(), must_not_miss=[], timed=[]), "accuracy in the audit sample"
    )
    assert found.value == pytest.approx(-100 / 159, abs=1e-6)
    assert found.verdict == PASS  # one case, however heavy, makes nobody sure


def test_a_small_audit_sample_leaves_the_question_to_the_shadow():
    found = rule(
        judge(audited(a_set(7, n=60), every=10), Policy(), must_not_miss=[], timed=[]),
        "accuracy in the audit sample",
    )
    assert (found.verdict, found.n) == (PASS, 6)


def test_a_version_that_is_surely_slower_than_it_may_be_fails_and_a_noisy_clock_fails_nobody():
    cases = a_set(8)
    for ratio, expected in ((3.0, FAIL), (1.0, PASS)):
        timed = [[10 * ratio + n % 3, 10.0 + n % 3] for n in range(30)]
        found = rule(judge(cases, Policy(), must_not_miss=[], timed=timed), "latency")
        assert (found.verdict, found.n) == (expected, 30)
    noisy = [[10.0 * (5 if n % 4 == 0 else 1), 10.0] for n in range(30)]
    assert rule(judge(cases, Policy(), must_not_miss=[], timed=noisy), "latency").verdict == PASS
    few = [[100.0, 1.0]] * 5
    assert rule(judge(cases, Policy(), must_not_miss=[], timed=few), "latency").verdict == PASS


def test_a_verdict_from_before_these_rules_comes_out_as_it_was():
    rules = {one.rule for one in judge(a_set(9), Policy(), must_not_miss=[]).rules}
    assert not rules & {"latency", "accuracy in the audit sample"}
