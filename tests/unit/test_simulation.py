"""What the simulation counts and draws, without a site."""

from random import Random
from xml.etree import ElementTree

import pytest

from rounds.simulation.days import Tally
from rounds.simulation.hosts import Spent, capacity, play
from rounds.simulation.months import DAYS_A_MONTH, LEARNABLE_MONTHS, MONTHS, month_of
from rounds.simulation.picture import draw
from rounds.simulation.report import FALL_WINDOW_DAYS, longest_fall

SEEN = 200


def days(*accuracies: tuple[int, float]) -> list[Tally]:
    """So many days at an accuracy each, one stretch after the other."""
    played = [share for count, share in accuracies for _ in range(count)]
    return [Tally(day, seen=SEEN, right=round(SEEN * share)) for day, share in enumerate(played)]


LEARNT = LEARNABLE_MONTHS * DAYS_A_MONTH


def test_a_year_has_its_months_and_a_longer_time_repeats_those_after_the_learnable_ones():
    assert [month_of(day * DAYS_A_MONTH)[0] for day in range(len(MONTHS))] == list(MONTHS)
    later, within = month_of(len(MONTHS) * DAYS_A_MONTH + 4)
    assert (later, within) == (MONTHS[LEARNABLE_MONTHS], 4)


def test_nobody_answers_in_the_vacation():
    vacation = next(month for month in MONTHS if month.away_days)
    assert not vacation.times(1, vacation.away_days - 1).answering
    assert vacation.times(1, vacation.away_days).answering


def test_a_rise_is_no_fall_and_neither_is_chance():
    dice = Random(4)
    shares = [(1, 0.92 + dice.gauss(0, 0.019)) for _ in range(300)]
    assert longest_fall(days(*shares)) < FALL_WINDOW_DAYS
    assert longest_fall(days((LEARNT, 0.7), (100, 0.92), (100, 0.94))) == 0


def test_a_fall_lasts_until_the_mean_of_four_weeks_is_back():
    fell = longest_fall(days((LEARNT, 0.7), (100, 0.93), (20, 0.80), (100, 0.93)))
    assert 20 < fell < 20 + FALL_WINDOW_DAYS
    assert longest_fall(days((LEARNT, 0.7), (100, 0.93), (60, 0.80))) > 40


def test_a_fall_among_the_learnable_months_is_none():
    assert longest_fall(days((30, 0.9), (LEARNT - 30, 0.6), (200, 0.9))) == 0


@pytest.mark.parametrize("load", [0.3, 0.6])
def test_a_queue_with_fixed_times_waits_as_theory_says(load):
    """One server: the mean wait of M/D/1 is load / (2 (1 - load)) services (Pollaczek and Khinchine)."""
    took = play([Spent(host=0.01, database=1e-9)], hosts=1, cores=1, per_second=100 * load, seed=5)
    wait = sum(took) / len(took) - 0.01
    assert wait == pytest.approx(0.01 * load / (2 * (1 - load)), rel=0.1)


def test_more_hosts_help_until_postgres_is_the_limit():
    spent = [Spent(host=0.010, database=0.001)]
    assert capacity(spent, hosts=1, cores=2) == (pytest.approx(200), "cores of the hosts")
    assert capacity(spent, hosts=10, cores=2) == (pytest.approx(2000), "cores of the hosts")
    assert capacity(spent, hosts=100, cores=2) == (pytest.approx(2000), "Postgres")


def test_the_picture_is_a_picture_with_every_promotion_and_a_gap_where_nobody_read():
    def week(number, audit):
        return {"from_day": 7 * number, "to_day": 7 * number + 7, "truth": 0.8, "readings": 3, "audit": audit}

    found = {"value": 0.8, "low": 0.7, "high": 0.9, "n": 40}
    report = {
        "weeks": [week(0, found), week(1, None), week(2, found), week(3, found)],
        "months": [{"from_day": 0, "name": "a <month>"}],
        "events": [
            {"day": 3, "kind": "promoted", "version": "diagnosis-2", "why": "better & sure"},
            {"day": 4, "kind": "shadow", "version": "diagnosis-3", "why": ""},
        ],
    }
    drawn = ElementTree.fromstring(draw(report))
    titles = [title.text for title in drawn.iter("{http://www.w3.org/2000/svg}title")]
    assert titles == ["a <month>", "day 3: diagnosis-2 promoted, better & sure"]
    joined = [
        line for line in drawn.iter("{http://www.w3.org/2000/svg}line") if line.get("stroke-width") == "2"
    ]
    assert len(joined) == 1, "weeks 2 and 3"
