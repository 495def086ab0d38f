from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.significance import (
    NO_EVIDENCE,
    InvalidCountError,
    confidence_sequence,
    log_mean_exp,
    margin_vote,
    randomised_difference,
    reaches,
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
    assert log_mean_exp(logs) == pytest.approx(log_mean_exp([0.0]) if whole == 0 else _log(whole), abs=1e-9)


def _log(value):
    from math import log

    return log(value)


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
    from math import exp

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
