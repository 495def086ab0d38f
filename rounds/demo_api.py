"""The demo's way in: the public HTTP API over kept-alive connections, nothing else."""

import json
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException
from typing import Any, TypeVar
from urllib.parse import urlsplit

BASE = "/api/phase-7"
THREADS = 4
PATIENCE_SECONDS = 30.0
T = TypeVar("T")
TRY_AGAIN = (429, 503)  # the API did nothing and says that it may later
PAUSES_SECONDS = (1, 2, 4)


class RefusedError(Exception):
    """The API said no."""

    def __init__(self, method: str, path: str, *, status: int, detail: str) -> None:
        super().__init__(f"{method} {path}: {status}, {detail}")
        self.status = status


class Door:
    """One key's view of the API; every thread has a connection of its own."""

    def __init__(self, api: str, key: str) -> None:
        self._place = urlsplit(api).netloc
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._local = threading.local()
        self._threads = ThreadPoolExecutor(THREADS)

    def get(self, path: str) -> Any:
        """The answer of a GET."""
        return self._ask("GET", path, None)

    def post(self, path: str, body: object) -> Any:
        """The answer of a POST."""
        return self._ask("POST", path, json.dumps(body).encode())

    def at_once(self, act: Callable[[T], Any], things: Iterable[T]) -> list[Any]:
        """Do it for all of them, several at a time; answers in order."""
        return list(self._threads.map(act, things))

    def _ask(self, method: str, path: str, body: bytes | None) -> Any:
        status, answer = self._sent(method, path, body)
        for pause_seconds in PAUSES_SECONDS:
            if status not in TRY_AGAIN:
                break
            time.sleep(pause_seconds)
            status, answer = self._sent(method, path, body)
        if status >= 400:
            told = answer if isinstance(answer, dict) else {}
            raise RefusedError(method, path, status=status, detail=told.get("detail", "no reason given"))
        return answer

    def _sent(self, method: str, path: str, body: bytes | None) -> tuple[int, Any]:
        try:
            return self._send(method, path, body)
        except (HTTPException, OSError):  # a kept-alive connection that the server closed meanwhile
            self._local.connection = None
            return self._send(method, path, body)

    def _send(self, method: str, path: str, body: bytes | None) -> tuple[int, Any]:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = HTTPConnection(self._place, timeout=PATIENCE_SECONDS)
        connection.request(method, BASE + path, body, self._headers)
        response = connection.getresponse()
        raw = response.read()
        return response.status, json.loads(raw or b"null")
