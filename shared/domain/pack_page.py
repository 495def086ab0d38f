"""The evidence pack as one page for people: plain tables under the headings of a change control plan."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

Row = Mapping[str, Any]
_STYLE = """
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.2rem; margin-top: 2.5rem }
h3 { font-size: 1rem; margin-top: 1.5rem }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { padding: .25rem .6rem; text-align: left; vertical-align: top; overflow-wrap: anywhere;
  border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent) }
@media print {
  body { max-width: none; font-size: 11px }
  h2 { break-after: avoid } tr { break-inside: avoid }
}
"""
_NONE = "<p>None in this period.</p>"


def as_page(summary: Row, *, period: tuple[str, str], site: str) -> str:
    """One HTML page that needs nothing else; everything in it is escaped.

    Args:
        summary: what `pack.summarise` answered.
        period: the first and the last instant.
        site: how the site is named.
    """
    protocol, impact = summary["protocol"], summary["impact"]
    title = f"Evidence of {site}, {period[0]} to {period[1]}"
    parts = [
        _part(
            "1 Modifications", "Every change of what may answer, in order.", _table(summary["modifications"])
        ),
        _part("2 Modification protocol", "How each change was made.", ""),
        _part("Data management", "", _table(protocol["data_management"]), level=3),
        _part("Re-training", "", _facts(protocol["re_training"]), level=3),
        _part("Performance evaluation", "", _table(protocol["performance_evaluation"]), level=3),
        _part("Update procedure", "", _table(protocol["update_procedure"]), level=3),
        _part("3 Impact", "Who was answered by what, and what went wrong.", _facts(impact)),
        _part("4 Approvals", "The maker is never the checker.", _table(summary["approvals"])),
        _part("5 Policies", "Thresholds that came into force.", _table(summary["policies"])),
        _part("6 Refusals", "What was not let in, and why.", _table(summary["refusals"])),
        _part("7 Chain", "`rounds verify --pack` proves it.", _facts(summary["chain"])),
    ]
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    body = f"<h1>{escape(title)}</h1>{''.join(parts)}"
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>{body}</body></html>\n'


def _part(title: str, lead: str, content: str, *, level: int = 2) -> str:
    told = f"<p>{escape(lead)}</p>" if lead else ""
    return f"<h{level}>{escape(title)}</h{level}>{told}{content}"


def _table(rows: Sequence[Row]) -> str:
    if not rows:
        return _NONE
    columns = list(dict.fromkeys(name for row in rows for name in row))
    head = "".join(f'<th scope="col">{escape(name.replace("_", " "))}</th>' for name in columns)
    lines = "".join(f"<tr>{_cells(row.get(name) for name in columns)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>"


def _facts(facts: Row) -> str:
    lines = "".join(
        f'<tr><th scope="row">{escape(name.replace("_", " "))}</th>{_cells([value])}</tr>'
        for name, value in facts.items()
    )
    return f"<table><tbody>{lines}</tbody></table>"


def _cells(values: Iterable[object]) -> str:
    return "".join(f"<td>{escape(_told(value))}</td>" for value in values)


def _told(value: object) -> str:
    if value is None or value in ([], {}):
        return "–"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_told(part)}" for name, part in value.items())
    if isinstance(value, list):
        return ", ".join(_told(part) for part in value)
    return str(value)
