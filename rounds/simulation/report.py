"""What became of a simulated clinic, from its registry and from the onlooker who knew the truth."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from itertools import pairwise
from math import sqrt
from typing import Any

from sqlalchemy.orm import Session

from rounds.simulation.days import TYPE, Tally
from rounds.simulation.months import DAYS_A_MONTH, LEARNABLE_MONTHS, month_of
from rounds.simulation.year import OPENED, Year
from shared.domain.metrics import share_of
from shared.registry import costs, models, monitor, plans
from shared.registry.plans import Plan

WEEK = 7
FALL = 0.005  # a fall of accuracy that counts
FALL_WINDOW_DAYS = 28  # over which accuracy is averaged, so that a fall is told from chance
SURE = 1.96  # standard errors of a difference that are no chance
_MOST_PLANS = 10_000

Answer = dict[str, Any]


def report(year: Year) -> Answer:
    """As JSON: `months`, `weeks`, `days`, `events`, `versions`, `cost`, `figures`; shares are 0 to 1."""
    with year.site.sessions() as session:
        months = [_stretch(session, year.days, **span) for span in _spans(len(year.days), DAYS_A_MONTH)]
        weeks = [_stretch(session, year.days, **span) for span in _spans(len(year.days), WEEK)]
        events = list(_events(plans.history(session, TYPE, _MOST_PLANS)[::-1]))
        versions = _versions(session)
        cost = costs.spent(session, TYPE, year.site.now - timedelta(days=10_000))
    for number, month in enumerate(months):
        month["name"] = month_of(number * DAYS_A_MONTH)[0].name
    return {
        "seed": year.wish.seed,
        "per_day": year.wish.per_day,
        "months": months,
        "weeks": weeks,
        "days": [asdict(one) for one in year.days],
        "events": events,
        "versions": versions,
        "planned": year.planned,
        "cost": cost,
        "figures": _figures(months, events, year.days),
    }


def longest_fall(days: Sequence[Tally]) -> int:
    """Days in a row on which accuracy was surely more than half a point below its best so far.

    Both are means of four weeks over every patient, which only the onlooker knows; "surely" is a difference
    beyond 1.96 standard errors. Days before the learnable months have ended count for nothing.
    """
    best, run, longest = (0.0, 0), 0, 0
    for day in range(LEARNABLE_MONTHS * DAYS_A_MONTH + FALL_WINDOW_DAYS - 1, len(days)):
        window = days[day + 1 - FALL_WINDOW_DAYS : day + 1]
        n = sum(one.seen for one in window)
        now = sum(one.right for one in window) / n
        run = run + 1 if _is_below(now, n, best) else 0
        longest = max(longest, run)
        best = max(best, (now, n))
    return longest


def _is_below(now: float, n: int, best: tuple[float, int]) -> bool:
    value, of = best
    if not of:
        return False
    error = sqrt(now * (1 - now) / n + value * (1 - value) / of)
    return value - now - FALL > SURE * error


def _spans(days: int, length: int) -> list[dict[str, int]]:
    """Whole stretches of so many days, as first day and the day after the last."""
    return [{"first": start, "end": start + length} for start in range(0, days - length + 1, length)]


def _stretch(session: Session, days: Sequence[Tally], *, first: int, end: int) -> Answer:
    """The audit sample of a stretch as the product knows it, with what the onlooker counted beside it."""
    span = (OPENED + timedelta(days=first), OPENED + timedelta(days=end))
    rows = [row for found in monitor.matured(session, TYPE, span).values() for row in found]
    audited = [
        (row.right, 1 / row.audit_probability) for row in rows if row.in_audit and row.right is not None
    ]
    played = days[first:end]
    found = share_of(audited) if audited else None
    return {
        "from_day": first,
        "to_day": end,
        "audit": {"value": found.value, "low": found.low, "high": found.high, "n": found.n}
        if found
        else None,
        "truth": sum(one.right for one in played) / sum(one.seen for one in played),
        "seen": sum(one.seen for one in played),
        "labels": sum(one.labels for one in played),
        "readings": sum(one.readings for one in played),
        "withdrawn": sum(one.withdrawn for one in played),
    }


def _events(history: Sequence[Plan]) -> Iterator[Answer]:
    """What each traffic plan changed, by day since go-live."""
    for before, after in pairwise(history):
        kind, version = _change(before, after)
        if kind:
            day = (after.effective_at - OPENED) / timedelta(days=1)
            yield {"day": round(day, 2), "kind": kind, "version": version, "why": after.reason}


def _change(before: Plan, after: Plan) -> tuple[str, str]:
    if after.champion != before.champion:
        kind = "promoted" if after.champion == before.challenger else "rolled back"
        return kind, (after if kind == "promoted" else before).champion.name
    if before.challenger and not after.challenger:
        return "challenge ended", before.challenger.name
    if after.challenger and not before.challenger:
        return "shadow", after.challenger.name
    if after.challenger and after.share != before.share:
        return f"{after.share:.0%}", after.challenger.name
    return "", ""


def _versions(session: Session) -> list[Answer]:
    found = []
    for version in models.versions(session, TYPE, 1000)[::-1]:
        measured = models.performance(session, version.id)
        found.append(
            {
                "version": version.name,
                "state": version.state.value,
                "day": _day(version.created_at),
                "gate_accuracy": measured.accuracy if measured else None,
                "gate_n": measured.n if measured else 0,
            }
        )
    return found


def _day(instant: datetime) -> float:
    return round((instant - OPENED) / timedelta(days=1), 2)


def _figures(months: Sequence[Answer], events: Sequence[Answer], days: Sequence[Tally]) -> Answer:
    """The lines that a site would ask about; a rise is in percentage points of the audit sample."""
    kinds = [event["kind"] for event in events]
    first = months[0]["audit"] if months else None
    later = months[LEARNABLE_MONTHS]["audit"] if len(months) > LEARNABLE_MONTHS else None
    return {
        "rise_points": 100 * (later["value"] - first["value"]) if first and later else None,
        "longest_fall_days": longest_fall(days),
        "promotions": kinds.count("promoted"),
        "rollbacks": kinds.count("rolled back"),
        "challenges_ended": kinds.count("challenge ended"),
        "readings_a_day": sum(one.readings for one in days) / max(len(days), 1),
        "withdrawn": sum(one.withdrawn for one in days),
    }
