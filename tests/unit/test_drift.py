import math
import random

import pytest

from shared.domain.drift import LEAST_CASES, drifted, fell, stability_index, tenth
from shared.domain.metrics import wilson


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
    assert [tenth(share) for share in (0.0, 0.05, 0.5, 0.95, 1.0)] == ["0.0", "0.0", "0.5", "0.9", "0.9"]


def test_the_index_is_the_symmetrised_divergence_of_smoothed_shares():
    p, q = (10.5 / 31, 20.5 / 31), (5.5 / 21, 15.5 / 21)
    exact = sum((b - a) * math.log(b / a) for a, b in zip(p, q, strict=True))
    assert stability_index({"a": 10, "b": 20}, {"a": 5, "b": 15}) == pytest.approx(exact)
    lacking = (10.5 / 11, 0.5 / 11), (0.5 / 6, 5.5 / 6)
    exact = sum((b - a) * math.log(b / a) for a, b in zip(*lacking, strict=True))
    assert stability_index({"a": 10}, {"b": 5}) == pytest.approx(exact)


def windows(before, after):
    return {"x": [name for name, n in before.items() for _ in range(n)]}, {
        "x": [name for name, n in after.items() for _ in range(n)]
    }


def test_the_bound_is_what_people_take_for_a_change_or_three_times_chance():
    [found] = drifted(*windows({"a": 500, "b": 500}, {"a": 200, "b": 800}))
    assert found.bound == 0.2
    assert found.index == round(stability_index({"a": 500, "b": 500}, {"a": 200, "b": 800}), 4)
    many = {f"v{n}": 10 for n in range(20)}
    [wide] = drifted(*windows(many, {"v0": 200}))
    assert wide.bound == pytest.approx(3 * 19 * (1 / 200 + 1 / 200), abs=1e-4)
    assert drifted(*windows({"a": 500, "b": 500}, {"a": 300, "b": 700})) == []  # an index below it


def test_beyond_twenty_values_the_rare_ones_count_as_one():
    before = {f"v{n:02}": 100 - n for n in range(25)}
    moved = {name: n for name, n in before.items() if name < "v20"}
    rare = {"new": sum(before.values()) - sum(moved.values())}  # as many as the five rarest had together
    assert drifted(*windows(before, moved | rare)) == []
    assert drifted(*windows(before, {"v00": 1900}))[0].feature == "x"


def test_each_window_has_two_hundred_and_the_furthest_comes_first():
    first = {"a": ["y"] * 200, "b": ["y"] * 200, "c": ["y"] * 200, "gone": ["y"] * 200}
    after = {"a": ["y"] * 100 + ["n"] * 100, "b": ["n"] * 200, "c": ["n"] * 199, "came": ["y"] * 200}
    assert [one.feature for one in drifted(first, after)] == ["b", "a"]
    assert drifted({"b": ["y"] * 199}, {"b": ["n"] * 200}) == []


def test_two_hundred_outcomes_are_enough_to_tell_a_fall():
    good, bad = [True] * 200, [True] * 100 + [False] * 100
    assert fell(good, bad) == (1.0, 0.5)
    assert fell(iter(good), bad[1:]) is None and fell(good[1:], bad) is None
    low, high = wilson(0.9, 400)
    near = next(n for n in range(300, 360) if wilson(n / 400, 400)[1] >= low)
    before = [True] * 360 + [False] * 40
    assert fell(before, [True] * near + [False] * (400 - near)) is None
    assert fell(before, [True] * (near - 1) + [False] * (401 - near)) is not None
    assert high > 0.9
