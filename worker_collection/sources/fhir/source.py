"""The FHIR source: what changed is taken in, then every diagnosis that it bears on becomes a row again."""

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from shared.errors import InvalidInputError
from shared.registry.validators import Staff
from worker_collection.mapping import CaseMapping
from worker_collection.sources import files
from worker_collection.sources.base import Broken, Page, Said, Trial
from worker_collection.sources.fhir import exports, people, records
from worker_collection.sources.fhir.bulk import FhirBulk
from worker_collection.sources.fhir.records import Around, Site
from worker_collection.sources.fhir.references import Resource, name_of
from worker_collection.sources.fhir.server import FhirServer
from worker_collection.sources.fhir.shelf import Shelf

_BATCH = 500
_ODD = (AttributeError, KeyError, TypeError, ValueError, RecursionError)
_UNKNOWN = datetime.max.replace(tzinfo=UTC)  # of a source that is only tested


class FhirFolder:
    """Exports in one folder and in those inside it, each file known by the hash of its bytes."""

    def __init__(self, address: str) -> None:
        place = urlsplit(address)
        self._folder = Path(unquote(place.path) if place.scheme == "file" else address)

    def test(self) -> Trial:
        """Count the exports.

        Raises:
            InvalidInputError: there is no such folder.
        """
        if not self._folder.is_dir():
            raise InvalidInputError("there is no folder at this address", field="url")
        found = exports.exports(self._folder)
        return Trial(rows=None, notes=[f"{len(found)} exports, {sum(len(one.files) for one in found)} files"])

    def load(self, mark: Mapping[str, Any], shelf: Shelf) -> Iterator[Page]:
        """Take in the files not read yet; the watermark counts the lines of an open one."""
        self.test()
        done, generation = list(mark.get("done", [])), shelf.top() + 1
        for path in (path for export in exports.exports(self._folder) for path in export.files):
            before = path.stat()
            digest = files.digest(path)
            after = path.stat()
            if digest in done or (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
                continue
            lines = exports.read(path, skip=mark.get("lines", {}).get(digest, 0))
            while batch := list(islice(lines, _BATCH)):
                found = [one for _, line in batch for one in line]
                shelf.put((one for one in found if not isinstance(one, Broken)), generation=generation)
                broken: list[Any] = [one for one in found if isinstance(one, Broken)]
                yield Page(broken, {**mark, "done": list(done), "lines": {digest: batch[-1][0]}})
            done.append(digest)
            yield Page([], {**mark, "done": list(done), "lines": {}})


class Feed(Protocol):
    """A way to a source's resources."""

    def test(self) -> Trial:
        """Reach it."""

    def load(self, mark: Mapping[str, Any], shelf: Shelf) -> Iterator[Page]:
        """Take in what changed; the pages hold what was broken, and how far the feed came."""


class FhirSource:
    """One FHIR R4 source: a way to its resources, and the rows that come of them."""

    def __init__(self, feed: Feed, mapping: CaseMapping, *, shelf: Shelf | None, site: Site) -> None:
        self._feed, self._mapping, self._shelf, self._site = feed, mapping, shelf, site

    def test(self) -> Trial:
        """Reach the source."""
        return self._feed.test()

    def pages(self, watermark: Mapping[str, Any], size: int) -> Iterator[Page]:
        """Rows of the diagnoses and reports that changed, or whose patient, encounter, notes or consent did.

        The watermark holds how far the feed came, the loading whose rows are all written (`emitted`), and
        while rows are being written the loading they go up to (`upto`) and the last one written (`after`).
        """
        mark = dict(watermark)
        for page in self._feed.load(mark, self._held):
            mark = page.watermark
            yield page
        while (window := self._window(mark))[0] < window[1]:
            mark = {**mark, "upto": window[1]}
            yield Page([], mark, staff_changed=True)
            for page in self._written(mark, window, size=size):
                mark = page.watermark
                yield page
            mark = {key: value for key, value in mark.items() if key not in ("upto", "after")}
            mark["emitted"] = window[1]
            yield Page([], mark)

    def staff(self) -> list[Staff]:
        """The practitioners of the source with what their resources say of them now."""
        if self._shelf is None:
            return []
        found = self._shelf.every(("Practitioner", "PractitionerRole"))
        return people.staff_of(found, not_qualified=self._mapping.fhir.not_qualified, at=self._site.at)

    def vocabulary(self) -> list[Said]:
        """Conditions are coded; the codes and their names become labels as they come."""
        return []

    @property
    def _held(self) -> Shelf:
        assert self._shelf is not None, "a source that is collected has a shelf"
        return self._shelf

    def _window(self, mark: Mapping[str, Any]) -> tuple[int, int]:
        return int(mark.get("emitted", 0)), int(mark.get("upto") or self._held.top())

    def _written(self, mark: Mapping[str, Any], window: tuple[int, int], *, size: int) -> Iterator[Page]:
        after = str(mark.get("after", ""))
        while due := self._held.due(window, after, size):
            after = due[-1].lookup.hex()
            standing = [self._held.opened(one) for one in due if one.sealed is not None]
            beside = records.around(standing, self._held)
            rows = [self._row(one, beside) for one in standing if one["resourceType"] != "Consent"]
            consents = [self._consent(one, beside) for one in standing if one["resourceType"] == "Consent"]
            odd: list[Any] = [one for one in consents if isinstance(one, Broken)]
            yield Page(
                rows + odd,
                {**mark, "after": after},
                deleted=[one.natural_key for one in due if one.sealed is None],
                consents=[one for one in consents if isinstance(one, Mapping)],
            )

    def _row(self, root: Resource, beside: Around) -> Any:
        try:
            return records.row(root, beside, self._site) | self._mapping.constants
        except _ODD:  # something that it refers to is not what FHIR has there
            return Broken(name_of(root), "unreadable_resource")

    def _consent(self, root: Resource, beside: Around) -> Any:
        try:
            return records.consenting(root, beside, self._site)
        except _ODD:
            return Broken(name_of(root), "unreadable_resource")


def fhir_source(
    address: str,
    mapping: CaseMapping,
    *,
    shelf: Shelf | None = None,
    name: str = "",
    at: datetime = _UNKNOWN,
    pause: Callable[[float], None] = time.sleep,
) -> FhirSource:
    """The source at an address: a server, or exports in a folder."""
    on_the_web = urlsplit(address).scheme in ("http", "https")
    feed: Feed = FhirFolder(address)
    if on_the_web:
        kind = FhirBulk if mapping.fhir.bulk else FhirServer
        feed = kind(address, mapping, pause=pause)
    return FhirSource(feed, mapping, shelf=shelf, site=Site(name, mapping.fhir, at))
