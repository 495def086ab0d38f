"""What a challenge would take: bounds that any clinic keeps, and the engine's own play as the judge."""

import pytest

from bench.release_world.play import play
from bench.release_world.scenario import Scenario
from shared.domain.outlook import Outlook, Rates, outlooks
from shared.domain.policy import Policy
from shared.errors import InvalidInputError


def of(effect, rates=None, **policy):
    return outlooks(rates or Rates(200), Policy(**policy), [effect])[0]


@pytest.mark.slow
def test_the_shares_of_the_three_ends_sum_to_one_and_repeat():
    for effect in (-0.05, 0.0, 0.02):
        one = of(effect)
        assert one.promoted + one.rolled_back + one.undecided == pytest.approx(1)
        assert one == of(effect)


def test_an_equal_challenger_is_rarely_judged_and_nothing_is_missed():
    one = of(0.0)
    assert max(one.promoted, one.rolled_back) <= 0.06
    assert one.missed is None


def test_a_small_clinic_misses_two_points_that_a_larger_one_finds():
    assert of(-0.02, Rates(20)).missed > 0.5 > of(-0.02, Rates(200)).missed


def test_nobody_is_decided_about_without_readers():
    one = of(0.05, adjudication_budget_per_day=0)
    assert (one.undecided, one.missed, one.days, one.exposed) == (1.0, 1.0, None, 0.0)


@pytest.mark.slow
def test_what_the_outlook_says_is_what_the_engine_then_takes():
    stories = [play(Scenario("", effect=-0.05), seed) for seed in range(60)]
    told: Outlook = of(-0.05)
    assert told.rolled_back == pytest.approx(sum(one.rolled_back for one in stories) / 60, abs=0.05)
    assert told.readings == pytest.approx(sum(one.readings for one in stories) / 60, rel=0.3)


@pytest.mark.parametrize("wrong", [{"cases_per_day": 0}, {"disagree_share": 0}, {"answered_share": 1.5}])
def test_rates_that_cannot_be_are_refused_by_name(wrong):
    with pytest.raises(InvalidInputError) as caught:
        Rates(**({"cases_per_day": 100} | wrong))
    assert caught.value.field in wrong or "cases_per_day" in caught.value.field
