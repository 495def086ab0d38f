"""What a challenge would take: bounds that any clinic keeps, and the engine's own play as the judge."""

from dataclasses import fields, replace
from math import erf, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.release_world.play import play
from bench.release_world.scenario import Scenario
from shared.domain.harm import WEIGHTS, Harm
from shared.domain.outlook import Outlook, Rates, _gate_is_passed, _harm, _ramp, _superior, outlooks
from shared.domain.policy import Policy
from shared.domain.significance import log_mix, superiority_e_value
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


def test_a_clinic_is_told_the_same_numbers_each_time_it_asks():
    """Days, readings and exposure that stood in a plan are those that the next version tells."""
    told = {
        effect: (
            one.promoted,
            one.rolled_back,
            one.missed,
            one.days and round(one.days, 6),
            round(one.readings, 6),
        )
        for effect in (0.05, -0.02)
        for one in outlooks(Rates(200), Policy(), [effect])
    }
    assert told == {
        0.05: (1.0, 0.0, 0.0, 10.721238, 223.392775),
        -0.02: (0.0, 0.875, 0.125, 10.24383, 275.102304),
    }
    assert outlooks(Rates(200), Policy(), [0.05])[0].exposed == pytest.approx(411.5)


def test_by_itself_it_looks_at_five_effects():
    told = outlooks(Rates(20), Policy(adjudication_budget_per_day=0))
    assert [one.effect for one in told] == [-0.05, -0.02, 0.0, 0.02, 0.05]
    assert all(
        one == Outlook(one.effect, 0.0, 0.0, 1.0, 1.0 if one.effect else None, None, 0.0, 0.0) for one in told
    )
    assert outlooks(Rates(20, answered_share=0.0), Policy(), [0.02])[0].undecided == 1.0


@pytest.mark.parametrize("name", [one.name for one in fields(Rates)])
def test_a_rate_is_not_negative_and_a_share_not_more_than_one(name):
    usual = {"cases_per_day": 100.0}
    with pytest.raises(InvalidInputError) as refused:
        Rates(**(usual | {name: -0.1}))
    assert (refused.value.field, refused.value.fix) == (name, "give a rate")
    if name.endswith("share"):
        Rates(**(usual | {name: 1.0}))
        with pytest.raises(InvalidInputError):
            Rates(**(usual | {name: 1.01}))
    else:
        Rates(**(usual | {name: 2.0}))
    if name not in ("cases_per_day", "disagree_share"):
        Rates(**(usual | {name: 0.0}))


def test_a_clinic_that_says_nothing_has_these_rates():
    assert Rates(5) == Rates(5, 0.13, 0.77, 0.25, 0.9, 0.6, 0.9, 2.0, 0.25)
    for none in ({"cases_per_day": 0}, {"disagree_share": 0}):
        with pytest.raises(InvalidInputError) as refused:
            Rates(**({"cases_per_day": 5} | none))
        assert (refused.value.field, refused.value.fix) == ("cases_per_day", "give the cases of a usual day")


@given(st.integers(0, 60), st.integers(0, 60))
def test_its_evidence_is_the_engine_s(wins, losses):
    assert _superior(wins, losses) == pytest.approx(log(superiority_e_value(wins, losses)), abs=1e-9)
    harm = Harm()
    for _ in range(losses):
        harm.vote(1.0)
    for _ in range(wins):
        harm.vote(-1.0)
    assert _harm(wins, losses) == pytest.approx(log(0.9) + log_mix(harm.whole, WEIGHTS), abs=1e-9)


@pytest.mark.parametrize("days", [1.0, 2.0, 3.0, 5.0, 9.0])
def test_the_gate_opens_by_risky_agreements_less_those_that_nobody_has_read(days):
    rates, policy = Rates(40, reading_days=2.0), Policy()
    unread, agreed = round(40 * 0.25 * 0.13 * 2.0 / 2), int(40 * 0.25 * 0.87 * days)
    wealth = [(1 + bet * 0.10) ** agreed * (1 - bet * 0.90) ** unread for bet in (0.1, 0.2, 0.4, 0.8)]
    assert _gate_is_passed(rates, policy, days) is (sum(wealth) / 4 >= 10)
    assert _gate_is_passed(replace(rates, risky_share=0.0), policy, 0.0)


def test_the_ramp_takes_as_long_as_its_labels():
    """Cases of a step come evenly; a label follows by a log-normal delay, and a look sees it."""
    rates, policy = Rates(200), Policy()
    days = exposed = 0.0
    for share, need in ((0.05, 10), (0.25, 25), (0.50, 50)):
        t = labelled = 0.0
        while labelled < need:
            t += 0.05
            delay = 0.5 * (1 + erf((log(t) - log(2.0)) / (0.6 * 2**0.5)))
            labelled += 200 * share * 0.9 * delay * 0.05
        days, exposed = days + t + 0.125, exposed + 200 * share * (t + 0.125)
    assert _ramp(rates, policy) == (pytest.approx(days), pytest.approx(exposed))
    assert _ramp(rates, Policy(ramp=(1.0,))) == (0.0, 0.0)
    instant = _ramp(replace(rates, label_days=0.0), Policy(ramp=(0.5, 1.0)))
    assert instant[0] < 1.0
    never = _ramp(replace(rates, labelled_share=0.0), Policy(ramp=(0.5, 1.0)))
    assert never[0] == pytest.approx(2 * 365 + 0.125, abs=0.06)
    tenth = _ramp(rates, Policy(ramp=(0.101, 1.0)))
    assert tenth > _ramp(rates, Policy(ramp=(0.1, 1.0)))  # 11 labels instead of 10
