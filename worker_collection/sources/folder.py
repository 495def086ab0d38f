"""The drop folder: files of cases, known by the hash of their bytes; a file that still grows waits."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from shared.errors import InvalidInputError
from shared.registry.validators import Staff
from worker_collection.mapping import CaseMapping
from worker_collection.sources import files
from worker_collection.sources.base import Page, Said, Trial


class FolderSource:
    """Every case file of one folder, in the order of their names."""

    def __init__(self, address: str, mapping: CaseMapping) -> None:
        place = urlsplit(address)
        self.folder = Path(unquote(place.path) if place.scheme == "file" else address)
        self._mapping = mapping

    def test(self) -> Trial:
        """Count the case files.

        Raises:
            InvalidInputError: there is no such folder.
        """
        if not self.folder.is_dir():
            raise InvalidInputError("there is no folder at this address", field="url")
        return Trial(rows=None, notes=[f"{len(self._files())} case files"])

    def pages(self, watermark: Mapping[str, Any], size: int) -> Iterator[Page]:
        """Files not read yet; `done` holds the hashes of the finished ones, `rows` how far an open one is."""
        self.test()
        done, rows = list(watermark.get("done", [])), dict(watermark.get("rows", {}))
        for path in self._files():
            before = path.stat()
            digest = files.digest(path)
            if digest in done or not files.stood_still(path, before):
                continue
            for page in files.pages(path, self._mapping, done=rows.get(digest, 0), size=size):
                mark = {"done": list(done), "rows": {digest: page.watermark["rows"]}}
                yield Page(page.rows, mark)
            if files.stood_still(path, before):  # else it grew meanwhile, and comes again as another file
                done.append(digest)
            yield Page([], {"done": list(done), "rows": {}})

    def staff(self) -> list[Staff]:
        """Files do not say who may validate."""
        return []

    def vocabulary(self) -> list[Said]:
        """Files have no words for diseases of their own."""
        return []

    def _files(self) -> list[Path]:
        """The files that stand under their last name; one that is still being written has another."""
        found = (path for path in self.folder.iterdir() if files.kind_of(path) in files.SUFFIXES)
        return sorted(path for path in found if path.is_file() and not path.name.startswith((".", "~", "_")))
