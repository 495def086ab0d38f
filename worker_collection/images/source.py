"""Any source of rows, with the pictures that its rows name taken in on the way."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from shared.registry.validators import Staff
from shared.storage.base import Storage
from shared.storage.pictures import Picture, picture_key, save_picture
from shared.vault import Vault
from worker_collection.sources.base import Broken, CaseSource, Page, Row, Said, Trial

_ROWS = 50  # of pictures a page: they take long, and what was done is kept page by page


class WithPictures:
    """A source whose rows may name pictures; one without any costs nothing more."""

    def __init__(
        self, inner: CaseSource, save: Callable[[Picture], str], *, below: Path | None, confined: bool
    ) -> None:
        self._inner, self._save, self._below, self._confined = inner, save, below, confined

    def test(self) -> Trial:
        """Reach the source."""
        return self._inner.test()

    def pages(self, watermark: Mapping[str, Any], size: int) -> Iterator[Page]:
        """The pages of the source; each row that names a picture is one whose pixels are cleaned and kept."""
        first = next(self._inner.pages(watermark, 1), None)
        if first is not None and has_pictures(first.rows):
            size = min(size, _ROWS)
        for page in self._inner.pages(watermark, size):
            yield self._taken(page) if has_pictures(page.rows) else page

    def _taken(self, page: Page) -> Page:
        # Not before: a worker of texts alone does without what reads pictures.
        from worker_collection.dicom.isolated import decoder
        from worker_collection.images.rows import Gallery

        with decoder() as one:
            gallery = Gallery(self._save, one, self._below, self._confined)
            taken = [gallery.rows(row) if not isinstance(row, Broken) else [row] for row in page.rows]
        return replace(page, rows=[row for rows in taken for row in rows], is_step=True)

    def staff(self) -> list[Staff]:
        """Who may validate there."""
        return self._inner.staff()

    def vocabulary(self) -> list[Said]:
        """The source's own words."""
        return self._inner.vocabulary()


def keeper(storage: Storage, vault: Vault, *, is_dry: bool) -> Callable[[Picture], str]:
    """Stores a picture, or only names it in a rehearsal."""
    if is_dry:
        return lambda picture: picture_key(picture, vault)
    return lambda picture: save_picture(storage, picture, vault)


def has_pictures(rows: Sequence[Row | Broken]) -> bool:
    """Whether any row names a picture."""
    return any(not isinstance(row, Broken) and "image" in row for row in rows)
