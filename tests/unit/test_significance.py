from math import exp, inf, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.significance import (
    BETS,
    MARGIN_BETS,
    NO_EVIDENCE,
    NO_MARGIN_EVIDENCE,
    InvalidCountError,
    confidence_sequence,
    log_mean_exp,
    log_mix,
    margin_vote,
    randomised_difference,
    reaches,
    steps,
    superiority_e_value,
    vote,
    watch,
)


@given(st.lists(st.sampled_from([1, -1]), max_size=300))
def test_votes_one_by_one_say_what_the_counts_say(outcomes):
    logs = NO_EVIDENCE
    for x in outcomes:
        logs = vote(logs, x)
    whole = superiority_e_value(outcomes.count(1), outcomes.count(-1))
    assert log_mean_exp(logs) == pytest.approx(log_mean_exp([0.0]) if whole == 0 else log(whole), abs=1e-9)


def test_no_vote_is_no_evidence():
    assert superiority_e_value(0, 0) == 1.0


def test_overwhelming_evidence_does_not_overflow():
    assert superiority_e_value(5000, 0) == inf
    assert superiority_e_value(0, 5000) == pytest.approx(0.0)


def test_negative_counts_are_refused():
    with pytest.raises(InvalidCountError):
        superiority_e_value(-1, 3)


@given(st.floats(-1, 1))
def test_a_fair_bet_gains_nothing_on_the_mean(size):
    gain = [(a + b) / 2 for a, b in zip(_factors(vote, size), _factors(vote, -size), strict=True)]
    assert gain == pytest.approx([1.0] * len(gain))


def _factors(bet, x):
    return [exp(value) for value in bet(NO_EVIDENCE, x)]


def test_the_detector_forgets_evidence_against_a_change():
    logs = NO_EVIDENCE
    for x in [-1] * 200 + [1] * 40:
        logs = watch(logs, x)
    fresh = NO_EVIDENCE
    for _ in range(40):
        fresh = watch(fresh, 1)
    assert log_mean_exp(logs) == pytest.approx(log_mean_exp(fresh), abs=0.5)


def test_the_margin_is_shown_kept_by_agreements_alone():
    logs = (0.0,) * 4
    for _ in range(100):
        logs = margin_vote(logs, 0.0, margin=0.1)
    assert reaches(logs, 10.0)
    assert not reaches(margin_vote((0.0,) * 4, -1.0, margin=0.1), 1.0)


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 400))
def test_the_confidence_sequence_holds_the_estimate(wins, losses, ties):
    cases = wins + losses + ties
    low, high = confidence_sequence(wins, losses, cases)
    assert -1 <= low <= high <= 1
    if cases:
        assert low - 1e-9 <= (wins - losses) / cases <= high + 1e-9


def test_the_confidence_sequence_shrinks_with_cases():
    few, many = confidence_sequence(5, 5, 100), confidence_sequence(50, 50, 1000)
    assert many[1] - many[0] < few[1] - few[0]


@given(st.sampled_from([0.05, 0.25, 0.5]), st.sampled_from([0.0, 1.0]), st.floats(0, 1))
def test_a_randomised_outcome_is_a_fair_bet_when_both_arms_are_alike(share, outcome, baseline):
    arms = [randomised_difference(outcome, baseline, challenged=arm, share=share) for arm in (True, False)]
    assert share * arms[0] + (1 - share) * arms[1] == pytest.approx(0.0, abs=1e-12)
    assert all(-1 <= arm <= 1 for arm in arms)


def test_the_bets_are_those_that_were_agreed():
    assert BETS == (0.1, 0.2, 0.3, 0.4, 0.6, 0.8)
    assert MARGIN_BETS == (0.1, 0.2, 0.4, 0.8)
    assert (NO_EVIDENCE, NO_MARGIN_EVIDENCE) == ((0.0,) * 6, (0.0,) * 4)
    assert superiority_e_value(1, 0) == pytest.approx(1 + sum(BETS) / 6)
    assert superiority_e_value(0, 1) == pytest.approx(1 - sum(BETS) / 6)


def test_evidence_is_told_as_infinite_only_where_no_float_holds_it():
    most = next(n for n in range(1000, 2000) if superiority_e_value(n, 0) == inf)
    assert superiority_e_value(most - 1, 0) > 1e303
    with pytest.raises(InvalidCountError, match="3 wins, -1 losses"):
        superiority_e_value(3, -1)
    assert InvalidCountError.code == "invalid_count"


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=6), st.data())
def test_a_mixture_of_equal_weights_is_the_mean(logs, data):
    exact = log(sum(exp(value) for value in logs) / len(logs))
    assert log_mean_exp(logs) == pytest.approx(exact, abs=1e-9)
    assert log_mix(logs, [1 / len(logs)] * len(logs)) == pytest.approx(exact, abs=1e-9)
    assert log_mean_exp([value + 5000 for value in logs]) == pytest.approx(exact + 5000)
    weights = [data.draw(st.floats(0.1, 1)) for _ in logs]
    mixed = log(sum(weight * exp(value) for weight, value in zip(weights, logs, strict=True)))
    assert log_mix(logs, weights) == pytest.approx(mixed, abs=1e-9)


@given(st.floats(-1, 1), st.floats(0, 0.2))
def test_each_bet_pays_by_the_outcome(x, margin):
    assert steps(x) == pytest.approx([log(1 + bet * x) for bet in BETS])
    assert vote(NO_EVIDENCE, x) == steps(x)
    assert watch((-1.0, 0.0, 0.5, 1.0, 2.0, 3.0), x) == pytest.approx(
        [start + step for start, step in zip((0.0, 0.0, 0.5, 1.0, 2.0, 3.0), steps(x), strict=True)]
    )
    if margin + x > -1.25:
        told = margin_vote((1.0, 2.0, 3.0, 4.0), x, margin=margin)
        assert told == pytest.approx(
            [n + log(1 + bet * (x + margin)) for n, bet in zip((1, 2, 3, 4), MARGIN_BETS, strict=True)]
        )


def test_whole_votes_are_the_same_numbers_as_any_other():
    for x in (-1, 1):
        assert steps(x) == pytest.approx(steps(x * (1 - 1e-15)))


def test_evidence_reaches_a_threshold_it_stands_at():
    at = exp(log_mean_exp((0.0, 2.0)))
    assert reaches((0.0, 2.0), at * 0.999999) and not reaches((0.0, 2.0), at * 1.000001)
    assert reaches((0.0, 2.0), at, weights=(0.4, 0.6)) and not reaches((0.0, 2.0), at, weights=(0.6, 0.4))
    assert reaches((0.0, 0.0), 1.0) and not reaches((-0.1, -0.1), 1.0)


def test_a_confidence_sequence_refutes_what_its_bets_refute():
    """The bound is the last difference against which no mixture of bets has come to 2 / alpha."""
    counts = (40, 10, 150)
    low, high = confidence_sequence(40, 10, 200)
    assert 0 < low < 0.15 < high < 0.3
    assert evidence(counts, low - 1e-3) > log(2 / 0.05) > evidence(counts, low + 2e-3)
    turned = (10, 40, 150)
    assert evidence(turned, -high - 1e-3) > log(2 / 0.05) > evidence(turned, -high + 2e-3)
    wider = confidence_sequence(40, 10, 200, alpha=0.01)
    assert wider[0] < low and wider[1] > high


def evidence(counts, mean):
    """The log of the mean wealth of bets on "larger than `mean`", a share of what one loss takes."""
    outcomes = (1 - mean, -1 - mean, -mean)
    bets = [share / (1 + mean) * 0.999 for share in BETS]
    return log_mean_exp(
        [sum(n * log(1 + bet * x) for n, x in zip(counts, outcomes, strict=True)) for bet in bets]
    )


@pytest.mark.parametrize(("wins", "losses", "cases"), [(-1, 0, 5), (0, -1, 5), (3, 3, 5)])
def test_parts_that_are_no_parts_of_the_whole_are_refused(wins, losses, cases):
    with pytest.raises(InvalidCountError):
        confidence_sequence(wins, losses, cases)


def test_no_case_says_nothing_and_few_leave_an_end_open():
    assert confidence_sequence(0, 0, 0) == (-1.0, 1.0)
    assert confidence_sequence(0, 3, 3)[0] == -1.0
    assert confidence_sequence(3, 0, 3)[1] == 1.0
    assert confidence_sequence(60, 0, 60)[0] > 0.75
    assert confidence_sequence(0, 60, 60)[1] < -0.75


@pytest.mark.parametrize(
    ("outcome", "challenged", "share", "x"),
    [
        (1.0, True, 0.25, 0.4),
        (0.0, True, 0.25, -0.6),
        (1.0, False, 0.25, -0.4 / 3),
        (0.0, False, 0.75, 0.6),
        (1.0, True, 0.75, 0.4 / 3),
    ],
)
def test_an_unpaired_outcome_is_scaled_by_the_smaller_arm(outcome, challenged, share, x):
    assert randomised_difference(outcome, 0.6, challenged=challenged, share=share) == pytest.approx(x)
