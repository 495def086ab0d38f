"""Case files: JSON lines, CSV or Parquet, read row by row; a broken line costs one line."""

import csv
import hashlib
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from shared.errors import InvalidInputError, NotFoundError
from worker_collection.mapping import CaseMapping, mapping_text, read_mapping
from worker_collection.sources import parquet
from worker_collection.sources.base import Broken, Page, Row

SUFFIXES = (".jsonl", ".ndjson", ".csv", ".parquet")


def read_cases(path: Path, mapping: str | CaseMapping | None = None) -> Iterator[dict[str, Any]]:
    """The cases of a file in the case format.

    Args:
        path: a .jsonl, .ndjson, .csv or .parquet file.
        mapping: a mapping, or the name or path of one; none where the file is in the case format.

    Raises:
        InvalidInputError: a line is broken; it is named by its number.
    """
    rules = mapping if isinstance(mapping, CaseMapping) else read_mapping(mapping_text(mapping))
    for row in read_rows(path, rules):
        if isinstance(row, Broken):
            raise InvalidInputError(f"{row.key}: {row.reason}", field=row.key)
        yield dict(row)


def read_rows(path: Path, mapping: CaseMapping, *, skip: int = 0) -> Iterator[Row | Broken]:
    """Every row after the first `skip` in the case format, or what is wrong with it."""
    if not path.is_file():
        raise NotFoundError("there is no such case file", field="file")
    if path.suffix not in SUFFIXES:
        raise InvalidInputError(
            f"{path.suffix or 'this'} is no case file", field="file", fix=f"one of {', '.join(SUFFIXES)}"
        )
    for row in _lines(path, skip):
        yield row if isinstance(row, Broken) else mapping.case(row)


def _lines(path: Path, skip: int) -> Iterator[Row | Broken]:
    if path.suffix == ".parquet":
        return parquet.rows(path, skip=skip)
    return islice(_csv(path) if path.suffix == ".csv" else _json_lines(path), skip, None)


def digest(path: Path) -> str:
    """What a file holds, as a name for it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def pages(path: Path, mapping: CaseMapping, *, done: int, size: int) -> Iterator[Page]:
    """Pages of one file; the watermark counts its rows."""
    rows = read_rows(path, mapping, skip=done)
    while page := list(islice(rows, size)):
        done += len(page)
        yield Page(page, {"rows": done})


def _json_lines(path: Path) -> Iterator[Row | Broken]:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                yield Broken(f"line {number}", "broken_line")
                continue
            yield row if isinstance(row, dict) else Broken(f"line {number}", "not_an_object")


def _csv(path: Path) -> Iterator[Row | Broken]:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        sample = file.read(4096)
        file.seek(0)
        delimiter = max(",;\t|", key=sample.split("\n", 1)[0].count)
        for number, row in enumerate(csv.DictReader(file, delimiter=delimiter), start=2):
            short = None in row or None in row.values()
            yield Broken(f"line {number}", "broken_line") if short else dict(row)
