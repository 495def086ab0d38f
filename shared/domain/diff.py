"""The difference of two versions as people read it: a few sentences, a text with tables, a page."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

Row = Mapping[str, Any]
_STYLE = """
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem }
table { border-collapse: collapse; width: 100% }
th, td { padding: .25rem .75rem; border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent) }
th { text-align: left } td.n { text-align: right; font-variant-numeric: tabular-nums }
.bad { font-weight: bold } ul { padding-left: 1.2rem }
"""


def sentences(diff: Row) -> list[str]:
    """What a person wants to know first, one fact a sentence."""
    cases, gone = diff["cases"], diff["removed"]
    said = [
        f"{diff['after']} has {cases['after']} cases, {diff['before']} had {cases['before']}: "
        f"{diff['added']} came, {sum(gone.values())} went.",
        *(f"{n} went as {state}." for state, n in sorted(gone.items())),
        f"{diff['relabelled']} have another label." if diff["relabelled"] else "No label was changed.",
    ]
    said += [f"New source: {name}." for name in diff["new_sources"]]
    said += [f"New label: {name}." for name in diff["new_labels"]]
    said.append(f"The labels shifted by {_percent(distance(diff['labels']))} of the cases.")
    for attribute, rows in diff["subgroups"].items():
        said.append(f"{attribute} shifted by {_percent(distance(rows))}.")
    quality = diff["quality"]
    if None not in (quality["before"], quality["after"]):
        said.append(f"Mean quality went from {quality['before']:g} to {quality['after']:g}.")
    copies = diff["duplicates"]["after"]
    said.append(f"{copies['cases']} cases stand in {copies['clusters']} clusters of near duplicates.")
    return [*said, *_leaks(diff["leakage"])]


def distance(rows: Iterable[Row]) -> float:
    """How far two distributions are apart: the share of cases that would have to change, 0 to 1.

    Source: total variation distance.
    """
    counted = list(rows)
    before, after = (sum(one[side] for one in counted) for side in ("before", "after"))
    if not before or not after:
        return 0.0 if before == after else 1.0
    gaps = [abs(one["before"] / before - one["after"] / after) for one in counted]
    return float(sum(gaps)) / 2


def as_text(diff: Row) -> str:
    """The sentences, then a table a heading, for a terminal or a mail."""
    blocks = ["\n".join(sentences(diff))]
    for title, rows in _tables(diff):
        width = max(len(str(row[0])) for row in rows)
        lines = [f"  {row[0]:<{width}}  {row[1]:>9} → {row[2]:>9}  {row[3]}".rstrip() for row in rows]
        blocks.append("\n".join([title, *lines]))
    return "\n\n".join(blocks) + "\n"


def as_page(diff: Row) -> str:
    """One HTML page that needs nothing else; every name in it is escaped."""
    title = escape(f"{diff['before']} → {diff['after']}")
    said = "".join(f"<li{_mark(one)}>{escape(one)}</li>" for one in sentences(diff))
    tables = "".join(_table(name, rows) for name, rows in _tables(diff))
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{title}</h1><ul>{said}</ul>{tables}</body></html>\n"
    )


def _leaks(leakage: Row) -> list[str]:
    both = leakage["across"]
    said = [
        "No person is on both sides." if not both else f"LEAK: {both} persons are in training and evaluation."
    ]
    if leakage["joined_since"]:
        said.append(f"{leakage['joined_since']} persons were found to be on both sides after the sealing.")
    return said


def _tables(diff: Row) -> list[tuple[str, list[tuple[Any, ...]]]]:
    named: list[tuple[str, Sequence[Row]]] = [("Labels", diff["labels"]), ("Sources", diff["sources"])]
    named += [(f"By {attribute}", rows) for attribute, rows in diff["subgroups"].items()]
    found = [(title, [_line(row) for row in rows]) for title, rows in named]
    relabels = [(f"{one['from']} → {one['to']}", "", one["n"], "") for one in diff["relabels"]]
    return [(title, rows) for title, rows in [*found, ("Relabelled", relabels)] if rows]


def _line(row: Row) -> tuple[Any, ...]:
    change = row["after"] - row["before"]
    return row["name"], row["before"], row["after"], f"{change:+d}" if change else ""


def _table(title: str, rows: Sequence[tuple[Any, ...]]) -> str:
    head = "<tr><th></th><th>before</th><th>after</th><th>change</th></tr>"
    body = "".join(
        f"<tr><td>{escape(str(row[0]))}</td>"
        + "".join(f'<td class="n">{escape(str(cell))}</td>' for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    return f"<h2>{escape(title)}</h2><table>{head}{body}</table>"


def _mark(sentence: str) -> str:
    return ' class="bad"' if sentence.startswith("LEAK") else ""


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
