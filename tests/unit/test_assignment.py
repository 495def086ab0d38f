import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.assignment import BUCKETS, bucket, is_challenged


@given(st.text(), st.text(), st.floats(0, 1), st.floats(0, 1))
def test_a_larger_share_only_adds_persons(person, salt, one, other):
    small, large = sorted((one, other))
    assert is_challenged(person, salt, large) or not is_challenged(person, salt, small)


@pytest.mark.slow
@given(st.text(), st.text())
def test_nobody_at_no_share_and_everybody_at_the_whole(person, salt):
    assert not is_challenged(person, salt, 0.0)
    assert is_challenged(person, salt, 1.0)


def test_the_share_of_persons_is_the_stated_one():
    taken = sum(is_challenged(f"person-{n}", "salt", 0.05) for n in range(20_000))
    assert 900 < taken < 1100


def test_another_salt_draws_other_persons():
    same = sum(bucket(f"p{n}", "a") == bucket(f"p{n}", "b") for n in range(2000))
    assert same < 10
    assert all(0 <= bucket(f"p{n}", "a") < BUCKETS for n in range(100))


def test_a_person_keeps_the_place_of_a_challenge_that_runs():
    assert (BUCKETS, bucket("person", "salt")) == (10_000, 6141)
    assert is_challenged("person", "salt", 0.6142) and not is_challenged("person", "salt", 0.6141)
