"""Our own model server over HTTP: kept connections, short time-outs, no torch."""

import http.client
import json
from collections.abc import Mapping, Sequence
from queue import Empty, LifoQueue
from ssl import SSLContext
from typing import Any
from urllib.parse import urlsplit

from shared.domain.example import Answer, MaskAnswer, PictureAsk
from shared.errors import PartDownError
from shared.serving.base import Loaded, patience_seconds, picture_seconds
from shared.serving.wire import ask_json, read_answer, read_error, read_mask

CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 10.0
SLACK_SECONDS = 2.0  # more than the server takes, so that it says itself that it is too busy
LOAD_SECONDS = 120.0


class LocalModelServer:
    """A client that any number of threads may share."""

    def __init__(self, url: str, token: str, tls: SSLContext | None = None) -> None:
        self._address, self._tls = urlsplit(url).netloc, tls
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._idle: LifoQueue[http.client.HTTPConnection] = LifoQueue()

    def load(self, digest: str) -> Loaded:
        """Bring one version into memory; a version that is there already answers at once."""
        body = self._call("POST", "/load", {"digest": digest}, seconds=LOAD_SECONDS)
        return Loaded(body["digest"], body["fingerprint"])

    def unload(self, digest: str) -> None:
        """Drain and drop one version."""
        self._call("POST", "/unload", {"digest": digest}, seconds=LOAD_SECONDS)

    def loaded(self) -> list[Loaded]:
        """What is in memory now."""
        body = self._call("GET", "/loaded", None, seconds=ANSWER_SECONDS)
        return [Loaded(one["digest"], one["fingerprint"]) for one in body["loaded"]]

    def answer(self, digest: str, texts: Sequence[str]) -> list[Answer]:
        """Answers of exactly that version, in order."""
        wish = {"digest": digest, "texts": list(texts)}
        seconds = patience_seconds(len(texts)) + SLACK_SECONDS
        body = self._call("POST", "/answer", wish, seconds=seconds)
        return [read_answer(one) for one in body["answers"]]

    def segment(self, digest: str, ask: PictureAsk) -> list[MaskAnswer]:
        """Masks of exactly that version, one a box, in order."""
        wish = {"digest": digest, **ask_json(ask)}
        body = self._call("POST", "/segment", wish, seconds=picture_seconds(len(ask.boxes)) + SLACK_SECONDS)
        return [read_mask(one) for one in body["masks"]]

    def health(self) -> dict[str, Any]:
        """How the server says it is; it answers without the token, too."""
        return self._call("GET", "/health", None, seconds=CONNECT_SECONDS)

    def _call(
        self, method: str, path: str, body: Mapping[str, Any] | None, *, seconds: float
    ) -> dict[str, Any]:
        """One exchange. A kept connection that the server has closed meanwhile is replaced once.

        Raises:
            PartDownError: the server does not answer in time.
        """
        data = None if body is None else json.dumps(body).encode()
        connection, kept = self._take()
        try:
            status, answer = self._exchange(connection, (method, path, data), seconds)
        except (ConnectionError, http.client.BadStatusLine):
            connection.close()
            if not kept:
                raise _down() from None
            status, answer = self._second_try((method, path, data), seconds)
        except (OSError, http.client.HTTPException):
            connection.close()
            raise _down() from None
        if status >= 400:
            raise read_error(status, answer)
        return answer

    def _second_try(self, wish: tuple[str, str, bytes | None], seconds: float) -> tuple[int, dict[str, Any]]:
        connection = self._connection()
        try:
            return self._exchange(connection, wish, seconds)
        except (OSError, http.client.HTTPException):
            connection.close()
            raise _down() from None

    def _exchange(
        self, connection: http.client.HTTPConnection, wish: tuple[str, str, bytes | None], seconds: float
    ) -> tuple[int, dict[str, Any]]:
        method, path, data = wish
        if connection.sock is None:
            connection.connect()  # sets TCP_NODELAY
        connection.sock.settimeout(seconds)
        connection.request(method, path, data, self._headers)
        response = connection.getresponse()
        body: dict[str, Any] = json.loads(response.read())
        self._idle.put(connection)
        return response.status, body

    def _take(self) -> tuple[http.client.HTTPConnection, bool]:
        """An idle connection, or a fresh one; and whether it was kept."""
        try:
            return self._idle.get_nowait(), True
        except Empty:
            return self._connection(), False

    def _connection(self) -> http.client.HTTPConnection:
        if self._tls is None:
            return http.client.HTTPConnection(self._address, timeout=CONNECT_SECONDS)
        return http.client.HTTPSConnection(self._address, timeout=CONNECT_SECONDS, context=self._tls)


def _down() -> PartDownError:
    return PartDownError("the model server does not answer", fix="`rounds status` says how it is")
