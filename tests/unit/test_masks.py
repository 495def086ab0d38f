"""What a segmenter is asked, how masks are compared, and what the gate makes of it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.gate import FAIL, INCONCLUSIVE, PASS
from shared.domain.mask_gate import MIN_PERSONS, JudgedPicture, judge
from shared.domain.masks import (
    Overlap,
    box_around,
    box_off,
    error_of,
    longest_side,
    loose_box,
    mean_of,
    meant_by,
    moved,
    questions,
)
from shared.domain.metrics import NothingMeasuredError
from shared.domain.policy import Policy


@pytest.fixture
def mask():
    """Two objects side by side, the second the larger."""
    found = np.zeros((40, 60), dtype=np.uint8)
    found[5:15, 5:20] = 1
    found[10:35, 30:55] = 2
    return found


def test_every_kind_is_asked_and_has_its_truth(mask):
    asked = {one.kind: one for one in questions(mask, given=(28.0, 8.0, 58.0, 38.0))}
    assert set(asked) == {"given", "whole", "box", "object"}
    assert (asked["given"].truth == (mask == 2)).all()
    assert (asked["whole"].truth == (mask > 0)).all()
    assert asked["whole"].box is None
    assert asked["box"].box == loose_box(mask > 0)
    assert (asked["box"].truth == (mask > 0)).all()
    x0, y0, x1, y1 = asked["box"].box
    assert (x0 < 5, y0 < 5, x1 > 54, y1 > 34) == (True, True, True, True)


def test_of_many_objects_some_are_asked_for_and_an_empty_mask_only_whole():
    many = np.zeros((100, 100), dtype=np.uint16)
    for number in range(30):
        many[3 * number : 3 * number + 2, 10:20] = number + 1
    assert sum(one.kind == "object" for one in questions(many, most=8)) == 8
    assert [one.kind for one in questions(np.zeros((9, 9), dtype=np.uint8))] == ["whole"]


def test_a_box_means_what_lies_in_it_for_the_most_part(mask):
    assert (meant_by((0.0, 0.0, 22.0, 20.0), mask) == (mask == 1)).all()
    assert (meant_by((0.0, 0.0, 59.0, 39.0), mask) == (mask > 0)).all()
    assert not meant_by((56.0, 0.0, 59.0, 5.0), mask).any()
    assert (meant_by((0.0, 0.0, 59.0, 39.0), mask > 0) == (mask > 0)).all()


def test_the_box_around_holds_its_last_row_and_column(mask):
    assert box_around(mask == 1) == (5.0, 5.0, 19.0, 14.0)
    assert box_around(mask == 9) is None


@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 20), st.integers(0, 60))
def test_a_box_stands_evenly_off_and_closer_to_small_objects(height, width, top, left):
    found = np.zeros((100, 200), dtype=bool)
    found[40 + top : 40 + top + height, 60 + left : 60 + left + width] = True
    touching, loose, twice = (np.array(box_off(found, [times] * 4)) for times in (0, 1, 2))
    assert touching.tolist() == [60 + left - 0.5, 40 + top - 0.5, 59.5 + left + width, 39.5 + top + height]
    off = min(3 / 256 * 200, max(height, width) / 8)
    assert np.abs(loose - touching) == pytest.approx([off] * 4)
    assert twice - touching == pytest.approx(2 * (loose - touching))
    assert loose.tolist() == list(loose_box(found))


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_dice_and_iou_are_the_same_ranking(both, more, other):
    one = Overlap(both, both + more, both + other, 1000)
    assert one.dice == pytest.approx(2 * one.iou / (1 + one.iou))


def test_empty_masks_agree():
    assert Overlap.of(np.zeros((3, 3)), np.zeros((3, 3))).dice == 1.0
    assert Overlap.of(np.ones((3, 3)), np.zeros((3, 3))).dice == 0.0


def test_slices_of_one_person_are_no_further_evidence():
    values = [("a", 0.9), ("b", 0.7), ("c", 0.8)]
    thrice = [one for one in values for _ in range(3)]
    assert error_of(thrice) == pytest.approx(error_of(values))
    one = mean_of(values)
    assert one.value == pytest.approx(0.8)
    assert one.low < one.value < one.high
    assert error_of([("a", 0.9), ("a", 0.8)]) == 1.0
    with pytest.raises(NothingMeasuredError):
        mean_of([])


def judged(change, *, persons=20, kind="whole", **given):
    return [
        JudgedPicture(
            f"person {n}", {kind: 0.8 + change + 0.01 * (n % 3), "box": 0.9}, {kind: 0.8, "box": 0.9}, **given
        )
        for n in range(persons)
    ]


def test_what_is_better_passes_and_what_is_worse_fails():
    assert judge(judged(0.1), Policy(), against="it").verdict == PASS
    assert judge(judged(0.0), Policy(), against="it").verdict == PASS
    worse = judge(judged(-0.08), Policy(), against="the untrained decoder")
    assert worse.verdict == FAIL
    assert "untrained" in worse.why


def test_one_kind_of_prompt_that_falls_is_enough():
    rows = [*judged(0.2), *judged(-0.08, kind="object")]
    verdict = judge(rows, Policy(), against="it")
    assert {rule.rule: rule.verdict for rule in verdict.rules}["Dice from object prompts"] == FAIL
    assert verdict.verdict == FAIL


def test_few_persons_are_no_pass_however_many_slices():
    rows = judged(0.1, persons=MIN_PERSONS - 1) * 10
    assert judge(rows, Policy(), against="it").verdict == INCONCLUSIVE
    assert judge([], Policy(), against="it").verdict == INCONCLUSIVE


def test_old_pictures_and_subgroups_have_rules_of_their_own():
    rows = [*judged(0.1), *judged(-0.4, is_old=True, subgroup={"site": "north"})]
    failed = {rule.rule for rule in judge(rows, Policy(), against="it").rules if rule.verdict == FAIL}
    assert {"forgetting", "Dice in site=north"} <= failed


def test_parts_of_a_picture_are_counted_together():
    one = Overlap.of(np.array([[1, 1], [0, 0]]), np.array([[1, 0], [1, 0]]))
    assert one == Overlap(both=1, given=2, truth=2, pixels=4)
    assert (one.dice, one.iou) == (0.5, pytest.approx(1 / 3))
    assert Overlap.over([one, Overlap(3, 4, 5, 9)]) == Overlap(4, 6, 7, 13)
    assert Overlap.over([]) == Overlap(0, 0, 0, 0)
    assert Overlap(0, 0, 0, 4).iou == 1.0


def test_the_error_of_a_mean_is_that_of_persons():
    values = [("a", 0.9), ("a", 0.7), ("b", 0.5), ("c", 0.3)]
    mean = 0.6
    pulls = [0.9 + 0.7 - 2 * mean, 0.5 - mean, 0.3 - mean]
    assert error_of(values) == pytest.approx((sum(x * x for x in pulls) * 3 / 2) ** 0.5 / 4)
    found = mean_of(values)
    assert (found.value, found.n) == (pytest.approx(mean), 4)
    half = 1.959963984540054 * error_of(values)
    assert (found.low, found.high) == (pytest.approx(max(0, mean - half)), pytest.approx(min(1, mean + half)))
    sure = mean_of([("a", 0.5), ("b", 0.52), ("c", 0.48)])
    assert 0.4 < sure.low < 0.5 < sure.high < 0.6
    assert (mean_of([("a", 0.5)]).low, mean_of([("a", 0.5)]).high) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("many", "most", "asked"), [(8, 8, list(range(1, 9))), (9, 8, [1, 3, 5, 7, 9]), (3, 1, [1])]
)
def test_of_many_objects_those_at_equal_distances_are_asked_for(many, most, asked):
    found = np.zeros((2 * many + 2, 6), dtype=np.uint8)
    for number in range(1, many + 1):
        found[2 * number, 1:4] = number
    objects = [one for one in questions(found, most=most) if one.kind == "object"]
    assert [int(found[one.truth].max()) for one in objects] == asked
    assert all(one.box == loose_box(one.truth) for one in objects)


def test_an_edge_moves_alone_and_no_further_than_the_picture():
    found = np.zeros((64, 128), dtype=bool)
    found[10:26, 20:52] = True
    off = min(3 / 256 * 128, 32 / 8)
    assert box_off(found, [0, 1, 2, 4]) == (19.5, 9.5 - off, 51.5 + 2 * off, 25.5 + 4 * off)
    assert box_off(np.ones((4, 6), dtype=bool), [1] * 4) == (0.0, 0.0, 5.0, 3.0)
    assert longest_side((1.0, 2.0, 4.0, 9.0)) == 8.0


@pytest.mark.parametrize("by", [[-8.0, 0, -8.0, 0], [0, -8.0, 0, -8.0], [-5.0, 0, -5.0, 0]])
def test_a_box_that_would_vanish_stays(by):
    box = (10.0, 10.0, 20.0, 20.0)
    assert moved(box, (40, 40), by) == box
    assert moved(box, (40, 40), [-4.0] * 4) == (14.0, 14.0, 16.0, 16.0)


def test_a_box_means_an_object_of_which_more_than_half_lies_in_it():
    found = np.zeros((6, 10), dtype=np.uint8)
    found[1, 1:9] = 3
    assert not meant_by((0.0, 0.0, 4.0, 5.0), found).any()  # a half
    assert meant_by((0.0, 0.0, 5.0, 5.0), found).sum() == 8
    assert meant_by((0.4, 0.6, 4.6, 1.4), found).sum() == 8
    assert not meant_by((-9.0, -9.0, -2.0, -2.0), found).any()
    assert meant_by((-3.0, -3.0, 12.0, 12.0), found).sum() == 8
    assert meant_by((0.0, 0.0, 9.0, 9.0), np.zeros((2, 2), dtype=np.uint8)).sum() == 0
    assert not meant_by((0.0, 0.0, 0.0, 0.0), np.zeros((0, 0), dtype=np.uint8)).any()


def a_group(changes, **given):
    return [
        JudgedPicture(f"p{n}", {"whole": 0.5 + change}, {"whole": 0.5}, **given)
        for n, change in enumerate(changes)
    ]


def rule_of(name, pictures, **policy):
    [found] = [one for one in judge(pictures, Policy(**policy), against="it").rules if one.rule == name]
    return found


ALIKE = [0.01 * (-1) ** n for n in range(20)]  # the error of their mean is 0.01 / sqrt(19)
ERROR = 0.01 / 19**0.5


@pytest.mark.parametrize(
    ("shift", "verdict"), [(0.0, PASS), (-0.018, PASS), (-0.019, INCONCLUSIVE), (-0.0201, FAIL)]
)
def test_the_bound_that_holds_in_four_of_five_sets_decides(shift, verdict):
    found = rule_of("Dice from whole prompts", a_group([shift + x for x in ALIKE]))
    low, high = shift - 1.96 * ERROR, shift + 1.96 * ERROR
    assert (found.value, found.bound, found.n) == (pytest.approx(shift), -0.02, 20)
    assert found.verdict == verdict
    assert found.why == f"{shift:+.3f} against it, 95 % interval {low:+.3f} to {high:+.3f}"


def test_a_group_falls_only_where_chance_does_not_explain_it():
    surely = a_group([-0.11 + x for x in ALIKE], subgroup={"sex": "f"})
    found = rule_of("Dice in sex=f", surely)
    assert (found.value, found.bound, found.n, found.verdict) == (-0.11, -0.1, 20, FAIL)
    assert found.why == "difference -0.110"
    assert (
        rule_of("Dice in sex=f", a_group([-0.09 + x for x in ALIKE], subgroup={"sex": "f"})).verdict == PASS
    )
    wild = [-0.15 + 0.4 * (-1) ** n for n in range(20)]  # an error of 0.09: 99 % of one side holds nought
    assert rule_of("Dice in sex=f", a_group(wild, subgroup={"sex": "f"})).verdict == PASS
    names = [
        one.rule for one in judge(a_group(ALIKE[:19], subgroup={"sex": "f"}), Policy(), against="it").rules
    ]
    assert names == ["size", "Dice from whole prompts", "forgetting"]


@pytest.mark.parametrize(("shift", "verdict"), [(-0.013, PASS), (-0.0145, FAIL), (0.5, PASS)])
def test_what_is_surely_lost_of_old_pictures_is_forgotten(shift, verdict):
    old = a_group([shift + x for x in ALIKE], is_old=True)
    found = rule_of("forgetting", [*old, *a_group([-0.3] * 20)])
    lost = max(-shift - 1.6449 * ERROR, 0.0)
    assert (found.value, found.bound, found.n) == (pytest.approx(lost, abs=1e-6), 0.01, 20)
    assert (found.verdict, found.why) == (
        verdict,
        f"difference {shift:+.3f} on pictures that judged the champion before",
    )
    none = rule_of("forgetting", a_group(ALIKE))
    assert (none.n, none.verdict, none.why) == (0, PASS, "no picture judged the champion before")


def test_a_picture_counts_by_the_mean_over_its_prompts_and_a_prompt_by_its_own_pictures():
    picture = JudgedPicture("p", {"whole": 0.7, "box": 0.9}, {"whole": 0.5, "box": 0.8})
    assert picture.change == pytest.approx(0.15)
    rules = judge([picture, *a_group(ALIKE)], Policy(), against="it").rules
    assert [(one.rule, one.n) for one in rules] == [
        ("size", 21),
        ("Dice from box prompts", 1),
        ("Dice from whole prompts", 21),
        ("forgetting", 0),
    ]
    assert (rules[0].value, rules[0].bound, rules[0].verdict) == (21, 10, PASS)
    assert rules[0].why == "pictures of 21 persons, 10 are needed"
    ten = judge(a_group(ALIKE[:10]), Policy(), against="it").rules[0]
    assert (ten.verdict, ten.n) == (PASS, 10)


def test_at_its_bound_a_mean_is_still_allowed():
    """A quarter is exact: every change is the same, so that there is no error."""
    kept = {"gate_margin": 0.25, "gate_subgroup_floor": 0.25, "gate_forgetting": 0.25}
    rules = judge(
        a_group([-0.25] * 20, is_old=True, subgroup={"sex": "f"}), Policy(**kept), against="it"
    ).rules
    assert {one.rule: one.verdict for one in rules} == {
        "size": PASS,
        "Dice from whole prompts": INCONCLUSIVE,
        "Dice in sex=f": PASS,
        "forgetting": PASS,
    }


def test_a_box_ends_with_its_last_row():
    found = np.zeros((10, 6), dtype=np.uint8)
    found[1:9, 1] = 3
    assert not meant_by((0.0, 0.0, 5.0, 4.0), found).any()
    assert meant_by((0.0, 0.0, 5.0, 5.0), found).sum() == 8
    assert not meant_by((0.0, 5.0, 5.0, 9.0), found).any()


@pytest.mark.parametrize(
    ("box", "meant"),
    [
        ((0.0, 0.0, 0.0, 0.0), True),
        ((-9.0, 0.0, -1.0, 0.0), False),
        ((0.0, -9.0, 0.0, -1.0), False),
        ((-9.0, -9.0, 0.0, 0.0), True),
    ],
)
def test_a_box_beside_the_picture_means_nothing(box, meant):
    found = np.zeros((3, 3), dtype=np.uint8)
    found[0, 0] = 1
    assert meant_by(box, found).any() == meant


@pytest.mark.parametrize(("errors_away", "verdict"), [(2.2, PASS), (2.6, FAIL)])
def test_a_group_falls_where_it_is_sure_in_99_of_a_hundred(errors_away, verdict):
    wide = 0.11 / errors_away / ERROR
    found = rule_of("Dice in sex=f", a_group([-0.11 + wide * x for x in ALIKE], subgroup={"sex": "f"}))
    assert found.verdict == verdict


@pytest.mark.parametrize(("errors_away", "verdict"), [(0.80, INCONCLUSIVE), (0.88, PASS)])
def test_the_margin_is_kept_where_it_is_in_four_of_five_sets(errors_away, verdict):
    wide = 0.01 / errors_away / ERROR
    found = rule_of("Dice from whole prompts", a_group([-0.01 + wide * x for x in ALIKE]))
    assert found.verdict == verdict


@pytest.mark.parametrize(("errors_away", "verdict"), [(1.58, PASS), (1.71, FAIL)])
def test_old_skills_are_lost_where_it_is_sure_in_95_of_a_hundred(errors_away, verdict):
    wide = 0.10 / errors_away / ERROR
    found = rule_of("forgetting", a_group([-0.11 + wide * x for x in ALIKE], is_old=True))
    assert found.verdict == verdict
