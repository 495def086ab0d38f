"""Watermarks that are times: kept as the source writes them, in the form in which it compares them."""

from datetime import datetime, timedelta
from typing import Any


def written(value: Any) -> Any:
    """A watermark that JSON can keep and the same database can compare again."""
    return value.isoformat(sep=" ") if isinstance(value, datetime) else value


def stepped_back(after: Any, seconds: int) -> Any:
    """The watermark less the overlap, in the form it has: clocks of a clinic's machines are not one."""
    at = _instant(after)
    return after if at is None else _as(after, at - timedelta(seconds=seconds))


def cut_off(at: Any, now: datetime | None) -> Any:
    """The present in the form of a watermark that lies beyond it; None for one that does not.

    Args:
        at: the watermark.
        now: the present in the zone of the site, by which times without one are read; None where unknown.
    """
    found = _instant(at)
    if found is None or now is None:
        return None
    present = now if found.tzinfo else now.replace(tzinfo=None)
    return _as(at, present) if found > present else None


def _instant(text: Any) -> datetime | None:
    if not isinstance(text, str) or not text:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _as(text: str, at: datetime) -> str:
    return at.isoformat(sep="T" if "T" in text else " ")
