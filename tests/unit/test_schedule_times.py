from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.due import CronLineError, in_quiet_hours, latest_due, next_due, read_cron
from shared.errors import InvalidInputError

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "Asia/Tehran",
    "Africa/Cairo",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Asia/Beirut",
)
LINES = ("0 2 * * 0", "0 1 * * *", "30 2 * * *", "15 0 1 * *", "0 0 * * mon-fri", "*/20 3 * * *", "0 * * * *")
START = datetime(2026, 1, 1, tzinfo=UTC)
instants = st.integers(0, 10 * 366 * 24 * 60).map(lambda minute: START + timedelta(minutes=minute))


def fires(line: str, zone: str, start: datetime, *, count: int) -> list[datetime]:
    cron, found = read_cron(line), [start]
    for _ in range(count):
        following = next_due(cron, zone, found[-1])
        assert following is not None
        found.append(following)
    return found[1:]


@given(st.sampled_from(ZONES), st.sampled_from(LINES), instants)
@settings(deadline=None, max_examples=150)
def test_the_next_due_instant_is_later_and_nothing_lies_between(zone, line, after):
    cron = read_cron(line)
    following = next_due(cron, zone, after)
    assert following > after
    assert next_due(cron, zone, following - timedelta(microseconds=1)) == following
    if following - after < timedelta(hours=24):
        assert latest_due(cron, zone, since=after, now=following) == following
        just_before = following - timedelta(microseconds=1)
        assert latest_due(cron, zone, since=after, now=just_before) is None


@pytest.mark.parametrize("zone", ZONES)
def test_a_nightly_line_fires_once_on_every_local_date_of_ten_years(zone):
    found = fires("0 2 * * *", zone, datetime(2026, 1, 1, tzinfo=UTC), count=3650)
    dates = [instant.astimezone(ZoneInfo(zone)).date() for instant in found]
    assert all(after - before == timedelta(days=1) for before, after in pairwise(dates))


@pytest.mark.parametrize("zone", ZONES)
def test_sunday_two_o_clock_fires_once_each_sunday_of_ten_years(zone):
    found = fires("0 2 * * 0", zone, datetime(2026, 1, 1, tzinfo=UTC), count=520)
    local = [instant.astimezone(ZoneInfo(zone)) for instant in found]
    assert {instant.isoweekday() for instant in local} == {7}
    assert {after.date() - before.date() for before, after in pairwise(local)} == {timedelta(days=7)}


def test_a_skipped_hour_runs_once_at_the_instant_after_the_gap():
    found = fires("0 2 * * *", "Europe/Berlin", datetime(2026, 3, 28, 12, tzinfo=UTC), count=2)
    assert found == [datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 3, 30, 0, tzinfo=UTC)]


def test_a_doubled_hour_runs_once_for_a_nightly_line():
    found = fires("30 2 * * *", "Europe/Berlin", datetime(2026, 10, 24, 12, tzinfo=UTC), count=2)
    assert found == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 26, 1, 30, tzinfo=UTC)]


def test_a_line_by_intervals_never_pauses_for_an_hour():
    for start in (datetime(2026, 10, 24, 20, tzinfo=UTC), datetime(2026, 3, 28, 20, tzinfo=UTC)):
        found = fires("*/5 * * * *", "Europe/Berlin", start, count=200)
        assert {after - before for before, after in pairwise(found)} == {timedelta(minutes=5)}


def test_a_day_that_the_zone_skips_does_not_disturb_the_order():
    # Samoa had no 30 December 2011: what was due on it falls on the next date.
    found = fires("0 2 * * *", "Pacific/Apia", datetime(2011, 12, 28, tzinfo=UTC), count=5)
    assert found == sorted(set(found))


def test_only_the_newest_missed_fire_is_made_up_for_and_only_within_a_day():
    cron = read_cron("0 1 * * *")
    since, now = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 9, 9, tzinfo=UTC)
    assert latest_due(cron, "UTC", since=since, now=now) == datetime(2026, 3, 9, 1, tzinfo=UTC)
    weekly = read_cron("0 2 * * 0")  # Sunday was the 8th, more than a day ago
    assert latest_due(weekly, "UTC", since=since, now=now) is None
    assert latest_due(weekly, "UTC", since=since, now=now - timedelta(hours=8)) is not None


def test_due_times_before_the_line_was_written_do_not_count():
    cron = read_cron("0 1 * * *")
    written = datetime(2026, 3, 9, 1, tzinfo=UTC)
    assert latest_due(cron, "UTC", since=written, now=written + timedelta(hours=5)) is None


def test_either_day_suffices_when_both_are_restricted():
    found = fires("0 0 13 * fri", "UTC", datetime(2026, 2, 1, tzinfo=UTC), count=3)
    assert [instant.day for instant in found] == [6, 13, 20]
    assert next_due(read_cron("0 0 30 2 *"), "UTC", found[0]) is None


@pytest.mark.parametrize(
    "line",
    ["", "* * * *", "60 * * * *", "0 2 * * 8", "a * * * *", "5-1 * * * *", "*/0 * * * *", "1,,2 * * * *"],
)
def test_what_is_no_cron_line_is_refused_by_name(line):
    with pytest.raises(CronLineError) as caught:
        read_cron(line)
    assert caught.value.field == "cron"


def test_names_lists_ranges_and_steps_are_read():
    cron = read_cron("0,30 8-18/2 * jan,Feb sun")
    assert cron.minutes == {0, 30}
    assert cron.hours == {8, 10, 12, 14, 16, 18}
    assert cron.months == {1, 2}
    assert cron.weekdays == {0} == read_cron("0 0 * * 7").weekdays


@pytest.mark.parametrize(
    ("span", "hour", "quiet"),
    [("08:00-18:00", 9, True), ("22:00-06:00", 9, False), ("22:00-06:00", 23, True), (None, 9, False)],
)
def test_quiet_hours_may_pass_midnight(span, hour, quiet):
    assert in_quiet_hours(span, "UTC", datetime(2026, 3, 4, hour, tzinfo=UTC)) is quiet


def test_a_span_that_is_none_is_refused():
    with pytest.raises(InvalidInputError):
        in_quiet_hours("all day", "UTC", datetime(2026, 3, 4, tzinfo=UTC))
