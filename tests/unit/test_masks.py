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
    loose_box,
    mean_of,
    meant_by,
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
