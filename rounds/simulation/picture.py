"""The course of a simulated clinic as SVG: accuracy above, readings below, releases as marks."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

WIDTH, TOP, BOTTOM, LEFT, GAP = 960, 320, 90, 52, 46
_LOW, _HIGH = 0.5, 1.0
_COLOURS = {"promoted": "#0b7a4b", "rolled back": "#b3261e", "challenge ended": "#8a6d00"}
_INK, _FAINT, _AUDIT, _TRUTH = "#1f2933", "#9aa5b1", "#1d5fae", "#7b8794"
_STYLE = "font: 11px system-ui, sans-serif"


def draw(report: dict[str, Any]) -> str:
    """The whole picture. Weeks without a reading leave a gap in the line of the audit sample."""
    days = max((week["to_day"] for week in report["weeks"]), default=1)
    height = TOP + GAP + BOTTOM + 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="Accuracy on the audit sample by week" style="{_STYLE}">',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        *_grid(),
        *_months(report["months"], days),
        *_truth(report["weeks"], days),
        *_audit(report["weeks"], days),
        *_marks(report["events"], days),
        *_readings(report["weeks"], days),
        *_legend(height),
        "</svg>\n",
    ]
    return "\n".join(parts)


def _x(day: float, days: int) -> float:
    return round(LEFT + (WIDTH - LEFT - 12) * day / days, 1)


def _y(share: float) -> float:
    inside = min(max(share, _LOW), _HIGH)
    return round(12 + (TOP - 12) * (1 - (inside - _LOW) / (_HIGH - _LOW)), 1)


def _grid() -> Iterator[str]:
    for percent in range(50, 101, 10):
        y = _y(percent / 100)
        yield f'<line x1="{LEFT}" x2="{WIDTH - 12}" y1="{y}" y2="{y}" stroke="#e4e7eb"/>'
        yield _text(LEFT - 6, y + 4, f"{percent} %", anchor="end")


def _months(months: Sequence[dict[str, Any]], days: int) -> Iterator[str]:
    for number, month in enumerate(months, 1):
        x = _x(month["from_day"], days)
        yield f'<line x1="{x}" x2="{x}" y1="12" y2="{TOP + GAP + BOTTOM}" stroke="#e4e7eb"/>'
        yield f"<g><title>{escape(month['name'])}</title>{_text(x + 3, TOP + 16, str(number))}</g>"


def _truth(weeks: Sequence[dict[str, Any]], days: int) -> Iterator[str]:
    points = " ".join(f"{_middle(week, days)},{_y(week['truth'])}" for week in weeks)
    yield f'<polyline points="{points}" fill="none" stroke="{_TRUTH}" stroke-dasharray="3 3"/>'


def _audit(weeks: Sequence[dict[str, Any]], days: int) -> Iterator[str]:
    """The estimate of every week with its interval; neighbours are joined."""
    last: tuple[float, float] | None = None
    for week in weeks:
        if week["audit"] is None:
            last = None
            continue
        x, y = _middle(week, days), _y(week["audit"]["value"])
        low, high = _y(week["audit"]["low"]), _y(week["audit"]["high"])
        yield f'<line x1="{x}" x2="{x}" y1="{low}" y2="{high}" stroke="{_AUDIT}" stroke-opacity=".35"/>'
        yield f'<circle cx="{x}" cy="{y}" r="2.5" fill="{_AUDIT}"/>'
        if last:
            ends = f'x1="{last[0]}" y1="{last[1]}" x2="{x}" y2="{y}"'
            yield f'<line {ends} stroke="{_AUDIT}" stroke-width="2"/>'
        last = (x, y)


def _marks(events: Sequence[dict[str, Any]], days: int) -> Iterator[str]:
    for event in events:
        colour = _COLOURS.get(event["kind"])
        if colour:
            x = _x(event["day"], days)
            told = escape(f"day {event['day']:.0f}: {event['version']} {event['kind']}, {event['why']}")
            line = f'<line x1="{x}" x2="{x}" y1="12" y2="{TOP}" stroke="{colour}" stroke-width="1.5"/>'
            yield f"<g><title>{told}</title>{line}</g>"


def _readings(weeks: Sequence[dict[str, Any]], days: int) -> Iterator[str]:
    most = max((week["readings"] for week in weeks), default=0) or 1
    base = TOP + GAP + BOTTOM
    yield _text(LEFT - 6, base - BOTTOM + 10, str(most), anchor="end")
    yield _text(LEFT - 6, base, "0", anchor="end")
    for week in weeks:
        x, end = _x(week["from_day"], days), _x(week["to_day"], days)
        tall = round(BOTTOM * week["readings"] / most, 1)
        width = round(max(end - x - 2, 1), 1)
        yield f'<rect x="{x + 1}" y="{base - tall}" width="{width}" height="{tall}" fill="{_FAINT}"/>'


def _legend(height: int) -> Iterator[str]:
    told = [
        ("audit sample, by week, 95 % interval", _AUDIT),
        ("every patient (the simulator knows)", _TRUTH),
        *((kind, colour) for kind, colour in _COLOURS.items()),
        ("blinded readings a week, below", _FAINT),
    ]
    x = LEFT
    for name, colour in told:
        yield f'<rect x="{x}" y="{height - 24}" width="10" height="10" fill="{colour}"/>'
        yield _text(x + 14, height - 15, name)
        x += 34 + 6 * len(name)


def _middle(week: dict[str, Any], days: int) -> float:
    return _x((week["from_day"] + week["to_day"]) / 2, days)


def _text(x: float, y: float, words: str, *, anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="{_INK}">{escape(words)}</text>'
