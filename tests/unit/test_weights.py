import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import weights
from shared.domain.weights import LEAST_OTHERS, Cap, caps, factors, shares

POLICY = caps(validator=0.2, source=0.6, week=0.4)
CELLS = st.dictionaries(
    st.tuples(
        st.sampled_from([None, *"abcdefgh"]), st.sampled_from("xyz"), st.sampled_from(["1", "2", "3", "4"])
    ),
    st.floats(0.1, 1000),
    min_size=1,
    max_size=30,
)


def largest(sums, found, place, exempt=0.0):
    return max(shares(sums, exempt, found, place=place).values(), default=0.0)


def test_one_of_ten_validators_with_most_of_the_cases_weighs_a_fifth():
    sums = {("big", "s", "w"): 600.0} | {(f"v{n}", "s", "w"): 40.0 for n in range(10)}
    found = factors(sums, 0.0, POLICY)
    assert largest(sums, found, 0) == pytest.approx(0.2, abs=1e-6)
    assert {found[cell] for cell in sums if cell[0] != "big"} == {1.0}


def test_a_week_and_a_source_are_capped_together_with_the_validators():
    sums = {
        (f"v{v}", f"s{s}", f"w{w}"): 500.0 if w == 0 else 100.0 if s == 0 else 10.0
        for v in range(10)
        for s in range(4)
        for w in range(6)
    }
    found = factors(sums, 0.0, POLICY)
    assert largest(sums, found, 0) <= 0.2 + 1e-6
    assert largest(sums, found, 1) <= 0.6 + 1e-6
    assert largest(sums, found, 2) <= 0.4 + 1e-6


@given(CELLS, st.floats(0, 500))
def test_weights_are_a_fixed_point_that_no_order_changes(sums, exempt):
    found = factors(sums, exempt, POLICY)
    assert all(0 < one <= 1 for one in found.values())
    turned = factors(dict(reversed(sums.items())), exempt, POLICY)
    assert turned == pytest.approx(found)
    lowered = {cell: size * found[cell] for cell, size in sums.items()}
    again = factors(lowered, exempt, tuple(Cap(one.share, one.loose, 1e-9) for one in POLICY))
    unbound = all(found[cell] > 0.03 for cell in sums)  # where no floor held, nothing is left to lower
    if unbound and all(found[cell] > LEAST_OTHERS for cell in sums):
        assert min(again.values()) == pytest.approx(1.0, abs=1e-5)


def test_few_groups_widen_the_cap_and_one_alone_is_not_capped():
    alone = {("a", "s", "w"): 10.0}
    assert factors(alone, 0.0, POLICY) == {("a", "s", "w"): 1.0}
    two = {("a", "s", "w"): 100.0, ("b", "s", "w"): 1.0}
    assert factors(two, 0.0, POLICY)["a", "s", "w"] == 0.02
    weeks = {(None, "s", "1"): 2000.0, (None, "s", "2"): 50.0}
    assert set(factors(weeks, 0.0, POLICY).values()) == {1.0}


def test_a_few_cases_of_other_weeks_never_rule():
    weeks = {(None, "s", str(n)): 2000.0 if n == 0 else 1.0 for n in range(6)}
    found = factors(weeks, 0.0, POLICY)
    assert found[None, "s", "0"] == LEAST_OTHERS


def test_exempt_cases_count_in_the_whole_and_are_not_lowered():
    sums = {("a", "s", "w"): 30.0} | {(f"v{n}", "s", "w"): 1.0 for n in range(9)}
    assert factors(sums, 1000.0, POLICY)["a", "s", "w"] == 1.0
    assert factors(sums, 0.0, POLICY)["a", "s", "w"] < 0.1


@given(st.lists(st.sampled_from("abcdefgh"), min_size=30, max_size=120))
def test_nobody_outweighs_the_cap_where_enough_share(validators):
    sums = {}
    for name in validators:
        sums[name, "s", "w"] = sums.get((name, "s", "w"), 0.0) + 1.0
    found = factors(sums, 0.0, POLICY)
    most = max(0.2, 1.2 / len(sums))
    if all(one > 0.02 for one in found.values()):
        assert largest(sums, found, 0) <= most + 1e-6


def test_a_cap_widens_among_few_groups():
    assert [Cap(0.2, 1.2, 0.1).among(groups) for groups in (0, 1, 2, 6, 7)] == [1.0, 1.2, 0.6, 0.2, 0.2]
    assert caps(0.2, 0.6, 0.4) == (Cap(0.2, 1.2, 0.02), Cap(0.6, 2.0, 0.1), Cap(0.4, 2.0, 0.1))


def test_a_lowered_group_weighs_its_share_of_what_is_left():
    sums = {("a",): 60.0} | {(name,): 10.0 for name in "bcde"}
    found = factors(sums, 0.0, [Cap(0.25, 1.0, 0.0)])
    assert shares(sums, 0.0, found, place=0) == pytest.approx(
        {"a": 0.25, "b": 0.1875, "c": 0.1875, "d": 0.1875, "e": 0.1875}
    )
    assert found[("a",)] == pytest.approx(40 / 3 / 60)
    with_exempt = factors(sums, 40.0, [Cap(0.25, 1.0, 0.0)])
    assert with_exempt[("a",)] == pytest.approx(80 / 3 / 60)
    assert shares(sums, 40.0, with_exempt, place=0)["a"] == pytest.approx(0.25)


def test_two_large_groups_are_lowered_together():
    sums = {("a",): 60.0, ("b",): 50.0, ("c",): 10.0, ("d",): 10.0}
    found = factors(sums, 0.0, [Cap(0.3, 1.0, 0.0)])
    assert shares(sums, 0.0, found, place=0) == pytest.approx({"a": 0.3, "b": 0.3, "c": 0.2, "d": 0.2})


def test_what_belongs_to_no_group_is_free_and_an_empty_group_stays():
    sums = {("a",): 60.0, (None,): 90.0, ("b",): 0.0}
    assert factors(sums, 0.0, [Cap(0.25, 0.2, 0.0)]) == pytest.approx(
        {("a",): 0.5, (None,): 1.0, ("b",): 1.0}
    )
    assert shares(sums, 0.0, factors(sums, 0.0, [Cap(0.25, 0.2, 0.0)]), place=0) == pytest.approx(
        {"a": 0.25, "b": 0.0}
    )


def test_nothing_weighs_nothing():
    assert factors({}, 0.0, POLICY) == {}
    assert shares({("a",): 0.0}, 0.0, {("a",): 1.0}, place=0) == {}


def test_a_cell_weighs_by_all_its_groups_and_a_floor_is_of_one_cap_alone():
    sums = {("a", "x"): 1000.0} | {(f"v{n}", f"s{n}"): 1.0 for n in range(8)}
    found = factors(sums, 0.0, [Cap(0.01, 0.01, 0.5), Cap(0.01, 0.01, 0.4)])
    assert found["a", "x"] == pytest.approx(0.5 * 0.4)


@given(st.lists(st.integers(1, 10**15), min_size=1, max_size=12), st.integers(0, 10**15), st.floats(1, 3))
def test_every_group_keeps_its_cap_whatever_the_sizes(sizes, exempt, loose):
    sums = {(str(number),): float(size) for number, size in enumerate(sizes)}
    cap = Cap(0.1, loose, 0.0)
    found = factors(sums, float(exempt), [cap])
    assert largest(sums, found, 0, exempt) <= cap.among(len(sizes)) + 1e-6
    smallest = min(sums, key=sums.__getitem__)
    if exempt == 0:
        assert found[smallest] == pytest.approx(1.0, abs=1e-6)


def test_caps_that_hardly_meet_end_near_their_end():
    sizes = {
        ("a", "x", "1"): 0.001, ("a", "x", "2"): 0.001, ("a", "x", "3"): 0.1,
        ("a", "y", "2"): 1e3, ("b", "y", "1"): 1e4, ("c", "z", "1"): 1e6,
    }  # fmt: skip
    lowered, rounds = weights._lower, []

    def counted(*cells, **cap):
        rounds.append(cap["place"])
        return lowered(*cells, **cap)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(weights, "_lower", counted)
        found = factors(sizes, 0.0, caps(0.4, 0.05, 0.4))
    assert rounds.count(0) == 1000  # a seal waits for no more
    assert all(0 < factor <= 1 for factor in found.values())
