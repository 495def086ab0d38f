"""The evidence pack as one page for people: plain tables under the headings of a change control plan."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
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
NOTHING = "None in this period."
_NONE = f"<p>{NOTHING}</p>"


@dataclass(frozen=True)
class Section:
    """One part: a title, a sentence, and a table of rows or of facts where it has one."""

    title: str
    lead: str = ""
    level: int = 2
    rows: Sequence[Row] | None = None
    facts: Row | None = None


def as_page(summary: Row, *, period: tuple[str, str], site: str) -> str:
    """One HTML page that needs nothing else; everything in it is escaped.

    Args:
        summary: what `pack.summarise` answered.
        period: the first and the last instant.
        site: how the site is named.
    """
    title = heading(period, site)
    parts = [_part(one) for one in outline(summary)]
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    body = f"<h1>{escape(title)}</h1>{''.join(parts)}"
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>{body}</body></html>\n'


def heading(period: tuple[str, str], site: str) -> str:
    """What stands above the pack in every form."""
    return f"Evidence of {site}, {period[0]} to {period[1]}"


def outline(summary: Row) -> Iterator[Section]:
    """The parts of a pack in the order of a change control plan."""
    protocol = summary["protocol"]
    yield Section(
        "1 Modifications", "Every change of what may answer, in order.", rows=summary["modifications"]
    )
    yield Section(
        "Declared beforehand",
        "What a version may change without a new authorisation; anything else is refused at the gate.",
        level=3,
        facts=summary["declared"],
    )
    yield Section("2 Modification protocol", "How each change was made.")
    yield Section("Data management", level=3, rows=protocol["data_management"])
    yield Section("Re-training", level=3, facts=protocol["re_training"])
    yield Section("Performance evaluation", level=3, rows=protocol["performance_evaluation"])
    yield Section("Update procedure", level=3, rows=protocol["update_procedure"])
    yield Section("3 Impact", "Who was answered by what, and what went wrong.", facts=summary["impact"])
    yield Section("4 Approvals", "The maker is never the checker.", rows=summary["approvals"])
    yield Section("5 Policies", "Thresholds that came into force.", rows=summary["policies"])
    yield Section("6 Refusals", "What was not let in, and why.", rows=summary["refusals"])
    yield Section("7 Chain", "`rounds verify --pack` proves it.", facts=summary["chain"])


def columns(rows: Sequence[Row]) -> list[str]:
    """The names of all fields, in the order in which they are met."""
    return list(dict.fromkeys(name for row in rows for name in row))


def _part(section: Section) -> str:
    told = f"<p>{escape(section.lead)}</p>" if section.lead else ""
    content = ""
    if section.rows is not None:
        content = _table(section.rows)
    elif section.facts is not None:
        content = _facts(section.facts)
    return f"<h{section.level}>{escape(section.title)}</h{section.level}>{told}{content}"


def _table(rows: Sequence[Row]) -> str:
    if not rows:
        return _NONE
    names = columns(rows)
    head = "".join(f'<th scope="col">{escape(spoken(name))}</th>' for name in names)
    lines = "".join(f"<tr>{_cells(row.get(name) for name in names)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>"


def _facts(facts: Row) -> str:
    lines = "".join(
        f'<tr><th scope="row">{escape(spoken(name))}</th>{_cells([value])}</tr>'
        for name, value in facts.items()
    )
    return f"<table><tbody>{lines}</tbody></table>"


def spoken(name: str) -> str:
    """The name of a field in words."""
    return name.replace("_", " ")


def _cells(values: Iterable[object]) -> str:
    return "".join(f"<td>{escape(told(value))}</td>" for value in values)


def told(value: object) -> str:
    """A value as people read it."""
    if value is None or value in ([], {}):
        return "–"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {told(part)}" for name, part in value.items())
    if isinstance(value, list):
        return ", ".join(told(part) for part in value)
    return str(value)
