"""Bulk Data: a server is asked for an export, waited for, read file by file, and told to forget it."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from http.client import HTTPException, HTTPResponse
from itertools import islice
from typing import Any
from urllib.parse import urlencode, urljoin

from shared.errors import InvalidInputError, PartDownError
from worker_collection.mapping import CaseMapping
from worker_collection.sources.base import Broken, Page, Trial
from worker_collection.sources.fhir.bundles import taken_apart
from worker_collection.sources.fhir.references import listed
from worker_collection.sources.fhir.server import FhirServer
from worker_collection.sources.fhir.shelf import Shelf
from worker_collection.sources.fhir.signin import SignIn
from worker_collection.sources.fhir.wire import Gone, Wire, bounded, waiting

_BATCH = 500
_LONGEST_SECONDS = 6 * 3600.0  # that an export is waited for
_LONGEST_LINE = 64 * 2**20  # bytes: a note of many megabytes stands in one line
_KICK_OFF = {"Prefer": "respond-async", "Accept": "application/fhir+json"}


class FhirBulk:
    """A server that gives its resources as exports, of the whole system, of all patients or of a group."""

    def __init__(self, base: str, mapping: CaseMapping, *, pause: Callable[[float], None]) -> None:
        self._base, self._mapping, self._pause = base.rstrip("/"), mapping, pause
        open_wire = Wire(pause=pause)
        self._signed = Wire(pause=pause, signin=SignIn(self._base, mapping.fhir, open_wire.ask))
        self._open = open_wire
        self._server = FhirServer(base, mapping, pause=pause)

    def test(self) -> Trial:
        """Reach the server; nothing is exported for it."""
        return self._server.test()

    def load(self, mark: Mapping[str, Any], shelf: Shelf) -> Iterator[Page]:
        """Take in an export of what changed since the last one.

        The watermark keeps the address of an open export (`export`) with the files that are read (`read`), so
        that it is not asked for again, and the transaction time of the last whole one (`exported`).
        """
        generation = shelf.top() + 1
        kept = dict(mark) if "export" in mark else {**mark, "export": self._begun(mark), "read": []}
        yield Page([], kept, is_step=True)  # remembered before it is waited for
        try:
            manifest = self._awaited(str(kept["export"]))
        except Gone:  # the server forgot it between two turns
            kept = {**kept, "export": self._begun(mark), "read": []}
            manifest = self._awaited(str(kept["export"]))
        for file in [*listed(manifest.get("output")), *listed(manifest.get("deleted"))]:
            url = urljoin(self._base + "/", str(file.get("url")))
            if url in kept["read"]:
                continue
            for broken in self._taken_in(url, manifest, shelf, generation=generation):
                yield Page(broken, kept)
            kept = {**kept, "read": [*kept["read"], url]}
            yield Page([], kept)
        wrong: list[Any] = [Broken("export", "export_error") for _ in listed(manifest.get("error"))]
        with suppress(InvalidInputError, PartDownError, Gone):  # it runs out by itself
            self._signed.send(str(kept["export"]), method="DELETE").close()
        kept = {name: value for name, value in kept.items() if name not in ("export", "read")}
        at = manifest.get("transactionTime")
        yield Page(wrong, {**kept, "exported": at} if isinstance(at, str) else kept)

    def _begun(self, mark: Mapping[str, Any]) -> str:
        """Ask for an export; the address at which it can be asked after."""
        terms = self._mapping.fhir
        query = {"_type": ",".join(terms.types), "_outputFormat": "application/fhir+ndjson"}
        query |= {"_since": str(mark["exported"])} if mark.get("exported") else {}
        of = {"system": "", "patient": "Patient/"}.get(terms.bulk, f"Group/{terms.bulk.partition('/')[2]}/")
        with self._signed.send(f"{self._base}/{of}$export?{urlencode(query)}", more=_KICK_OFF) as answer:
            place = answer.headers.get("Content-Location")
        if not place:
            raise InvalidInputError("the server began no export", field="url", fix="does it do Bulk Data?")
        return self._beside(urljoin(self._base + "/", place))

    def _awaited(self, place: str) -> Mapping[str, Any]:
        """The manifest, once the export is made; asked for as seldom as the server wants."""
        waited, attempt = 0.0, 0
        while waited < _LONGEST_SECONDS:
            with self._signed.send(place) as answer:
                if answer.status != 202:
                    return self._manifest(bounded(answer))
                wait = max(1.0, waiting(answer.headers, min(attempt, 6)))
            self._pause(wait)
            waited, attempt = waited + wait, attempt + 1
        raise PartDownError("the server does not end its export", fix="ask whoever runs it")

    def _manifest(self, raw: bytes) -> Mapping[str, Any]:
        with suppress(ValueError):
            found = json.loads(raw)
            if isinstance(found, Mapping) and "output" in found:
                return found
        raise PartDownError("the server's export has no manifest", fix="ask whoever runs it")

    def _taken_in(
        self, url: str, manifest: Mapping[str, Any], shelf: Shelf, *, generation: int
    ) -> Iterator[list[Any]]:
        """Put one file on the shelf; what is broken in it. A file elsewhere is fetched without the token."""
        signed = bool(manifest.get("requiresAccessToken")) and self._signed.is_beside(url, self._base)
        wire = self._signed if signed else self._open
        with wire.send(url, more={"Accept": "application/fhir+ndjson"}) as answer:
            lines = (found for raw in _lines(answer) for found in _read(raw))
            while batch := list(islice(lines, _BATCH)):
                shelf.put((one for one in batch if not isinstance(one, Broken)), generation=generation)
                yield [one for one in batch if isinstance(one, Broken)]

    def _beside(self, url: str) -> str:
        if not self._signed.is_beside(url, self._base):
            raise InvalidInputError("the server's export is on another server", field="url")
        return url


def _lines(answer: HTTPResponse) -> Iterator[bytes]:
    """The lines of a file that is still coming.

    Raises:
        PartDownError: it broke off; what came stands, and the file is read again another time.
    """
    try:
        while raw := answer.readline(_LONGEST_LINE):
            yield raw
        whole = not answer.length
    except (HTTPException, OSError):
        whole = False
    if not whole:
        raise PartDownError("a file of the export broke off", fix="collect again: it goes on with this file")


def _read(raw: bytes) -> Iterator[Any]:
    if not raw.strip():
        return
    try:
        found = list(taken_apart(json.loads(raw), "export"))
    except (ValueError, RecursionError):
        found = [Broken("export", "broken_line")]
    yield from (one for one in found if not _is_outcome(one))


def _is_outcome(one: Any) -> bool:
    return isinstance(one, Mapping) and one.get("resourceType") == "OperationOutcome"
