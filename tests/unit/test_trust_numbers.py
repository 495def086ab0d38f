"""Near duplicates, suspicions, agreement and the clues to a person: pure rules."""

import random
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.agreement import by_label, difference, kappa
from shared.domain.nearness import GROUPS, NEAR, groups, likeness, overlap, runs_of, same_text, signature
from shared.domain.people import clues, reason_of
from shared.domain.suspicion import RARE, burst, copied, tail

NOTE = (
    "Cough with purulent sputum for five days, fever at night, coarse crackles at the left base, no wheeze."
)


def like(one: str, other: str) -> float:
    return overlap(runs_of(one), runs_of(other))


def test_a_text_with_a_few_other_words_is_near_and_another_is_not():
    alike = NOTE.replace("five", "six").replace("left", "right")
    other = (
        "Painful swollen great toe since yesterday, red and hot, after a festive dinner with wine and meat."
    )
    assert like(NOTE, alike) > NEAR > 0.2 > like(NOTE, other)
    assert set(groups(signature(NOTE))) & set(groups(signature(alike)))
    assert len(groups(signature(NOTE))) == GROUPS


def test_case_marks_and_punctuation_make_no_other_text_and_short_ones_have_no_name():
    assert same_text(NOTE) == same_text(NOTE.upper().replace(",", ";") + " [NAME]")
    assert same_text(NOTE) != same_text(NOTE.replace("left", "right"))
    assert same_text("Cough and fever.") is None
    assert signature("ab") is None


@given(st.lists(st.sampled_from(NOTE.split()), min_size=20, max_size=40), st.integers(0, 10_000))
def test_the_estimate_is_near_the_overlap(words, seed):
    draw = random.Random(seed)
    other = [word if draw.random() < 0.8 else "zz" for word in words]
    one, two = " ".join(words), " ".join(other)
    assert abs(likeness(signature(one), [signature(two)])[0] - like(one, two)) < 0.35


def test_signing_faster_than_reading_is_found_only_against_others_who_do_not():
    assert burst(50, 0, 100) is not None
    assert burst(10, 0, 20) is not None
    assert burst(9, 0, 1000) is None  # too few
    assert burst(50, 0, 10) is None  # nobody to compare with
    assert burst(50, 95, 100) is None  # everybody's clock is that coarse


def test_false_alarms_of_dense_signatures_are_rare():
    draw = random.Random(3)
    alarms = 0
    for _ in range(300):
        gaps = [draw.random() < 0.2 for _ in range(200)]  # a fifth of all signatures stand close
        longest = run = 0
        for close in gaps:
            run = run + 1 if close else 0
            longest = max(longest, run)
        alarms += burst(longest + 1, sum(gaps) - longest, 200 - longest) is not None
    assert alarms <= 3


def test_one_text_over_many_patients_is_found_against_peers():
    found = copied(40, 60, (30, 300))
    assert found is not None
    assert found.interval[0] > found.expected_share
    assert copied(12, 40, (60, 200)) is None
    assert copied(40, 60, (5, 10)) is None


@given(st.integers(0, 60), st.integers(1, 60), st.floats(0.01, 0.99))
def test_the_bound_is_never_below_the_exact_chance(seen, of, share):
    from math import comb

    seen = min(seen, of)
    exact = sum(comb(of, k) * share**k * (1 - share) ** (of - k) for k in range(seen, of + 1))
    assert tail(seen, of, share) >= exact * (1 - 1e-9)
    assert RARE < 0.01


def test_kappa_is_one_for_full_agreement_nought_for_chance_and_has_an_honest_interval():
    full = kappa([("a", "a")] * 20 + [("b", "b")] * 20)
    assert (full.kappa, full.high) == (1.0, 1.0)
    assert full.low < 0.9
    assert kappa([("a", "b"), ("b", "a"), ("a", "a"), ("b", "b")]).kappa == 0.0
    assert kappa([("a", "a")] * 5).kappa is None
    assert kappa([]).n == 0
    graded = [("mild", "moderate")] * 5 + [
        ("mild", "mild"),
        ("severe", "severe"),
        ("moderate", "moderate"),
    ] * 5
    order = ("mild", "moderate", "severe")
    assert kappa(graded, order=order).kappa > kappa(graded).kappa
    assert set(by_label(graded)) == set(order)


def test_the_interval_of_kappa_covers_the_truth():
    draw, inside = random.Random(1), 0
    for _ in range(300):
        pairs = [(a, a if draw.random() < 0.6 else draw.choice("ab")) for a in draw.choices("ab", k=60)]
        found = kappa(pairs)
        inside += found.low <= 0.6 <= found.high
    assert inside / 300 > 0.9


def test_the_difference_of_two_shares_holds_nought_when_they_are_alike():
    gap, low, high = difference((80, 100), (60, 100))
    assert (round(gap, 2), low > 0, high < 0.4) == (0.2, True, True)
    assert difference((6, 10), (6, 10))[1] < 0 < difference((6, 10), (6, 10))[2]


def joined(one, other) -> set[str]:
    return {reason_of(clue)[0] for clue in set(one.near) & set(other.marks) if reason_of(clue)}


BORN = date(1980, 3, 7)


@pytest.mark.parametrize(
    ("name", "born", "is_linked"),
    [
        ("Katherine Lindqvist", BORN, True),
        ("Catherine Lindkvist", BORN, True),
        ("Lindqvist, Catherine", BORN, True),
        ("Catherine Lindqvist", date(1980, 7, 3), True),
        ("Ora Lindqvist", BORN, False),
        ("Catherine Moor", BORN, False),
        ("Catherine Lindqvist", date(1981, 3, 7), False),
    ],
)
def test_who_may_be_one_person(name, born, is_linked):
    one, other = clues("Catherine Lindqvist", BORN), clues(name, born)
    assert bool(joined(other, one) or set(one.sure) & set(other.sure)) is is_linked


def test_a_former_name_needs_the_same_given_name_birth_date_and_telephone():
    one = clues("Ida Moor", BORN, sex="f", contacts=["+1 415 555 0133"])
    assert joined(clues("Ida Quill", BORN, sex="f", contacts=["(415) 555-0133"]), one)
    assert not joined(clues("Ida Quill", BORN, sex="f", contacts=["(415) 555-0199"]), one)
    assert not joined(clues("Eva Moor", BORN, sex="f", contacts=["(415) 555-0133"]), one)  # a twin
