"""Parquet files of cases, a batch of rows at a time: memory stays flat whatever the size of the file."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from worker_collection.sources.base import Broken

_BATCH = 1000


def rows(path: Path, *, skip: int = 0) -> Iterator[dict[str, Any] | Broken]:
    """The rows after the first `skip`; whole row groups before them are not read.

    A file that is no Parquet, or breaks off, costs itself from there on.
    """
    number = skip
    try:
        for row in _read(path, skip):
            number += 1
            yield row
    except (pa.ArrowException, OSError, ValueError):
        yield Broken(f"row {number + 1}", "broken_file")


def names(path: Path) -> list[str]:
    """The names of the columns; of a file that is no Parquet none, which `rows` says."""
    try:
        with pq.ParquetFile(path) as file:
            return list(file.schema_arrow.names)
    except (pa.ArrowException, OSError, ValueError):
        return []


def _read(path: Path, skip: int) -> Iterator[dict[str, Any]]:
    with pq.ParquetFile(path) as file:
        sizes = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
        first = next((group for group in range(len(sizes)) if sum(sizes[: group + 1]) > skip), len(sizes))
        batches = file.iter_batches(_BATCH, row_groups=list(range(first, len(sizes))))
        held = (row for batch in batches for row in batch.to_pylist())
        yield from islice(held, skip - sum(sizes[:first]), None)
