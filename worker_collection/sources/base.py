"""What collection asks of a source: pages of rows after a watermark, its staff and its words for diseases."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from shared.registry.validators import Staff

Row = Mapping[str, Any]
RESUMED = "resumed"  # in a watermark: the run that left it goes on with it


@dataclass(frozen=True)
class Broken:
    """A row that cannot be read; it costs itself and nothing else."""

    key: str
    reason: str


@dataclass(frozen=True)
class Page:
    """Some rows in the order of the source, and where reading goes on after them.

    `deleted` are keys of rows that the source no longer has, `consents` rows that say who somebody is and
    what became of the consent. `staff_changed` asks for who may validate again before the rows that follow.
    A page that `is_step` took long to make: it is stored by itself, so that it is not made again.
    """

    rows: list[Row | Broken]
    watermark: dict[str, Any]
    deleted: Sequence[str] = ()
    consents: Sequence[Row] = ()
    staff_changed: bool = False
    is_step: bool = False


@dataclass(frozen=True)
class Said:
    """How a source writes a disease: its words, its code, and how often."""

    text: str
    code: str | None
    n: int


@dataclass(frozen=True)
class Trial:
    """What a test of a source found."""

    rows: int | None
    notes: list[str] = field(default_factory=list)


@runtime_checkable
class Counted(Protocol):
    """A source that can say beforehand how many rows it will give."""

    def count(self, watermark: Mapping[str, Any]) -> int:
        """How many rows `pages` gives after the watermark."""


@runtime_checkable
class Swept(Protocol):
    """A source that does not say what it deleted, and is asked from time to time which rows it has."""

    def keys(self, size: int) -> Iterator[list[str]]:
        """The keys of all its rows, some at a time."""


class CaseSource(Protocol):
    """One way to a clinic's rows; nothing is ever written there."""

    def test(self) -> Trial:
        """Reach the source, check that it cannot be written to and that the mapping fits.

        Raises:
            InvalidInputError: the address, the rights or the mapping are wrong.
            PartDownError: it does not answer.
        """

    def pages(self, watermark: Mapping[str, Any], size: int) -> Iterator[Page]:
        """Rows in the case format that changed after the watermark, in their order."""

    def staff(self) -> list[Staff]:
        """Who may validate there, or nobody where the source does not say."""

    def vocabulary(self) -> list[Said]:
        """The source's own words for diseases."""
