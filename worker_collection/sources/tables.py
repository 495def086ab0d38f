"""Tables in text files: the separator that the heading shows, quotes, cells with line ends in them."""

import csv
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from worker_collection.sources.base import Broken
from worker_collection.sources.texts import LONGEST_LINE, Line, encoding_of, lines

_SEPARATORS = ",;\t|"
_SAYS = "sep="  # what a spreadsheet may write before the heading


def heading(path: Path) -> list[str]:
    """The names of the columns."""
    return _Table(path).names


def rows(path: Path) -> Iterator[dict[str, Any] | Broken]:
    """Every row by its column names; one with too many or too few cells costs itself."""
    return _Table(path).read()


class _Table:
    """One file on its way through the reader of tables.

    A quote that nobody closes would take the rest of the file with it: the line it stands in is given up, and
    those behind it are read again.
    """

    def __init__(self, path: Path) -> None:
        csv.field_size_limit(LONGEST_LINE)
        self._lines = lines(path, encoding_of(path))
        self._again: deque[Line] = deque()  # lines to be read again
        self._taken: list[Line] = []  # lines of the row that is being read
        first = next(self._lines, Line(0, ""))
        separator = ""
        if (first.text or "").casefold().startswith(_SAYS):
            separator, first = (first.text or "")[len(_SAYS) :][:1], next(self._lines, Line(0, ""))
        self._separator = separator or max(_SEPARATORS, key=_unquoted(first.text or "").count)
        self._again.append(first)
        self._reader = self._fresh()
        self.names = [name.strip() for name in self._cells() or []]

    def read(self) -> Iterator[dict[str, Any] | Broken]:
        """The rows behind the heading."""
        while True:
            try:
                cells = self._cells()
            except csv.Error:
                yield self._given_up()
                continue
            for line in self._taken:
                if line.text is None:
                    yield Broken(f"line {line.number}", line.reason)
            if cells is None:
                return
            if cells and len(cells) == len(self.names):
                yield dict(zip(self.names, cells, strict=True))
            elif cells:
                yield self._broken(self._taken[-1])

    def _cells(self) -> list[str] | None:
        self._taken.clear()
        return next(self._reader, None)

    def _given_up(self) -> Broken:
        first, *others = self._taken
        self._again.extendleft(reversed(others))
        self._reader = self._fresh()
        return self._broken(first)

    def _broken(self, line: Line) -> Broken:
        return Broken(f"line {line.number}", "broken_line" if line.ended else "half_written")

    def _fresh(self) -> Any:
        return csv.reader(self._texts(), delimiter=self._separator, strict=True)

    def _texts(self) -> Iterator[str]:
        while True:
            line = self._again.popleft() if self._again else next(self._lines, None)
            if line is None:
                return
            self._taken.append(line)
            if line.text is not None:
                yield line.text + "\n"


def _unquoted(text: str) -> str:
    """The text with what stands between quotes left out."""
    return "".join(text.split('"')[::2])
