from hypothesis import given
from hypothesis import strategies as st

from shared.domain.due import Counts, verdict
from shared.domain.policy import Policy

POLICY = Policy()
counts = st.integers(0, 1000)


def asked(unused: int, *, after: int | None = None, open_job: bool = False) -> bool:
    return verdict(
        Counts(total=unused, unused=unused), POLICY, after_new_cases=after, open_job=open_job
    ).start


@given(counts, st.one_of(st.none(), counts))
def test_fewer_than_the_least_never_start_and_an_open_training_forbids_another(unused, after):
    assert not asked(min(unused, POLICY.train_min_cases - 1), after=after)
    assert not asked(unused, after=after, open_job=True)


@given(counts)
def test_the_weekly_line_starts_from_the_least_on_and_the_count_from_its_own_number(unused):
    assert asked(unused) == (unused >= 50)
    assert asked(unused, after=200) == (unused >= 200)


def test_the_reason_names_the_numbers():
    due = verdict(Counts(total=12, unused=12), POLICY, after_new_cases=None, open_job=False)
    assert due.reason == "12 new eligible cases, fewer than 50"
