"""What was handed in: rows of a POST, or one file of an import, read once for one run."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from shared.registry.validators import Staff
from worker_collection.mapping import CaseMapping
from worker_collection.sources import files
from worker_collection.sources.base import Broken, Page, Row, Said, Trial


class HandedIn:
    """Rows that came with the run itself; the watermark counts them within this run."""

    def __init__(self, handed: Sequence[Row] | Path, mapping: CaseMapping) -> None:
        self._handed, self._mapping = handed, mapping

    def test(self) -> Trial:
        """There is nothing to reach."""
        return Trial(rows=None if isinstance(self._handed, Path) else len(self._handed))

    def pages(self, watermark: Mapping[str, Any], size: int) -> Iterator[Page]:
        """The rows after those that are done."""
        done = int(watermark.get("rows", 0))
        if isinstance(self._handed, Path):
            yield from files.pages(self._handed, self._mapping, done=done, size=size)
            return
        for start in range(done, len(self._handed), size):
            rows: list[Row | Broken] = [self._mapping.case(row) for row in self._handed[start : start + size]]
            yield Page(rows, {"rows": start + len(rows)})

    def staff(self) -> list[Staff]:
        """Nobody comes with the rows."""
        return []

    def vocabulary(self) -> list[Said]:
        """No words for diseases come with the rows."""
        return []
