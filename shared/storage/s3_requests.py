"""Plain S3 requests, signed by hand: what the self-test asks of a bucket that no store library offers."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from urllib.parse import SplitResult, quote, urlencode, urlsplit

from shared.tls import client_context

TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True)
class Answered:
    """Status, headers (names in lower case) and body of an answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Bucket:
    """One bucket behind an endpoint, with the credentials for it."""

    endpoint: str
    name: str
    region: str
    access_key: str
    secret_key: str
    authority: Path | None = None  # whose certificate an https endpoint shows; else of the machine's list

    def send(  # noqa: PLR0913 - a request has that many parts
        self,
        method: str,
        key: str = "",
        *,
        now: datetime,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Answered:
        """Send one request; every header is signed.

        Raises:
            OSError: the endpoint does not answer.
        """
        address = urlsplit(self.endpoint)
        path = quote(f"{address.path.rstrip('/')}/{self.name}/{key}".rstrip("/") or "/", safe="/-_.~")
        asked = urlencode(sorted((query or {}).items()), quote_via=quote)
        signed = {
            "host": address.netloc,
            "x-amz-date": now.strftime("%Y%m%dT%H%M%SZ"),
            "x-amz-content-sha256": hashlib.sha256(body).hexdigest(),
        } | {name.lower(): value for name, value in (headers or {}).items()}
        signed["authorization"] = self._signature(method, path, query=asked, headers=signed)
        connection = self._connection(address)
        try:
            connection.request(method, f"{path}?{asked}" if asked else path, body=body, headers=signed)
            answer = connection.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return Answered(answer.status, named, answer.read())
        finally:
            connection.close()

    def _connection(self, address: SplitResult) -> HTTPConnection:
        if address.scheme != "https":
            return HTTPConnection(address.netloc, timeout=TIMEOUT_SECONDS)
        tls = client_context(self.authority)
        return HTTPSConnection(address.netloc, timeout=TIMEOUT_SECONDS, context=tls)

    def _signature(self, method: str, path: str, *, query: str, headers: Mapping[str, str]) -> str:
        """The value of `Authorization`. Source: AWS Signature Version 4, single chunk."""
        names = ";".join(sorted(headers))
        told = "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(headers))
        request = "\n".join([method, path, query, told, names, headers["x-amz-content-sha256"]])
        day = headers["x-amz-date"][:8]
        scope = f"{day}/{self.region}/s3/aws4_request"
        digest = hashlib.sha256(request.encode()).hexdigest()
        to_sign = "\n".join(["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, digest])
        key = f"AWS4{self.secret_key}".encode()
        for part in (day, self.region, "s3", "aws4_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
        who = f"Credential={self.access_key}/{scope}"
        return f"AWS4-HMAC-SHA256 {who}, SignedHeaders={names}, Signature={signature}"
