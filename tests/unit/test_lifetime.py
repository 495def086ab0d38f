"""The account of a year of promotions."""

import random

from shared.domain.lifetime import Anchored, Standing, spent


def test_small_steps_down_fail_the_anchor_once_their_sum_shows():
    assert not Anchored(400, 10, 14).failed
    assert Anchored(400, 10, 46).failed
    assert not Anchored(0, 0, 0).failed


def test_a_version_as_good_as_the_first_rarely_fails_the_anchor():
    rng, failed = random.Random(1), 0
    for _ in range(400):
        votes = [rng.random() for _ in range(500)]
        failed += Anchored(500, sum(v < 0.05 for v in votes), sum(0.05 <= v < 0.11 for v in votes)).failed
    assert failed / 400 <= 0.05  # a point worse is the margin itself


def test_four_promotions_a_year_are_automatic_and_the_fifth_asks_a_person():
    assert Standing(spent([0.05] * 3), None, failed_this_year=False).why_person(0.05) is None
    why = Standing(spent([0.05] * 4), None, failed_this_year=False).why_person(0.05)
    assert why == "the risk that automatic promotions may take in a year is spent"


def test_a_failed_anchor_stops_automation_and_costs_the_alpha_of_the_year():
    standing = Standing(0.0, Anchored(400, 10, 60), failed_this_year=True)
    assert standing.alpha(0.05) == 0.01
    assert standing.why_person(0.05) == "it is worse than the first authorised version"
    later = Standing(0.0, Anchored(400, 20, 20), failed_this_year=True)
    assert (later.alpha(0.05), later.why_person(0.05)) == (0.01, None)
