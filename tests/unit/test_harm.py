"""Evidence of harm: fair while nothing is wrong, and not deaf after a good beginning."""

from itertools import product
from math import exp, inf, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.harm import Harm, harm_log_e

LIMIT = log(1 / 0.035)


def after(votes):
    harm = Harm()
    for x in votes:
        harm.vote(x)
    return harm


def test_a_fair_coin_leaves_the_expected_evidence_at_one():
    values = [exp(after(votes).log_e) for votes in product((1.0, -1.0), repeat=10)]
    assert sum(values) / len(values) == pytest.approx(1.0, abs=1e-9)


def test_any_prefix_of_a_fair_coin_is_bounded_by_ville():
    hits, paths = 0, list(product((1.0, -1.0), repeat=12))
    for votes in paths:
        harm, reached = Harm(), False
        for x in votes:
            harm.vote(x)
            reached = reached or harm.log_e >= log(10)
        hits += reached
    assert 0 < hits / len(paths) <= 0.1


def test_a_late_fault_is_found_where_evidence_from_the_start_alone_stays_deaf():
    harm = after([-1.0] * 120 + [1.0] * 40)
    assert harm.log_e > LIMIT
    assert Harm(harm.whole).log_e < 0


@given(st.lists(st.floats(-1, 1), max_size=60), st.integers(0, 60))
def test_going_on_from_a_saved_state_gives_the_same_bits(votes, cut):
    whole = after(votes)
    first = after(votes[:cut])
    second = Harm(first.whole, first.saved_late())
    for x in votes[cut:]:
        second.vote(x)
    assert (second.whole, second.saved_late(), second.log_e) == (whole.whole, whole.saved_late(), whole.log_e)
    assert harm_log_e({"harm": whole.whole, "harm_late_e": whole.saved_late()}) == whole.log_e


def test_a_state_from_before_the_late_evidence_goes_on():
    assert harm_log_e({"harm": [0.0] * 6}) == pytest.approx(0.0, abs=1e-12)


@given(st.lists(st.sampled_from([-1.0, 1.0, 0.5, -0.25]), max_size=80), st.floats(-3, 6))
def test_the_glance_and_the_evidence_say_the_same(votes, limit):
    harm = after(votes)
    assert harm.reaches(limit) == (after(votes).log_e >= limit)


def test_the_belief_of_a_late_start_sums_to_one_and_is_a_tenth():
    assert sum(200 / ((n + 199) * (n + 200)) for n in range(1, 200_000)) == pytest.approx(1.0, abs=2e-3)
    one = after([1.0])
    begins = 200 / (200 * 201)
    assert one.late == pytest.approx([begins * (1 + bet) for bet in (0.1, 0.2, 0.3, 0.4, 0.6, 0.8)])
    mixed = sum(
        w * (1 + bet)
        for w, bet in zip((0.1, 0.2, 0.2, 0.2, 0.2, 0.1), (0.1, 0.2, 0.3, 0.4, 0.6, 0.8), strict=True)
    )
    assert exp(one.log_e) == pytest.approx(0.9 * mixed + 0.1 * (begins * mixed + 200 / 201))


def test_evidence_by_the_plain_sum_over_starts():
    """The late part is, for each start, the wealth of the bets from there on."""
    votes = [1.0, -1.0, 0.5, 1.0, -0.25, 1.0]
    bets, weights = (0.1, 0.2, 0.3, 0.4, 0.6, 0.8), (0.1, 0.2, 0.2, 0.2, 0.2, 0.1)

    def wealth(begin):
        value = 0.0
        for bet, weight in zip(bets, weights, strict=True):
            product = weight
            for x in votes[begin:]:
                product *= 1 + bet * x
            value += product
        return value

    late = sum(200 / ((n + 199) * (n + 200)) * wealth(n - 1) for n in range(1, 7)) + 200 / 206
    assert exp(after(votes).log_e) == pytest.approx(0.9 * wealth(0) + 0.1 * late)


def test_evidence_beyond_a_float_stays_a_number():
    harm = after([1.0] * 3000)
    assert max(harm.late) == 1e300 and harm.votes == 3000
    assert harm.reaches(LIMIT) and harm.reaches(1000.0) and not harm.reaches(5000.0) and not harm.reaches(inf)
    assert harm_log_e({"harm": harm.whole, "harm_late_e": harm.saved_late()}) == harm.log_e > 690


def test_the_glance_never_hides_evidence_of_a_late_start():
    harm = after([-1.0] * 120 + [1.0] * 40)
    assert max(harm.whole) < LIMIT
    assert harm.reaches(LIMIT) and harm.reaches(harm.log_e)
    assert not harm.reaches(harm.log_e + 1e-9)
