"""The clinic's app while the site is upgraded: it asks all the time, through doors that open and close."""

import http.client
import json
import threading
import time
from collections.abc import Sequence
from typing import Any

BASE = "/api/phase-7"
CONNECT_SECONDS, PATIENCE_SECONDS = 2.0, 20.0
PAUSE_SECONDS = 0.02
PREDICT = {"model_type": "diagnosis", "text": "Complaints: wheeze 2 days.\nNotes: tight chest."}


class Doors:
    """The addresses behind one name, as a load balancer has them.

    Where no connection comes about there was no request: the next door gets it, as any balancer does.
    Whatever breaks after that is a failure.
    """

    def __init__(self, key: str) -> None:
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._open: tuple[str, ...] = ()
        self._turn = 0

    def set_open(self, addresses: Sequence[str]) -> None:
        """Send whatever comes from now on there."""
        self._open = tuple(addresses)

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """One request; status and JSON."""
        doors = self._open
        self._turn += 1
        for place in range(len(doors)):
            door = doors[(self._turn + place) % len(doors)]
            connection = http.client.HTTPConnection(door, timeout=CONNECT_SECONDS)
            try:
                connection.connect()
            except (ConnectionRefusedError, TimeoutError):
                continue
            connection.sock.settimeout(PATIENCE_SECONDS)
            data = None if body is None else json.dumps(body).encode()
            connection.request(method, BASE + path, data, self._headers)
            answer = connection.getresponse()
            found = json.loads(answer.read() or b"null")
            connection.close()
            return answer.status, found
        raise ConnectionError("no door is open")


class Callers:
    """Threads that ask until the block ends; `failures` says what was not answered, and why."""

    def __init__(self, doors: Doors, count: int = 3) -> None:
        self.asked, self.failures = 0, list[str]()
        self._doors, self._over, self._lock = doors, threading.Event(), threading.Lock()
        self._threads = [threading.Thread(target=self._ask, args=(number,)) for number in range(count)]

    def __enter__(self) -> "Callers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, number: int) -> None:
        turn = 0
        while not self._over.is_set():
            turn += 1
            wish = PREDICT | {"person": f"p-{number}-{turn % 50}", "encounter": f"e-{number}-{turn}"}
            for method, path, body in (
                ("POST", "/predict", wish),
                ("GET", "/models/current?model_type=diagnosis", None),
                ("GET", "/training/jobs", None),
            ):
                self._count(method, path, body)
            time.sleep(PAUSE_SECONDS)

    def _count(self, method: str, path: str, body: object) -> None:
        try:
            status, answer = self._doors.ask(method, path, body)
            why = "" if status < 400 else f"{status} {answer}"
        except (OSError, http.client.HTTPException, ValueError) as error:
            why = f"{type(error).__name__} {error}"
        with self._lock:
            self.asked += 1
            if why:
                self.failures.append(f"{method} {path}: {why}")
