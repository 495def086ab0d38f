"""Case files: JSON lines, CSV or Parquet, read row by row; a broken line costs one line."""

import hashlib
import json
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from shared.errors import InvalidInputError, NotFoundError
from worker_collection.mapping import CaseMapping, mapping_text, read_mapping
from worker_collection.sources import tables, texts
from worker_collection.sources.base import Broken, Page, Row

SUFFIXES = (".jsonl", ".ndjson", ".csv", ".parquet")  # the first three also with .gz behind
BLANK = Broken("blank", "blank_line")


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
        if row is BLANK:
            continue
        if isinstance(row, Broken):
            raise InvalidInputError(f"{row.key}: {row.reason}", field=row.key)
        yield dict(row)


def read_rows(path: Path, mapping: CaseMapping, *, skip: int = 0) -> Iterator[Row | Broken]:
    """Every row after the first `skip` in the case format, or what is wrong with it."""
    if not path.is_file():
        raise NotFoundError("there is no such case file", field="file")
    if kind_of(path) not in SUFFIXES or path.name.endswith(".parquet.gz"):
        raise InvalidInputError(
            f"{path.suffix or 'this'} is no case file", field="file", fix=f"one of {', '.join(SUFFIXES)}"
        )
    try:
        missing = _missing(path, mapping)
        if missing:
            yield Broken("heading", f"missing_column_{'_'.join(missing)}")
            return
        for row in _lines(path, skip):
            yield row if isinstance(row, Broken) else mapping.case(row)
    except texts.UnreadableTextError as error:
        yield Broken(f"byte {error.byte}", "bad_encoding")
    except texts.BROKEN_STREAM:
        yield Broken("file", "broken_file")


def _lines(path: Path, skip: int) -> Iterator[Row | Broken]:
    kind = kind_of(path)
    if kind == ".parquet":
        from worker_collection.sources import parquet  # large, and most sites have no such file

        return parquet.rows(path, skip=skip)
    if kind == ".csv":
        return islice(tables.rows(path), skip, None)
    return _json_lines(path, skip)


def digest(path: Path) -> str:
    """What a file holds, as a name for it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def stood_still(path: Path, before: os.stat_result) -> bool:
    """Whether a file is as it was: nobody has written to it, moved it away or put another in its place."""
    try:
        now = path.stat()
    except FileNotFoundError:
        return False
    kept = (before.st_size, before.st_mtime_ns, before.st_ino)
    return (now.st_size, now.st_mtime_ns, now.st_ino) == kept


def pages(path: Path, mapping: CaseMapping, *, done: int, size: int) -> Iterator[Page]:
    """Pages of one file; the watermark counts its rows."""
    rows = read_rows(path, mapping, skip=done)
    while page := list(islice(rows, size)):
        done += len(page)
        yield Page([row for row in page if row is not BLANK], {"rows": done})


def _json_lines(path: Path, skip: int) -> Iterator[Row | Broken]:
    for line in texts.lines(path, texts.encoding_of(path), skip=skip):
        place = f"line {line.number}"
        if line.text is None:
            yield Broken(place, line.reason)
            continue
        if not line.text.strip():
            yield BLANK
            continue
        try:
            row = json.loads(line.text)
        except (ValueError, RecursionError):
            yield Broken(place, "broken_line" if line.ended else "half_written")
            continue
        yield row if isinstance(row, dict) else Broken(place, "not_an_object")


def _missing(path: Path, mapping: CaseMapping) -> list[str]:
    """The columns of the mapping that a table does not have."""
    kind = kind_of(path)
    if kind not in (".csv", ".parquet"):
        return []
    there = set(_heading(path))
    wanted = mapping.columns() if mapping.fields else ("source_id",)
    return [name for name in wanted if name not in there] if there else []


def _heading(path: Path) -> list[str]:
    if kind_of(path) != ".parquet":
        return tables.heading(path)
    from worker_collection.sources import parquet

    return parquet.names(path)


def kind_of(path: Path) -> str:
    """The form that a file's name says, whether it is gzipped or not."""
    return path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix
