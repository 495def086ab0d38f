"""Pages of a source joined into steps: what is sorted, stored and remembered at once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from shared.errors import Error
from worker_collection.sources.base import Broken, Page, Row

STEP_PAGES = 20  # pages may be empty and still say how far the source was read


@dataclass
class _Gathered:
    """The pages of one step."""

    rows: list[Row | Broken] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    consents: list[Row] = field(default_factory=list)
    watermark: dict[str, Any] = field(default_factory=dict)
    pages: int = 0
    staff_changed: bool = False
    is_whole: bool = False

    def add(self, page: Page) -> None:
        self.rows += page.rows
        self.deleted += page.deleted
        self.consents += page.consents
        self.watermark, self.pages = page.watermark, self.pages + 1
        self.staff_changed = self.staff_changed or page.staff_changed
        self.is_whole = self.is_whole or page.is_step

    def is_full(self, rows: int) -> bool:
        return self.is_whole or len(self.rows) >= rows or self.pages >= STEP_PAGES

    def joined(self) -> Page:
        consents, deleted = tuple(self.consents), tuple(self.deleted)
        return Page(self.rows, self.watermark, deleted, consents, staff_changed=self.staff_changed)


def steps(pages: Iterable[Page], *, rows: int) -> Iterator[Page]:
    """The pages in their order, some in one; a page before which the staff changed begins a step.

    Where a step ends depends on the source alone, so that an interrupted run makes the same steps. What a
    source gave before it went away is a step too.
    """
    held = _Gathered()
    try:
        for page in pages:
            if page.staff_changed and held.pages:
                yield held.joined()
                held = _Gathered()
            held.add(page)
            if held.is_full(rows):
                yield held.joined()
                held = _Gathered()
    except Error:
        if held.pages:
            yield held.joined()
        raise
    if held.pages:
        yield held.joined()
