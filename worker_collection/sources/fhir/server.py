"""A FHIR server: asked for what changed, type by type and page by page, as fast as it lets us."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from shared.errors import InvalidInputError
from worker_collection.draft import instant
from worker_collection.mapping import CaseMapping
from worker_collection.sources.base import Broken, Page, Trial
from worker_collection.sources.fhir.bundles import Removed, taken_apart
from worker_collection.sources.fhir.references import Resource, listed
from worker_collection.sources.fhir.shelf import Shelf
from worker_collection.sources.fhir.signin import SignIn
from worker_collection.sources.fhir.wire import Gone, Wire

_EMPTY_PAGES = 20
_LOOP, _NO_PAGE = "paging_loop", "not_a_page"  # after these the type is not read to its end
Held = tuple[list[Resource | Removed | Broken], str | None]  # a page, and the address of the one after it


class FhirServer:
    """The resources of one FHIR R4 server; nothing is ever written there."""

    def __init__(self, base: str, mapping: CaseMapping, *, pause: Callable[[float], None]) -> None:
        self._base, self._mapping = base.rstrip("/"), mapping
        open_wire = Wire(pause=pause)
        self._wire = Wire(pause=pause, signin=SignIn(self._base, mapping.fhir, open_wire.ask))

    def test(self) -> Trial:
        """Ask the server what it is, and count its conditions.

        Raises:
            InvalidInputError: it is no FHIR R4 server, or does not let us in.
            PartDownError: it does not answer.
        """
        said = self._capability()
        found = self._wire.ask(f"{self._base}/Condition?{urlencode({'_summary': 'count'})}")
        total = found.get("total") if isinstance(found, Mapping) else None
        return Trial(total if isinstance(total, int) else None, notes=[f"FHIR {said.get('fhirVersion')}"])

    def load(self, mark: Mapping[str, Any], shelf: Shelf) -> Iterator[Page]:
        """Take in what changed since the last time, with an overlap, by the server's own clock.

        The watermark keeps for each type the last change (`since`), and in an open one the page that follows.
        """
        generation, kept = shelf.top() + 1, dict(mark)
        offered = self._offered()
        for kind in (kind for kind in self._mapping.fhir.types if kind in offered):
            whole = True
            for found, place in self._pages(kind, kept, with_history="history-type" in offered[kind]):
                shelf.put((one for one in found if not isinstance(one, Broken)), generation=generation)
                broken: list[Any] = [one for one in found if isinstance(one, Broken)]
                whole = whole and all(one.reason not in (_LOOP, _NO_PAGE) for one in broken)
                kept = {**kept, "page": {"kind": kind, "next": place, "latest": _latest(kept, kind, found)}}
                yield Page(broken, kept)
            latest = _latest(kept, kind, [])
            kept = {name: value for name, value in kept.items() if name != "page"}
            if latest and whole:
                kept["since"] = {**kept.get("since", {}), kind: latest}
            yield Page([], kept)

    def _pages(self, kind: str, mark: Mapping[str, Any], *, with_history: bool) -> Iterator[Held]:
        """Every page of one type, then what was deleted of it."""
        since = instant(mark.get("since", {}).get(kind), UTC)
        query = {"_count": str(self._mapping.fhir.page_size)}
        after = (since - timedelta(seconds=self._mapping.overlap_seconds)).isoformat() if since else ""
        if after:
            query["_lastUpdated"] = f"ge{after}"
        start = f"{self._base}/{kind}?{urlencode(query)}"
        open_page = mark.get("page", {})
        resumed = open_page.get("next") if open_page.get("kind") == kind else None
        try:
            yield from self._followed(resumed or start)
        except Gone:
            # The server forgot the page between two turns: the type begins again, and nothing is double.
            yield from self._followed(start)
        if with_history and after:
            history = urlencode({"_since": after, "_count": query["_count"]})
            for found, _ in self._followed(f"{self._base}/{kind}/_history?{history}"):
                yield [one for one in found if isinstance(one, Removed | Broken)], None

    def _followed(self, address: str) -> Iterator[Held]:
        """Page after page; a server that leads in a circle is followed once around and no further."""
        seen: set[object] = set()
        place: str | None = address
        empty = 0
        while place is not None:
            bundle = self._wire.ask(place)
            if not isinstance(bundle, Mapping) or bundle.get("resourceType") != "Bundle":
                yield [Broken(address, _NO_PAGE)], None  # an OperationOutcome, most likely
                return
            found = list(taken_apart(bundle, urlsplit(place).path.rsplit("/", 1)[-1]))
            content = hash(tuple(map(str, found))) if found else None
            empty = 0 if found else empty + 1
            if place in seen or (found and content in seen) or empty > _EMPTY_PAGES:
                yield [Broken(address, _LOOP)], None
                return
            seen |= {place, content}
            following = self._following(bundle, place)
            yield found, following
            place = following

    def _following(self, bundle: Any, place: str) -> str | None:
        """The address of the next page; the site's token goes to no other server.

        Raises:
            InvalidInputError: the page leads to another server.
        """
        links = listed(bundle.get("link")) if isinstance(bundle, Mapping) else []
        found = next((str(one.get("url")) for one in links if one.get("relation") == "next"), None)
        if found is None:
            return None
        address = urljoin(place, found)
        if not self._wire.is_beside(address, self._base):
            raise InvalidInputError("a page of the server leads to another server", field="url")
        return address

    def _capability(self) -> Mapping[str, Any]:
        said = self._wire.ask(f"{self._base}/metadata")
        if not isinstance(said, Mapping) or said.get("resourceType") != "CapabilityStatement":
            raise InvalidInputError("there is no FHIR server at this address", field="url")
        version = str(said.get("fhirVersion") or "")
        if not version.startswith("4."):
            raise InvalidInputError(f"the server speaks FHIR {version}", field="url", fix="FHIR R4")
        return said

    def _offered(self) -> dict[str, set[str]]:
        """The types that the server has, with what it can do with each."""
        rest = listed(self._capability().get("rest"))
        return {
            str(one.get("type")): {str(act.get("code")) for act in listed(one.get("interaction"))}
            for part in rest
            for one in listed(part.get("resource"))
        }


def _latest(mark: Mapping[str, Any], kind: str, found: list[Any]) -> str | None:
    """The last change of a type so far: before, on the pages of this turn, and among what was found now."""
    open_page = mark.get("page", {})
    known = [
        mark.get("since", {}).get(kind),
        open_page.get("latest") if open_page.get("kind") == kind else None,
    ]
    metas = [listed(one.get("meta")) for one in found if not isinstance(one, Broken | Removed)]
    changes = [instant(meta[0].get("lastUpdated"), UTC) for meta in metas if meta]
    times: list[datetime] = [at for at in (*(instant(one, UTC) for one in known), *changes) if at is not None]
    return max(times).isoformat() if times else None
