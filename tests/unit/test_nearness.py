"""Signatures of texts are stored: they are the same in every version, and tell how much two texts share."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.nearness import groups, likeness, normal, overlap, runs_of, same_text, signature

NOTE = (
    "Cough with purulent sputum for five days, fever at night, coarse crackles at the left base, no wheeze."
)
WORDS = st.lists(st.sampled_from(NOTE.split()), min_size=3, max_size=40).map(" ".join)


def test_a_stored_signature_stays_valid():
    assert len(signature(NOTE)) == 240
    assert hashlib.sha256(signature(NOTE)).hexdigest()[:16] == "3267018e6b7591fe"
    assert (
        hashlib.sha256(signature("gouty toe")).hexdigest()[:16] == "62e18abdeac8b335"
    )  # with bins that borrow
    assert groups(signature(NOTE))[:3] == [-1702163539531811277, -1708422562676039414, 6599601507805802517]
    assert same_text(NOTE).hex() == "f1e82954db81f00cd373fd8465afa714"


def test_what_is_compared_are_words_without_marks_case_and_accents():
    assert normal("  [NAME]'s Gout_toe: Zürich, [DATE_1]x") == "s gout toe zurich date 1 x"


def test_a_short_text_has_no_name_and_a_shorter_one_no_signature():
    twelve = "one two three four five six seven eight nine ten eleven twelve"
    assert same_text(twelve) is not None
    assert same_text(twelve.removeprefix("one ")) is None
    assert signature("ninelett") is None  # four runs of five letters
    assert signature("nineletts") is not None
    assert runs_of("four") == frozenset() and len(runs_of("fives")) == 1


def test_an_overlap_is_the_share_of_runs_that_both_have():
    assert overlap(frozenset({1, 2, 3}), frozenset({2, 3, 4})) == 0.5
    assert overlap(frozenset(), frozenset()) == 0.0
    assert overlap(frozenset({1}), frozenset({1})) == 1.0
    assert len(runs_of("abcdef")) == 2
    assert len(runs_of("abcdeabcde")) == 5 + 1 - 1


@given(WORDS, WORDS)
def test_likeness_is_of_each_in_turn(one, other):
    first, second = signature(one), signature(other)
    if first and second:
        assert likeness(first, [first, second]) == [1.0, likeness(second, [first])[0]]
        assert (likeness(first, [second])[0] == 1.0) == (first == second)


@pytest.mark.parametrize(("share", "low", "high"), [(0.9, 0.95, 1.0), (0.6, 0.9, 1.0), (0.2, 0.0, 0.35)])
def test_texts_meet_in_a_group_as_often_as_theory_says(share, low, high):
    """1 - (1 - s^3)^20 for the share of runs that both have."""
    met = 0
    for seed in range(60):
        letters = hashlib.shake_256(str(seed).encode()).hexdigest(150)
        other = hashlib.shake_256(f"x{seed}".encode()).hexdigest(150)
        common = round(300 * 2 * share / (1 + share))
        one, two = letters[:300], letters[:common] + other[: 300 - common]
        met += bool(set(groups(signature(one))) & set(groups(signature(two))))
    assert low <= met / 60 <= high
