"""Requests to a clinic's server: bounded in time and number, patient when it is busy, never led astray."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPResponse
from types import MappingProxyType
from typing import Any, Protocol
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from shared.errors import InvalidInputError, NotFoundError, PartDownError

_TIMEOUT_SECONDS = 60
MOST_BYTES = 64 << 20
EMPTY: Mapping[str, str] = MappingProxyType({})
_TRIES, _LONGEST_WAIT_SECONDS = 5, 120.0
_BUSY = (408, 429, 500, 502, 503, 504)


class Gone(NotFoundError):  # noqa: N818 - an answer, not a failure
    """What was asked for is not there, or not there any more."""


class _Stays(HTTPRedirectHandler):
    """Follows no redirect: the site's token goes where the site sent it."""

    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        """No redirect is followed."""


class TokenSource(Protocol):
    """Who signs requests in."""

    def headers(self) -> dict[str, str]:
        """What a request carries."""

    def forget(self) -> None:
        """The last token was not taken."""


class Wire:
    """Asks for JSON, with the token of the site where one is needed."""

    def __init__(self, *, pause: Callable[[float], None], signin: TokenSource | None = None) -> None:
        self.pause, self._signin = pause, signin
        self._opener = build_opener(_Stays)

    def ask(self, url: str, *, body: bytes | None = None) -> Any:
        """The answer of a server, which may be asked again while it is busy.

        Raises:
            Gone: there is nothing at the address.
            InvalidInputError: the server does not want to answer this.
            PartDownError: it does not answer at all, or not in JSON.
        """
        try:
            with self.send(url, body=body) as answer:
                return json.loads(bounded(answer))
        except ValueError:
            raise PartDownError("the source does not answer in JSON", fix="check its address") from None

    def send(
        self,
        url: str,
        *,
        body: bytes | None = None,
        method: str | None = None,
        more: Mapping[str, str] = EMPTY,
    ) -> HTTPResponse:
        """The open answer of a server; close it.

        Args:
            url: the address.
            body: a form, for a POST.
            method: another method than GET and POST.
            more: headers beside those of every request.

        Raises:
            Gone: there is nothing at the address.
            InvalidInputError: the server does not want to answer this.
            PartDownError: it does not answer at all.
        """
        if urlsplit(url).scheme not in ("http", "https"):
            raise InvalidInputError("the address is not one of a web server", field="url")
        for attempt in range(_TRIES):
            try:
                return self._once(url, body, method=method, more=more)
            except HTTPError as error:
                wait = self._refused(error, attempt)
            except (URLError, HTTPException, TimeoutError, ConnectionError):
                wait = float(2**attempt)
            if attempt + 1 < _TRIES:
                self.pause(wait)
        raise PartDownError("the source does not answer", fix="check its address and that it runs")

    def is_beside(self, url: str, base: str) -> bool:
        """Whether an address is on the very same server."""
        theirs, ours = urlsplit(url), urlsplit(base)
        return (theirs.scheme, theirs.netloc) == (ours.scheme, ours.netloc)

    def _once(
        self, url: str, body: bytes | None, *, method: str | None, more: Mapping[str, str]
    ) -> HTTPResponse:
        headers = {"Accept": "application/fhir+json, application/json"} | dict(more)
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        headers |= self._signin.headers() if self._signin else {}
        request = Request(url, data=body, headers=headers, method=method)  # noqa: S310 - the scheme was checked
        answer: HTTPResponse = self._opener.open(request, timeout=_TIMEOUT_SECONDS)
        return answer

    def _refused(self, error: HTTPError, attempt: int) -> float:
        """How long to wait before asking again; what a refusal says may name a patient: it is not told."""
        if error.code in _BUSY:
            return waiting(error.headers, attempt)
        if error.code == 401 and self._signin is not None and attempt == 0:
            self._signin.forget()
            return 0.0
        if error.code in (404, 410):
            raise Gone("the server has nothing at this address", field="url") from None
        raise InvalidInputError(
            f"the server refused a question with status {error.code}", field="url", fix="check its rights"
        ) from None


def bounded(answer: HTTPResponse) -> bytes:
    """The whole of an answer; one that does not end is given up.

    Raises:
        PartDownError: it is larger than any page of records.
    """
    body = answer.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise PartDownError(
            f"the source answers with more than {MOST_BYTES >> 20} MB", fix="ask it for smaller pages"
        )
    return body


def waiting(headers: Message, attempt: int) -> float:
    """The seconds of Retry-After, or of the date it names; twice as long each time where it is absent."""
    written = str(headers.get("Retry-After") or "").strip()
    seconds = float(2**attempt)
    if written.isdecimal():
        seconds = float(written)
    elif written:
        with suppress(TypeError, ValueError):
            # The server's date is real time, whatever clock the site plays.
            seconds = (parsedate_to_datetime(written) - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), _LONGEST_WAIT_SECONDS)
