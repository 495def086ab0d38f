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


def test_a_bet_on_a_loss_beyond_the_margin_is_made_case_by_case():
    """Losing every case: the mean of the products of 1 + bet (1 - margin) reaches 20 at the fourth."""
    for cases in range(1, 8):
        wealth = sum((1 + bet * 0.99) ** cases for bet in (0.1, 0.2, 0.4, 0.8)) / 4
        assert Anchored(cases, 0, cases).failed is (wealth >= 20)
    mixed = sum(
        (1 + bet * 0.99) ** 30 * (1 - bet * 0.01) ** 100 * (1 - bet * 1.01) ** 10
        for bet in (0.1, 0.2, 0.4, 0.8)
    )
    assert Anchored(140, 10, 30).failed is (mixed / 4 >= 20)
    at = next(n for n in range(60) if Anchored(200, 10, n).failed)
    wealth = [
        sum(
            (1 + bet * 0.99) ** n * (1 - bet * 0.01) ** (190 - n) * (1 - bet * 1.01) ** 10
            for bet in (0.1, 0.2, 0.4, 0.8)
        )
        / 4
        for n in (at - 1, at)
    ]
    assert wealth[0] < 20 <= wealth[1]


def test_the_account_holds_a_fifth_to_the_end():
    assert spent([0.05, 0.1, 0.0000004]) == 0.15
    for already, asks in ((0.15, False), (0.151, True)):
        standing = Standing(already, Anchored(400, 20, 20), failed_this_year=False)
        assert (standing.why_person(0.05) is not None) is asks
    doubted = Standing(0.19, None, failed_this_year=True)
    assert (doubted.alpha(0.05), doubted.alpha(0.001), doubted.why_person(0.05)) == (0.01, 0.001, None)
    assert Standing(0.0, None, failed_this_year=False).alpha(0.05) == 0.05
