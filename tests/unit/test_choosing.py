"""Of too many pictures some are learnt from: as many of each person, and nearly the same ones every week."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.choosing import choose
from shared.domain.example import PictureExample


def a_picture(case, person, *, weight=1.0, image="k"):
    return PictureExample(UUID(int=case), UUID(int=person), image, "m", "lesion", weight)


OWNERS = st.lists(st.integers(0, 5), max_size=25)


def of(owners):
    return [a_picture(case, person) for case, person in enumerate(owners)]


@given(OWNERS, st.integers(0, 30), st.randoms(use_true_random=False))
def test_no_more_than_asked_evenly_over_persons_whatever_the_order(owners, most, dice):
    pictures = of(owners)
    found = choose(pictures, most)
    assert len(found) == min(most, len(pictures))
    assert found == sorted(found, key=lambda one: one.case_id.bytes)
    dice.shuffle(pictures)
    assert choose(pictures, most) == found
    taken = {person: sum(one.person_id.int == person for one in found) for person in owners}
    for person, n in taken.items():
        assert n == owners.count(person) or n >= max(taken.values()) - 1


@given(OWNERS, st.integers(0, 30))
def test_a_larger_choice_holds_the_smaller_one(owners, most):
    small, large = (choose(of(owners), n) for n in (most, most + 1))
    assert all(one in large for one in small)


def test_a_new_person_displaces_few():
    before = choose(of(list(range(5)) * 6), 15)
    after = choose([*of(list(range(5)) * 6), a_picture(99, 9)], 15)
    assert sum(one in after for one in before) >= 14


def test_what_weighs_nothing_is_not_learnt_from():
    assert choose([a_picture(1, 1, weight=0.0), a_picture(2, 1, weight=0.5)], 2) == [
        a_picture(2, 1, weight=0.5)
    ]


def test_slices_of_one_case_stay_in_order():
    slices = [a_picture(1, 1, image=f"k{n}") for n in (2, 0, 1)]
    assert [one.image for one in choose(slices, 3)] == ["k0", "k1", "k2"]
    assert [one.image for one in choose(slices, 2)] == ["k0", "k1"]
