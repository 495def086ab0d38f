"""One example in the formats that others read: the case format, chats, instructions, a table."""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.domain.example import Example

LINE_FORMATS = ("jsonl", "chat", "alpaca", "csv")
INSTRUCTION = "Name the diagnosis that this clinical note describes."
BANDS = ("age_band", "sex", "site")
COLUMNS = ("source_id", "person", "model_type", "text", "diagnosis", "weight", "split", *BANDS)
# A spreadsheet runs a cell that begins so; some begin to look after blanks.
_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass(frozen=True)
class Exported:
    """One example on its way out, with where it stood."""

    example: Example
    split: str
    model_type: str


def case_of(one: Exported) -> dict[str, Any]:
    """The example in the case format of the product, as `rounds cases import` reads it."""
    return {
        "source_id": str(one.example.case_id),
        "person": str(one.example.person_id),
        "model_type": one.model_type,
        "text": one.example.text,
        "diagnosis": one.example.label,
        "weight": one.example.weight,
        "split": one.split,
        "subgroup": dict(one.example.subgroup),
    }


def line(one: Exported, file_format: str) -> str:
    """One line of a file of that format, one of `LINE_FORMATS`, with its line end."""
    if file_format == "csv":
        return _csv([_cell(value) for value in flat(one).values()])
    return json.dumps(_FORMS[file_format](one), ensure_ascii=False, sort_keys=True) + "\n"


def heading(file_format: str) -> str:
    """What stands before the first line."""
    return _csv(COLUMNS) if file_format == "csv" else ""


def flat(one: Exported) -> dict[str, str | float | None]:
    """The example as one row of `COLUMNS`; None where a band is not known."""
    case = case_of(one)
    bands: Mapping[str, str] = case.pop("subgroup")
    return case | {name: bands.get(name) for name in BANDS}


def harmless(cell: str) -> str:
    """The cell so that no spreadsheet takes it for a formula: an apostrophe stands before what would run.

    Source: OWASP, CSV Injection.
    """
    return f"'{cell}" if cell.startswith(_RUNS) or cell.lstrip().startswith(_RUNS) else cell


def _chat(one: Exported) -> dict[str, Any]:
    turns = (("user", one.example.text), ("assistant", one.example.label))
    return {"messages": [{"role": role, "content": content} for role, content in turns]}


def _alpaca(one: Exported) -> dict[str, str]:
    return {"instruction": INSTRUCTION, "input": one.example.text, "output": one.example.label}


def _cell(value: str | float | None) -> str:
    return "" if value is None else harmless(value) if isinstance(value, str) else repr(value)


def _csv(cells: list[str] | tuple[str, ...]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue()


_FORMS = {"jsonl": case_of, "chat": _chat, "alpaca": _alpaca}
