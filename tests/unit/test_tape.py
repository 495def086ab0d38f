"""Every event is told once, whatever the order of commits, and no mark passes one that is untold."""

from hypothesis import given
from hypothesis import strategies as st

from api_service.tape import GAP_SECONDS, Tape


@given(st.permutations(range(1, 13)), st.sets(st.integers(1, 12)), st.integers(1, 4))
def test_whatever_the_order_of_commits_each_is_told_once_and_the_mark_waits(order, rolled_back, pace):
    tape, told, visible = Tape(0), [], set()
    commits = [number for number in order if number not in rolled_back]
    for begin in range(0, len(commits), pace):
        visible |= set(commits[begin : begin + pace])
        told += tape.take([n for n in visible if n > tape.mark], oldest=1, following=99, now=0.0)
        assert set(range(1, tape.mark + 1)) <= visible
    assert sorted(told) == sorted(commits)


def test_a_gap_is_given_up_only_when_everybody_who_could_fill_it_has_ended():
    tape = Tape(0)
    assert tape.take([2], oldest=10, following=11, now=0.0) == [2]
    assert tape.mark == 0
    # 12 may be the transaction that drew number 1: it had begun when the gap was old enough to be looked at.
    assert tape.take([2], oldest=12, following=13, now=GAP_SECONDS) == []
    assert tape.mark == 0
    assert tape.take([1, 2], oldest=12, following=14, now=60.0) == [1]
    assert tape.mark == 2
    tape.take([4], oldest=20, following=21, now=61.0)
    tape.take([4], oldest=20, following=21, now=61.0 + GAP_SECONDS)
    assert tape.mark == 2
    tape.take([4], oldest=21, following=22, now=62.0 + GAP_SECONDS)
    assert tape.mark == 4


def test_what_was_told_is_not_told_again():
    tape = Tape(5)
    assert tape.take([4, 5, 6, 7], oldest=1, following=1, now=0.0) == [6, 7]
    assert tape.take([6, 7], oldest=1, following=1, now=0.0) == []
    assert tape.mark == 7
