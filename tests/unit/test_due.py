from hypothesis import given
from hypothesis import strategies as st

from shared.domain.due import FORECAST_HOURS, Counts, Past, verdict
from shared.domain.learning_curve import Forecast
from shared.domain.policy import Policy

POLICY = Policy()
counts = st.integers(0, 1000)


def asked(unused: int, *, after: int | None = None, open_job: bool = False) -> bool:
    past = Past(open_job=open_job)
    return verdict(Counts(total=unused, unused=unused), POLICY, past, after_new_cases=after).start


@given(counts, st.one_of(st.none(), counts))
def test_fewer_than_the_least_never_start_and_an_open_training_forbids_another(unused, after):
    assert not asked(min(unused, POLICY.train_min_cases - 1), after=after)
    assert not asked(unused, after=after, open_job=True)


@given(counts)
def test_the_weekly_line_starts_from_the_least_on_and_the_count_from_its_own_number(unused):
    assert asked(unused) == (unused >= 50)
    assert asked(unused, after=200) == (unused >= 200)


def test_the_reason_names_the_numbers():
    due = verdict(Counts(total=12, unused=12), POLICY, Past())
    assert due.reason == "12 new eligible cases, fewer than 50"


def test_a_rest_and_a_sure_forecast_stand_against_it_and_say_so():
    enough = Counts(total=900, unused=300)
    resting = verdict(enough, POLICY, Past(rested_hours=3.25))
    assert (resting.start, resting.reason) == (
        False,
        "the last training ended 3.2 hours ago, the rest is 12 hours",
    )
    assert verdict(enough, POLICY, Past(rested_hours=12.0)).start
    poor = Forecast(before=600, cases=900, gain=0.0, at_most=0.0004)
    refused = verdict(enough, POLICY, Past(forecast=poor))
    assert refused.reason == "not worth it: at most 0.04 points more are forecast, fewer than 0.1"
    unsure = Forecast(before=600, cases=900, gain=0.0, at_most=0.02)
    assert verdict(enough, POLICY, Past(forecast=poor, changed=True)).start  # it is of another world
    assert not verdict(enough, POLICY, Past(forecast=poor, rested_hours=FORECAST_HOURS - 1)).start
    late = verdict(enough, POLICY, Past(forecast=poor, rested_hours=FORECAST_HOURS))
    assert late.start and "forecast" not in late.reason  # a curve of two weeks ago knows this clinic no more
    assert not verdict(enough, POLICY, Past(rested_hours=3.25, changed=True)).start
    assert verdict(enough, POLICY, Past(forecast=unsure)).start
    assert verdict(enough, POLICY, Past()).start


def test_every_reason_says_its_numbers():
    enough, gains = Counts(total=900, unused=300), Forecast(before=600, cases=900, gain=0.0123, at_most=0.02)
    assert verdict(enough, POLICY, Past(open_job=True)).reason == "a training of this model type is open"
    few = verdict(enough, POLICY, Past(), after_new_cases=400)
    assert (few.start, few.reason) == (False, "300 new eligible cases of 400 that start a training")
    assert verdict(enough, POLICY, Past()).reason == "300 new eligible cases"
    told = verdict(enough, POLICY, Past(forecast=gains)).reason
    assert told == "300 new eligible cases, 1.23 points more are forecast"
    changed = verdict(enough, POLICY, Past(forecast=gains, changed=True)).reason
    assert changed == "300 new eligible cases, and what is asked or answered has changed"


def test_a_gain_at_the_least_is_worth_it():
    enough = Counts(total=900, unused=300)
    for at_most, starts in ((0.001, True), (0.000999, False)):
        past = Past(forecast=Forecast(before=600, cases=900, gain=0.0, at_most=at_most))
        assert verdict(enough, POLICY, past).start is starts


def test_what_speaks_against_it_is_told_in_one_order():
    poor = Forecast(before=600, cases=900, gain=0.0, at_most=0.0)
    past = Past(open_job=True, rested_hours=0.0, forecast=poor)
    few = Counts(total=9, unused=9)
    assert "is open" in verdict(few, POLICY, past).reason
    past = Past(rested_hours=0.0, forecast=poor)
    assert "fewer than 50" in verdict(few, POLICY, past, after_new_cases=200).reason
    assert "of 200" in verdict(Counts(60, 60), POLICY, past, after_new_cases=200).reason
    assert "the rest is" in verdict(Counts(300, 300), POLICY, past, after_new_cases=200).reason
