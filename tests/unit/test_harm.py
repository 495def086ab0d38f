"""Evidence of harm: fair while nothing is wrong, and not deaf after a good beginning."""

from itertools import product
from math import exp, log

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
