"""Schedules over simulated years in twelve zones, fired by one to five beats at once: each time once.

`python -m bench.schedules [YEARS]`: real Postgres, a simulated clock. Every zone has a weekly and a monthly
line at half past two, where clocks are set; as many beats as the dice say tick at the same instant, each with
a clock of its own that is off by seconds; now and then none is there and one comes an hour late. What should
have fired is counted from the calendar of each zone alone.
"""

import random
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, sessionmaker

from bench.fhir import fresh
from bench.figures import Figure, at_least, at_most, keep
from shared.broker.schedule import fire_due
from shared.registry import schedules
from shared.registry.schedules import ScheduleWish
from shared.registry.session import make_sessions
from shared.registry.tables import Schedule, ScheduleFire

ZONES = (
    "UTC",
    "Europe/Berlin",
    "Europe/Lisbon",
    "America/New_York",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Asia/Kolkata",
    "Asia/Beirut",
    "Africa/Cairo",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Auckland",
)
LINES = {"weekly": "30 2 * * 0", "monthly": "30 2 1 * *"}
START = datetime(2026, 1, 1, tzinfo=UTC)
BEATS, AWAY_SHARE, LATE = 5, 0.03, timedelta(hours=1)
Fired = Counter[tuple[str, date]]


def main(years: int) -> int:
    """Play, compare, write."""
    dice = random.Random(years)
    with ExitStack() as stack:
        settings = fresh(stack).settings
        sessions = make_sessions(settings, pool_size=BEATS)
        stack.callback(sessions.kw["bind"].dispose)
        until = START + timedelta(days=365.25 * years)
        written(sessions)
        beats = stack.enter_context(ThreadPoolExecutor(BEATS))
        for instant in ticks(until, dice):
            clocks = [instant + timedelta(seconds=dice.uniform(0, 5)) for _ in range(dice.randint(1, BEATS))]
            list(beats.map(lambda now: fire_due(sessions, now), clocks))
        fired = by_date(sessions)
    return keep("schedules", compared(fired, wanted(until)), years=years, zones=len(ZONES))


def written(sessions: sessionmaker[Session]) -> None:
    """Our lines and no others."""
    with sessions.begin() as session:
        session.execute(delete(Schedule))
        for zone in ZONES:
            for name, line in LINES.items():
                wish = ScheduleWish(f"{name} {zone}", "collect", line, zone)
                schedules.upsert(session, wish, now=START, actor="bench")


def ticks(until: datetime, dice: random.Random) -> Iterator[datetime]:
    """The instants at which somebody looks: around each time that a zone's clocks show half past two."""
    marks = {
        datetime(day.year, day.month, day.day, 2, 30, tzinfo=ZoneInfo(zone)).astimezone(UTC)
        for name, day in wanted(until)
        for zone in (name.split(" ", 1)[1],)
    }
    for mark in sorted(marks):
        yield mark + LATE if dice.random() < AWAY_SHARE else mark
        yield mark + LATE  # where clocks are set the time comes up to an hour later


def wanted(until: datetime) -> Fired:
    """Every Sunday and every first of a month in each zone, by the calendar."""
    found: Fired = Counter()
    for zone in ZONES:
        day, last = START.astimezone(ZoneInfo(zone)).date(), until.astimezone(ZoneInfo(zone)).date()
        while day < last:
            at = datetime(day.year, day.month, day.day, 2, 30, tzinfo=ZoneInfo(zone))
            if START < at < until - timedelta(days=1):
                found[f"weekly {zone}", day] += day.isoweekday() == 7
                found[f"monthly {zone}", day] += day.day == 1
            day += timedelta(days=1)
    return +found


def by_date(sessions: sessionmaker[Session]) -> Fired:
    """How often each line fired for each date of its zone."""
    with sessions() as session:
        rows = session.execute(
            select(Schedule.name, Schedule.timezone, ScheduleFire.fire_key).join(
                Schedule, Schedule.id == ScheduleFire.schedule_id
            )
        )
        return Counter(
            (name, datetime.fromisoformat(key).astimezone(ZoneInfo(zone)).date()) for name, zone, key in rows
        )


def compared(fired: Fired, due: Fired) -> list[Figure]:
    """Missed, doubled, and for no reason."""
    last = max(day for _, day in due)
    known = Counter({mark: count for mark, count in fired.items() if mark[1] <= last})
    return [
        at_least("due times of schedules", sum(due.values()), "fires", goal=1),
        at_most("fires that were missed", (due - known).total(), "fires", goal=0),
        at_most("fires that were doubled or not due", (known - due).total(), "fires", goal=0),
    ]


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10))
