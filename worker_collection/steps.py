"""Pages of a source joined into steps: what is sorted, stored and remembered at once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from worker_collection.sources.base import Broken, Page, Row

STEP_PAGES = 20  # pages may be empty and still say how far the source was read


@dataclass
class _Gathered:
    rows: list[Row | Broken] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    consents: list[Row] = field(default_factory=list)
    watermark: dict[str, Any] = field(default_factory=dict)
    pages: int = 0

    def add(self, page: Page) -> None:
        self.rows += page.rows
        self.deleted += page.deleted
        self.consents += page.consents
        self.watermark, self.pages = page.watermark, self.pages + 1

    def joined(self) -> Page:
        return Page(self.rows, self.watermark, tuple(self.deleted), tuple(self.consents))


def steps(pages: Iterable[Page], *, rows: int) -> Iterator[Page]:
    """The pages in their order, some in one; a page before which the staff changed begins a step.

    Where a step ends depends on the source alone, so that an interrupted run makes the same steps.
    """
    held = _Gathered()
    for page in pages:
        if page.staff_changed:
            if held.pages:
                yield held.joined()
            held = _Gathered()
            yield page
            continue
        held.add(page)
        if page.is_step or len(held.rows) >= rows or held.pages >= STEP_PAGES:
            yield held.joined()
            held = _Gathered()
    if held.pages:
        yield held.joined()
