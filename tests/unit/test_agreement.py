"""Agreement of readers, against published figures."""

import pytest

from shared.domain.agreement import Agreement, by_label, difference, kappa
from shared.domain.metrics import wilson

GRADES = ("mild", "moderate", "severe")


def pairs(counts):
    return [pair for pair, n in counts.items() for _ in range(n)]


def test_kappa_of_a_known_table():
    found = kappa(pairs({("y", "y"): 20, ("y", "n"): 5, ("n", "y"): 10, ("n", "n"): 15}))
    assert (found.n, found.share, found.kappa) == (50, 0.7, pytest.approx(0.4))
    low, high = wilson(0.7, 50)
    assert (found.low, found.high) == (pytest.approx(2 * low - 1), pytest.approx(2 * high - 1))


def test_a_disagreement_of_grades_counts_by_the_square_of_its_distance():
    told = pairs(
        {("mild", "moderate"): 2, ("mild", "severe"): 1, ("mild", "mild"): 1, ("severe", "severe"): 1}
    )
    # Worth 3/4, 0, 1 and 1; of 5 the first reader says mild 4 times, the second moderate 2, severe 2, mild 1.
    seen = (2 * 0.75 + 0 + 1 + 1) / 5
    chance = (4 * 1 * 1 + 4 * 2 * 0.75 + 4 * 2 * 0 + 1 * 1 * 0 + 1 * 2 * 0.75 + 1 * 2 * 1) / 25
    found = kappa(told, order=GRADES)
    assert (found.share, found.kappa) == (pytest.approx(seen), pytest.approx((seen - chance) / (1 - chance)))
    assert kappa(told).share == 0.4


def test_a_word_beside_the_grades_agrees_with_itself_alone():
    told = [("mild", "odd"), ("odd", "mild"), ("odd", "odd"), ("severe", "severe")]
    assert kappa(told, order=GRADES).share == 0.5
    assert kappa([("a", "a"), ("b", "a")], order=["a"]).share == 0.5
    assert kappa([("a", "b"), ("b", "b")], order=["a", "b"]).share == 0.5


def test_where_kappa_has_no_meaning_it_has_no_number():
    assert kappa([]) == Agreement(0, 0.0, None, None, None)
    assert kappa([("a", "a")] * 5) == Agreement(5, 1.0, None, None, None)


def test_agreement_on_a_label_is_against_all_others():
    told = pairs({("a", "a"): 8, ("a", "b"): 2, ("c", "b"): 4, ("c", "c"): 6})
    found = by_label(told)
    assert list(found) == ["a", "b", "c"]
    assert found["a"] == kappa(pairs({("y", "y"): 8, ("y", "n"): 2, ("n", "n"): 10}))
    assert found["b"].share == 0.7


def test_the_difference_of_two_shares_by_newcombe_s_example():
    gap, low, high = difference((56, 70), (48, 80))
    assert (gap, round(low, 4), round(high, 4)) == (
        pytest.approx(0.2),
        0.0524,
        0.3339,
    )  # Newcombe 1998, table II
    turned = difference((48, 80), (56, 70))
    assert turned == (pytest.approx(-gap), pytest.approx(-high), pytest.approx(-low))
