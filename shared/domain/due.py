"""When a schedule is due, and whether a training is worth it: cron lines in a zone, counts against policy."""

from calendar import day_abbr, month_abbr
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from shared.domain.learning_curve import Forecast
from shared.domain.policy import Policy
from shared.errors import InvalidInputError

CATCH_UP = timedelta(hours=24)
FORECAST_HOURS = (
    13 * 24.0
)  # after a training, so that the second weekly one asks anew: the clinic may be another
NO_NAMES: Mapping[str, int] = {}
_YEARS_AHEAD = 9  # 29 February is at most eight years away
_MONTHS = {month_abbr[n].lower(): n for n in range(1, 13)}
_WEEKDAYS = {day_abbr[(n - 1) % 7].lower(): n for n in range(7)}  # Sunday is 0


class CronLineError(InvalidInputError):
    """A cron line that says no time, or one that is not read here."""

    code = "bad_cron"

    def __init__(self, line: str, why: str) -> None:
        super().__init__(
            f"{line!r} is no cron line: {why}",
            field="cron",
            fix="give minute, hour, day, month and weekday, like '0 2 * * 0' for Sunday 02:00",
        )


@dataclass(frozen=True)
class Cron:
    """The wall-clock times that a cron line names, as sets of numbers; weekday 0 is Sunday.

    As in cron, a day matches by either one when both the day of the month and the weekday are restricted.
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]

    @property
    def every_hour(self) -> bool:
        """Whether it runs by intervals; then both turns of a doubled hour count."""
        return len(self.hours) == 24

    def on(self, day: date) -> bool:
        """Whether it runs at all on this date."""
        if day.month not in self.months:
            return False
        by_date, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        if len(self.days) < 31 and len(self.weekdays) < 7:
            return by_date or by_weekday
        return by_date and by_weekday


@lru_cache(maxsize=256)
def read_cron(line: str) -> Cron:
    """Parse five fields with `*`, lists, ranges, steps and English names.

    Raises:
        CronLineError: a field is missing, out of range or not readable.
    """
    fields = line.split()
    if len(fields) != 5:
        raise CronLineError(line, f"it has {len(fields)} fields, not 5")
    try:
        weekdays = _field(fields[4], range(8), _WEEKDAYS)
        return Cron(
            minutes=_field(fields[0], range(60)),
            hours=_field(fields[1], range(24)),
            days=_field(fields[2], range(1, 32)),
            months=_field(fields[3], range(1, 13), _MONTHS),
            weekdays=frozenset(day % 7 for day in weekdays),
        )
    except ValueError as error:
        raise CronLineError(line, str(error)) from None


def _field(text: str, allowed: range, names: Mapping[str, int] = NO_NAMES) -> frozenset[int]:
    low, high = allowed[0], allowed[-1]
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        start, _, end = span.partition("-")
        if start == "*":
            first, last = low, high
        else:
            first = _number(start, names)
            last = _number(end, names) if end else (high if step else first)
        width = _number(step, NO_NAMES) if step else 1
        if not (low <= first <= last <= high) or width < 1:
            raise ValueError(f"{part!r} is not within {low} to {high}")
        found.update(range(first, last + 1, width))
    return frozenset(found)


def _number(word: str, names: Mapping[str, int]) -> int:
    value = names.get(word.lower())
    if value is not None:
        return value
    if not word.isascii() or not word.isdigit():
        raise ValueError(f"{word!r} is no number")
    return int(word)


@lru_cache(maxsize=512)
def _instants(cron: Cron, zone: str, day: date) -> tuple[datetime, ...]:
    """Every instant of one local date, in order, in UTC.

    A time that the zone skips is taken at the instant it would have been (02:00 becomes 03:00 in spring); of
    a doubled one the first counts, and both when the line runs by intervals.
    """
    if not cron.on(day):
        return ()
    place = ZoneInfo(zone)
    folds = (0, 1) if cron.every_hour else (0,)
    return tuple(
        sorted(
            {
                datetime.combine(day, time(hour, minute, fold=fold), place).astimezone(UTC)
                for hour in cron.hours
                for minute in cron.minutes
                for fold in folds
            }
        )
    )


def next_due(cron: Cron, zone: str, after: datetime) -> datetime | None:
    """The first due instant later than `after`, in UTC; None when the line names a date that never comes."""
    start = after.astimezone(ZoneInfo(zone)).date() - timedelta(days=1)
    for offset in range(366 * _YEARS_AHEAD):
        day = start + timedelta(days=offset)
        if any(instant > after for instant in _instants(cron, zone, day)):
            # The neighbours too: where a zone skips a whole day, its instants fall among the next day's.
            near = _days(cron, zone, first=day, last=day + timedelta(days=2))
            return min(instant for instant in near if instant > after)
    return None


def latest_due(cron: Cron, zone: str, *, since: datetime, now: datetime) -> datetime | None:
    """The newest due instant in (`since`, `now`], looking back one catch-up window at most.

    Only the newest: however many fires were missed while nothing ran, one is made up for.
    """
    floor = max(since, now - CATCH_UP)
    place = ZoneInfo(zone)
    first, last = floor.astimezone(place).date(), now.astimezone(place).date()
    window = _days(cron, zone, first=first - timedelta(days=1), last=last)  # a skipped day's fall on the next
    return max((instant for instant in window if floor < instant <= now), default=None)


def _days(cron: Cron, zone: str, *, first: date, last: date) -> Iterator[datetime]:
    for offset in range((last - first).days + 1):
        yield from _instants(cron, zone, first + timedelta(days=offset))


def in_quiet_hours(span: str | None, zone: str, now: datetime) -> bool:
    """Whether the site asked for quiet at this instant; `span` is like "08:00-18:00" and may pass midnight.

    Raises:
        InvalidInputError: the span is not two times of day.
    """
    if span is None:
        return False
    try:
        start, end = (time.fromisoformat(part.strip()) for part in span.split("-"))
    except ValueError:
        raise InvalidInputError(
            f"{span!r} is no span of quiet hours", field="quiet_hours", fix="write it like 08:00-18:00"
        ) from None
    local = now.astimezone(ZoneInfo(zone)).time()
    return start <= local < end if start <= end else local >= start or local < end


@dataclass(frozen=True)
class Counts:
    """Validated cases on the training side of one model type: all, and those in no sealed dataset yet."""

    total: int
    unused: int


@dataclass(frozen=True)
class Past:
    """What speaks for or against an automatic training: an open one, the rest, a poor forecast, a drift."""

    open_job: bool = False
    rested_hours: float | None = None  # since the last training ended; None when there was none
    forecast: Forecast | None = None  # None: the past says too little, which is no reason against it
    changed: bool = False  # the cases are not those that the forecast was made from

    @property
    def is_same_clinic(self) -> bool:
        """Whether what was learnt last says something of what could be learnt now."""
        return not self.changed and (self.rested_hours is None or self.rested_hours < FORECAST_HOURS)


@dataclass(frozen=True)
class Due:
    """Whether a training starts now and, in words for the record, why."""

    start: bool
    reason: str


def verdict(counts: Counts, policy: Policy, past: Past, *, after_new_cases: int | None = None) -> Due:
    """Whether a training is worth starting; with `after_new_cases` the count itself is the trigger.

    Never with fewer new cases than the policy's least, beside another open training, within the rest after
    the last one, or where the learning curve is sure that too little would be gained. A curve knows nothing
    of cases that have changed, and slow change is told from chance late: after two weeks it is not asked.
    """
    hindrance = _hindrance(counts, policy, past, after_new_cases=after_new_cases)
    return Due(start=hindrance is None, reason=hindrance or _worth(counts, past))


def _hindrance(counts: Counts, policy: Policy, past: Past, *, after_new_cases: int | None) -> str | None:
    if past.open_job:
        return "a training of this model type is open"
    if counts.unused < policy.train_min_cases:
        return f"{counts.unused} new eligible cases, fewer than {policy.train_min_cases}"
    if after_new_cases is not None and counts.unused < after_new_cases:
        return f"{counts.unused} new eligible cases of {after_new_cases} that start a training"
    if past.rested_hours is not None and past.rested_hours < policy.train_cooldown_hours:
        rest = policy.train_cooldown_hours
        return f"the last training ended {past.rested_hours:.1f} hours ago, the rest is {rest:g} hours"
    if past.forecast is not None and past.is_same_clinic and past.forecast.at_most < policy.train_min_gain:
        most, least = 100 * past.forecast.at_most, 100 * policy.train_min_gain
        return f"not worth it: at most {most:.2f} points more are forecast, fewer than {least:g}"
    return None


def _worth(counts: Counts, past: Past) -> str:
    if past.changed:
        return f"{counts.unused} new eligible cases, and what is asked or answered has changed"
    if past.forecast is None or not past.is_same_clinic:
        return f"{counts.unused} new eligible cases"
    return f"{counts.unused} new eligible cases, {100 * past.forecast.gain:.2f} points more are forecast"
