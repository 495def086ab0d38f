"""How commands answer: one JSON value with `--json`, else a table for people or plain lines for a pipe."""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Annotated

import typer

_WHOLE = 10_000  # from here on a number is told without a fraction

AsJson = Annotated[bool, typer.Option("--json", help="Answer with one JSON value on standard output.")]


def show_json(value: object) -> None:
    """Write the value as one line of JSON."""
    sys.stdout.write(json.dumps(value, default=_plain, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def show_record(record: Mapping[str, object], *, as_json: bool) -> None:
    """Show one record: a line a field."""
    if as_json:
        show_json(record)
        return
    width = max((len(name) for name in record), default=0)
    for name, value in record.items():
        sys.stdout.write(f"{name:<{width}}  {_cell(value)}\n")


def show_rows(rows: Sequence[Mapping[str, object]], *, as_json: bool, none: str = "none") -> None:
    """Show records of one shape, a line each; `none` is said when there are none."""
    if as_json:
        show_json(list(rows))
    elif not rows:
        sys.stdout.write(f"{none}\n")
    elif sys.stdout.isatty():
        _show_table(rows)
    else:
        lines: list[list[object]] = [list(rows[0]), *(list(row.values()) for row in rows)]
        for line in lines:
            sys.stdout.write("\t".join(_cell(value) for value in line) + "\n")


def say(sentence: str) -> None:
    """Tell a person something beside the answer, on standard error."""
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()


def _show_table(rows: Sequence[Mapping[str, object]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*rows[0], box=None, header_style="bold", pad_edge=False)
    for row in rows:
        table.add_row(*(Text(_cell(value)) for value in row.values()))
    Console().print(table)


def _cell(value: object) -> str:
    if value is None or isinstance(value, bool):
        return {None: "–", True: "yes", False: "no"}[value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < _WHOLE else f"{value:.0f}"
    if isinstance(value, dict | list):
        return _interval(value) or _listed(value)
    return str(value)


def _listed(value: dict[object, object] | list[object]) -> str:
    """Such as "refused 3, pending 1"; a record within it in brackets, a list of records as JSON."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_inner(part)}" for name, part in value.items()) or "none"
    if any(isinstance(part, dict | list) for part in value):
        return json.dumps(value, default=_plain, ensure_ascii=False)
    return "; ".join(map(_cell, value)) or "none"


def _inner(value: object) -> str:
    return f"({_cell(value)})" if isinstance(value, dict) else _cell(value)


def _interval(value: object) -> str | None:
    """Two numbers as low – high; None for anything else."""
    if not isinstance(value, list) or [type(one) for one in value] != [float, float]:
        return None
    return f"{value[0]:.4g} – {value[1]:.4g}"


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, datetime) else str(value)
