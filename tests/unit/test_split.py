import hashlib

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.split import EVALUATION, TRAINING, split_of, survivor


def test_a_fifth_of_the_persons_is_on_the_evaluation_side():
    digests = [hashlib.sha256(str(number).encode()).digest() for number in range(20_000)]
    share = sum(split_of(digest, 0.2) == EVALUATION for digest in digests) / len(digests)
    assert abs(share - 0.2) < 0.01


@given(st.binary(min_size=8, max_size=32), st.floats(0, 1), st.floats(0, 1))
def test_a_larger_share_moves_nobody_into_training(digest, one, other):
    small, large = sorted((one, other))
    if split_of(digest, small) == EVALUATION:
        assert split_of(digest, large) == EVALUATION


def test_the_sides_have_their_names_and_a_share_ends_before_its_bound():
    assert (TRAINING, EVALUATION) == ("training", "evaluation")
    half = b"\x80" + bytes(7)
    assert (split_of(half, 0.5), split_of(half, 0.500001)) == (TRAINING, EVALUATION)
    assert split_of(b"\x7f" + bytes(20), 0.5) == EVALUATION


def test_of_two_sides_evaluation_stays():
    assert survivor(TRAINING, EVALUATION) == survivor(EVALUATION, TRAINING) == EVALUATION
    assert survivor(TRAINING, TRAINING) == TRAINING
