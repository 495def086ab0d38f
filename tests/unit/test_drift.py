import random

import pytest

from shared.domain.drift import LEAST_CASES, drifted, fell, stability_index, tenth


def a_window(seed, shares, n):
    rng = random.Random(seed)
    return rng.choices(list(shares), list(shares.values()), k=n)


USUAL = {"Gout": 0.5, "Migraine": 0.3, "Sepsis": 0.2}


def test_equal_counts_are_no_distance_apart_and_moved_ones_are():
    assert stability_index({"a": 50, "b": 50}, {"a": 500, "b": 500}) == pytest.approx(0, abs=1e-4)
    assert stability_index({"a": 80, "b": 20}, {"a": 20, "b": 80}) > 1.5
    assert stability_index({"a": 100}, {"b": 100}) > 5


@pytest.mark.parametrize("bins", [3, 20, 60])
def test_two_windows_of_one_population_are_told_apart_in_less_than_one_of_a_hundred(bins):
    shares = {f"label {n}": 1.0 for n in range(bins)}
    wrong = 0
    for seed in range(100):
        before, after = a_window(seed, shares, 800), a_window(1000 + seed, shares, LEAST_CASES)
        wrong += bool(drifted({"answers": before}, {"answers": after}))
    assert wrong <= 1


def test_a_moved_mix_is_found_and_named_with_its_bound():
    moved = {"Gout": 0.15, "Migraine": 0.3, "Sepsis": 0.55}
    before = {"answers": a_window(1, USUAL, 800), "sex": a_window(2, {"f": 1, "m": 1}, 800)}
    after = {"answers": a_window(3, moved, 300), "sex": a_window(4, {"f": 1, "m": 1}, 300)}
    [found] = drifted(before, after)
    assert (found.feature, found.index > found.bound >= 0.2) == ("answers", True)
    assert drifted(before, {"answers": after["answers"][: LEAST_CASES - 1]}) == []


def test_a_value_that_nobody_had_before_counts_as_another():
    before = {"site": ["north"] * 400}
    assert drifted(before, {"site": ["south"] * 150 + ["north"] * 150})[0].feature == "site"


def test_a_fall_is_told_only_where_the_intervals_are_apart():
    good, bad = [True] * 270 + [False] * 30, [True] * 200 + [False] * 100
    assert fell(good, bad) == (0.9, pytest.approx(2 / 3))
    assert fell(good, good) is None
    assert fell(bad, good) is None
    assert fell(good[:100], bad) is None


def test_confidences_are_told_in_tenths():
    assert [tenth(share) for share in (0.0, 0.05, 0.95, 1.0)] == ["0.0", "0.0", "0.9", "0.9"]
