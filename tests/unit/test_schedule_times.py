from datetime import UTC, date, datetime, timedelta
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
@settings(max_examples=150)
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


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ("5/20 * * * *", ("minutes", {5, 25, 45})),
        ("0-10/5 * * * *", ("minutes", {0, 5, 10})),
        ("* 23 * * *", ("hours", {23})),
        ("* * 31 * *", ("days", {31})),
        ("* * 1,15 * *", ("days", {1, 15})),
        ("* * * DEC *", ("months", {12})),
        ("* * * 1-3 *", ("months", {1, 2, 3})),
        ("* * * * sat-7", ("weekdays", {6, 0})),
        ("* * * * */2", ("weekdays", {0, 2, 4, 6})),
        ("* * * * *", ("minutes", set(range(60)))),
        ("* * * * *", ("hours", set(range(24)))),
        ("* * * * *", ("days", set(range(1, 32)))),
        ("* * * * *", ("months", set(range(1, 13)))),
        ("* * * * *", ("weekdays", set(range(7)))),
    ],
)
def test_a_field_names_these_numbers(line, fields):
    name, numbers = fields
    assert getattr(read_cron(line), name) == numbers


@pytest.mark.parametrize("number", range(1, 13))
def test_months_and_weekdays_have_their_names(number):
    month = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"][number - 1]
    assert read_cron(f"0 0 1 {month} *").months == {number}
    day = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"][number % 7]
    assert read_cron(f"0 0 * * {day}").weekdays == {number % 7}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("* * * *", "it has 4 fields, not 5"),
        ("* * * * * *", "it has 6 fields, not 5"),
        ("-1 * * * *", "'' is no number"),
        ("60 * * * *", "'60' is not within 0 to 59"),
        ("* 24 * * *", "'24' is not within 0 to 23"),
        ("* * 0 * *", "'0' is not within 1 to 31"),
        ("* * 32 * *", "'32' is not within 1 to 31"),
        ("* * * 13 *", "'13' is not within 1 to 12"),
        ("* * * * 8", "'8' is not within 0 to 7"),
        ("5-4 * * * *", "'5-4' is not within 0 to 59"),
        ("*/0 * * * *", "'*/0' is not within 0 to 59"),
        ("jan * * * *", "'jan' is no number"),
        ("² * * * *", "'²' is no number"),
        ("٣ * * * *", "'٣' is no number"),
        ("1.5 * * * *", "'1.5' is no number"),
    ],
)
def test_a_line_that_is_none_says_why(line, why):
    with pytest.raises(CronLineError) as refused:
        read_cron(line)
    assert str(refused.value) == f"{line!r} is no cron line: {why}"
    assert refused.value.fix.startswith("give minute, hour, day, month and weekday")


def test_a_line_of_single_hours_is_none_of_intervals():
    assert read_cron("0 * * * *").every_hour and read_cron("0 0-23 * * *").every_hour
    assert not read_cron("0 0-22 * * *").every_hour


@pytest.mark.parametrize(
    ("line", "day", "runs"),
    [
        ("0 0 * * *", 13, True),
        ("0 0 13 * *", 13, True),
        ("0 0 13 * *", 14, False),
        ("0 0 * * fri", 13, True),  # 13 March 2026 is a Friday
        ("0 0 * * fri", 14, False),
        ("0 0 14 * fri", 13, True),
        ("0 0 14 * fri", 14, True),
        ("0 0 14 * fri", 15, False),
        ("0 0 1-31 * fri", 14, False),
        ("0 0 13 * 0-6", 14, False),
        ("0 0 13 apr *", 13, False),
        ("0 0 13 apr fri", 13, False),
    ],
)
def test_the_dates_of_a_line(line, day, runs):
    assert read_cron(line).on(date(2026, 3, day)) is runs


def test_a_date_that_comes_in_eight_years_is_found():
    assert next_due(read_cron("0 0 29 2 *"), "UTC", datetime(2096, 3, 1, tzinfo=UTC)) == datetime(
        2104, 2, 29, tzinfo=UTC
    )


def test_a_day_that_the_zone_skips_is_made_up_for_in_order():
    """30 December 2011 had no instant in Samoa: what was due on it falls among the next day's."""
    found = fires("0 2 * * *", "Pacific/Apia", datetime(2011, 12, 29, 0, tzinfo=UTC), count=4)
    assert [instant.isoformat()[:13] for instant in found] == [
        "2011-12-29T12",
        "2011-12-30T12",
        "2011-12-31T12",
        "2012-01-01T12",
    ]


def test_of_several_missed_fires_the_newest_is_made_up_for():
    cron, now = read_cron("0 */6 * * *"), datetime(2026, 3, 9, 13, tzinfo=UTC)
    assert latest_due(cron, "UTC", since=datetime(2026, 1, 1, tzinfo=UTC), now=now) == now.replace(hour=12)


def test_what_was_due_on_a_skipped_day_is_made_up_for_on_the_next():
    cron, place = read_cron("0 2 30 12 *"), ZoneInfo("Pacific/Apia")
    since, now = (datetime(2011, 12, 31, hour, 30, tzinfo=place) for hour in (0, 2))
    assert latest_due(cron, "Pacific/Apia", since=since, now=now) == datetime(2011, 12, 31, 2, tzinfo=place)
    assert next_due(cron, "Pacific/Apia", since) == datetime(2011, 12, 31, 2, tzinfo=place)


def test_a_missed_fire_is_made_up_for_within_a_day_and_not_twice():
    cron, due = read_cron("0 1 * * *"), datetime(2026, 3, 9, 1, tzinfo=UTC)
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    weekly = read_cron("0 1 9 3 *")
    assert latest_due(cron, "UTC", since=long_ago, now=due) == due
    assert latest_due(weekly, "UTC", since=long_ago, now=due + timedelta(hours=24)) is None
    assert latest_due(weekly, "UTC", since=long_ago, now=due + timedelta(hours=24, seconds=-1)) == due
    assert latest_due(weekly, "UTC", since=due, now=due + timedelta(hours=1)) is None
    assert latest_due(weekly, "UTC", since=due - timedelta(seconds=1), now=due + timedelta(hours=1)) == due
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):  # the ends of the world
        local = datetime(2026, 3, 9, 1, tzinfo=ZoneInfo(zone))
        assert (
            latest_due(weekly, zone, since=local - timedelta(hours=23), now=local + timedelta(minutes=1))
            == local
        )


@pytest.mark.parametrize(
    ("span", "at", "quiet"),
    [
        ("08:00-18:00", "07:59", False),
        ("08:00-18:00", "08:00", True),
        ("08:00-18:00", "17:59", True),
        ("08:00-18:00", "18:00", False),
        (" 08:00 - 18:00 ", "12:00", True),
        ("22:00-06:00", "21:59", False),
        ("22:00-06:00", "22:00", True),
        ("22:00-06:00", "05:59", True),
        ("22:00-06:00", "06:00", False),
        ("08:00-08:00", "08:00", False),
    ],
)
def test_quiet_hours_hold_their_beginning_and_not_their_end(span, at, quiet):
    now = datetime.fromisoformat(f"2026-03-04T{at}").replace(tzinfo=ZoneInfo("Asia/Kolkata"))
    assert in_quiet_hours(span, "Asia/Kolkata", now.astimezone(UTC)) is quiet


@pytest.mark.parametrize("span", ["all day", "08:00", "08:00-12:00-18:00", "8-18h"])
def test_a_span_that_is_none_is_refused_by_name(span):
    with pytest.raises(InvalidInputError) as refused:
        in_quiet_hours(span, "UTC", datetime(2026, 3, 4, tzinfo=UTC))
    assert (refused.value.field, refused.value.fix) == ("quiet_hours", "write it like 08:00-18:00")
