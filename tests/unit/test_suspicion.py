"""Reasons to look again: only from a size on, only against peers, and never surer than the numbers."""

from math import exp, log

import pytest

from shared.domain.metrics import wilson
from shared.domain.suspicion import Found, burst, copied, tail


@pytest.mark.parametrize(
    ("seen", "of", "share", "bound"),
    [
        (0, 0, 0.5, 1.0),
        (5, 10, 0.5, 1.0),
        (1, 10, 0.0, 0.0),
        (0, 10, 0.0, 1.0),
        (10, 10, 0.5, 0.5**10),
        (1, 1, 0.25, 0.25),
        (8, 10, 0.5, exp(-10 * (0.8 * log(1.6) + 0.2 * log(0.4)))),
    ],
)
def test_the_bound_of_a_chance(seen, of, share, bound):
    assert tail(seen, of, share) == pytest.approx(bound)


def test_a_run_is_too_dense_only_from_ten_signatures_and_twenty_gaps_on():
    found = burst(20, 10, 100)
    share = wilson(0.1, 100)[1]
    assert found == Found(19, 19, share, pytest.approx(share**19 * 120))
    assert burst(10, 0, 20) is not None and burst(9, 0, 20) is None and burst(10, 0, 19) is None


def test_a_run_that_chance_brings_about_is_no_suspicion():
    share = wilson(0.5, 100)[1]
    at = next(run for run in range(10, 60) if share ** (run - 1) * (100 + run) < 0.001)
    assert burst(at, 50, 100) is not None
    assert burst(at - 1, 50, 100) is None


def test_what_never_happens_with_peers_still_may():
    """None of twenty says at most a seventh, not nothing."""
    share = wilson(0.0, 20)[1]
    assert burst(10, 0, 20).expected_share == share > 0.1


def test_one_text_over_many_is_found_from_ten_copies_and_twenty_peers_on():
    share = wilson(0.1, 300)[1]
    assert copied(40, 60, (30, 300)) == Found(40, 60, share, pytest.approx(tail(40, 60, share)))
    assert (
        copied(10, 10, (0, 20)) is not None
        and copied(9, 9, (0, 20)) is None
        and copied(10, 10, (0, 19)) is None
    )


def test_more_than_three_times_what_peers_do_is_asked_for():
    share = wilson(0.1, 2000)[1]
    least = 3 * share * 10_000
    assert tail(int(least), 10_000, share) < 0.001  # by chance alone it would be amiss before
    assert copied(int(least) + 1, 10_000, (200, 2000)) is not None
    assert copied(int(least), 10_000, (200, 2000)) is None


def test_what_was_seen_has_an_interval():
    assert Found(3, 10, 0.1, 0.5).interval == wilson(0.3, 10)
    assert Found(0, 0, 0.1, 0.5).interval == (0.0, 1.0)
