"""Dates moved by a person's own number of days, written as they were: an expert has to allow it."""

import calendar
import re
from collections.abc import Iterable
from datetime import date, timedelta

from worker_collection.phi.spans import Span

_MONTHS = tuple(name.lower() for name in calendar.month_name[1:])
_NAME = "|".join(f"{month[:3]}(?:{month[3:]})?" if len(month) > 3 else month for month in _MONTHS).replace(
    "sep(?:tember)?", "sept?(?:ember)?"
)
_NUMERIC = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{2,4})")
_COMPACT = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)")
_DAY_FIRST = re.compile(
    rf"(\d{{1,2}})(st|nd|rd|th)?([\s.-]*(?:of\s)?)({_NAME})([\s.,'’-]*)(\d{{4}}|\d\d)?", re.IGNORECASE
)
_MONTH_FIRST = re.compile(
    rf"({_NAME})([\s.-]*)(\d{{1,2}})(st|nd|rd|th)?([\s,'’]*)(\d{{4}}|\d\d)?", re.IGNORECASE
)
_OLDEST = 89
_CENTURY_TURNS = 40  # "39" is 2039, "40" is 1940


def shifted(text: str, spans: Iterable[Span], *, days: int, this_year: int) -> list[Span]:
    """The spans with each date moved by `days`; what is no date, or shows an age over 89, is a label."""
    return [
        span._replace(put=_moved(text[span.start : span.end], days, this_year))
        if span.label == "DATE"
        else span
        for span in spans
    ]


def _moved(said: str, days: int, this_year: int) -> str | None:
    for form, move in _FORMS:
        match = form.fullmatch(said.strip(" ,.;"))
        if match is not None:
            try:
                return move(match, days, this_year)
            except (ValueError, OverflowError):
                return None  # no day of any calendar: 31/02/2024
    return None


def _day(year: int, month: int, day: int, *, days: int, this_year: int) -> date:
    """The moved day.

    Raises:
        ValueError: there is no such day, or it shows that somebody is over 89.
    """
    if year < 100:  # noqa: PLR2004 - two digits
        year += 1900 if year >= _CENTURY_TURNS else 2000
    moved = date(year, month, day) + timedelta(days=days)
    if min(year, moved.year) < this_year - _OLDEST:
        raise ValueError
    return moved


def _numeric(match: re.Match[str], days: int, this_year: int) -> str:
    first, mark, second, third = match.groups()
    if len(first) > 2:  # noqa: PLR2004 - a year stands in front
        moved = _day(int(first), int(second), int(third), days=days, this_year=this_year)
        return f"{moved.year}{mark}{moved.month:0{len(second)}}{mark}{moved.day:0{len(third)}}"
    # A slash puts the month first unless it cannot be one; points and hyphens put the day first.
    month_first = int(first) <= 12 and (mark == "/" or int(second) > 12)  # noqa: PLR2004
    day, month = (second, first) if month_first else (first, second)
    moved = _day(int(third), int(month), int(day), days=days, this_year=this_year)
    a, b = (moved.month, moved.day) if month_first else (moved.day, moved.month)
    return f"{a:0{len(first)}}{mark}{b:0{len(second)}}{mark}{_year(moved, third)}"


def _compact(match: re.Match[str], days: int, this_year: int) -> str:
    year, month, day = map(int, match.groups())
    return _day(year, month, day, days=days, this_year=this_year).strftime("%Y%m%d")


def _day_first(match: re.Match[str], days: int, this_year: int) -> str:
    day, ending, gap, month, comma, year = match.groups()
    moved = _spelled(day, month, year, days=days, this_year=this_year)
    tail = f"{comma}{_year(moved, year)}" if year else ""
    return f"{moved.day}{_ending(moved) if ending else ''}{gap}{_month(moved, month)}{tail}"


def _month_first(match: re.Match[str], days: int, this_year: int) -> str:
    month, gap, day, ending, comma, year = match.groups()
    moved = _spelled(day, month, year, days=days, this_year=this_year)
    tail = f"{comma}{_year(moved, year)}" if year else ""
    return f"{_month(moved, month)}{gap}{moved.day}{_ending(moved) if ending else ''}{tail}"


def _spelled(day: str, month: str, year: str | None, *, days: int, this_year: int) -> date:
    number = next(n for n, name in enumerate(_MONTHS, 1) if name.startswith(month[:3].lower()))
    return _day(int(year) if year else this_year, number, int(day), days=days, this_year=this_year)


def _year(moved: date, year: str) -> str:
    return str(moved.year)[-len(year) :]


def _month(moved: date, month: str) -> str:
    name = _MONTHS[moved.month - 1]
    name = name if month.lower() in _MONTHS else name[:3]
    return name.upper() if month.isupper() else name.lower() if month.islower() else name.title()


def _ending(moved: date) -> str:
    return {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}.get(moved.day, "th")


_FORMS = (
    (_NUMERIC, _numeric),
    (_COMPACT, _compact),
    (_DAY_FIRST, _day_first),
    (_MONTH_FIRST, _month_first),
)
