"""Clients that ask `/predict` as an app of the clinic does, and what they were told."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count

from bench.serving_world.site import APIS, Site
from bench.serving_world.versions import TEXTS
from shared.errors import PartDownError

CLIENTS, PERSONS = 8, 400
ANSWER_SECONDS = 15.0
PREDICT = "/api/phase-7/predict"
_numbers = count(1)


@dataclass(frozen=True)
class Told:
    """One request and its answer; times are of the monotonic clock, status 0 is no answer at all."""

    sent: float
    got: float
    status: int
    text: str
    digest: str = ""
    plan: int = 0
    label: str = ""
    confidence: float = 0.0
    prediction_id: str = ""
    why: str = ""  # it failed

    @property
    def ms(self) -> float:
        """How long it took."""
        return 1000 * (self.got - self.sent)


class Client:
    """One app on one kept connection; not to be shared between threads."""

    def __init__(self, site: Site, api: str) -> None:
        self._address = site.binds[api]
        self._headers = {"Authorization": f"Bearer {site.key}", "Content-Type": "application/json"}
        self._connection: http.client.HTTPConnection | None = None

    def ask(self) -> Told:
        """One prediction for the next person."""
        number = next(_numbers)
        text = TEXTS[number % len(TEXTS)]
        wish = {"person": f"p-{number % PERSONS}", "encounter": f"e-{number}", "text": text}
        sent = time.monotonic()
        status, body = self.post(PREDICT, wish)
        got = time.monotonic()
        if status != 200:
            return Told(sent, got, status, text, why=str(body.get("detail", "")))
        return Told(
            sent,
            got,
            status,
            text,
            digest=body["digest"],
            plan=body["plan_version"],
            label=body["label"],
            confidence=body["confidence"],
            prediction_id=body["prediction_id"],
        )

    def post(self, path: str, wish: dict[str, object]) -> tuple[int, dict[str, object]]:
        """One exchange; status 0 where the connection broke."""
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection(self._address, timeout=ANSWER_SECONDS)
                self._connection.connect()
            self._connection.request("POST", path, json.dumps(wish), self._headers)
            response = self._connection.getresponse()
            return response.status, json.loads(response.read())
        except (OSError, http.client.HTTPException):
            self._connection = None
            return 0, {}


class Load:
    """Requests from several clients, spread over the API processes; as fast as they go, or at a rate."""

    def __init__(self, site: Site, *, rate: float | None = None, clients: int = CLIENTS) -> None:
        self._rate, self._stop = rate, threading.Event()
        self._began, self._sent = time.monotonic(), count()
        self.told: list[Told] = []
        self._clients = [Client(site, APIS[place % len(APIS)]) for place in range(clients)]
        self._pool = ThreadPoolExecutor(clients)

    def __enter__(self) -> "Load":
        self._began = time.monotonic()
        self._running = [self._pool.submit(self._run, client) for client in self._clients]
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for one in self._running:
            one.result()
        self._pool.shutdown()

    def _run(self, client: Client) -> None:
        while not self._stop.is_set():
            if self._rate is not None:
                self._stop.wait(max(self._began + next(self._sent) / self._rate - time.monotonic(), 0))
            self.told.append(client.ask())


def asked(site: Site, seconds: float, *, rate: float | None = None, clients: int = CLIENTS) -> list[Told]:
    """What so many seconds of load were told.

    Raises:
        PartDownError: something was not answered.
    """
    with Load(site, rate=rate, clients=clients) as load:
        time.sleep(seconds)
    failed = [one for one in load.told if one.status != 200]
    if failed:
        raise PartDownError(f"{len(failed)} of {len(load.told)} requests failed, one with {failed[0].status}")
    return load.told


def rate_of(told: Sequence[Told]) -> float:
    """Answers a second."""
    return len(told) / (max(one.got for one in told) - min(one.sent for one in told))


def share_below(values: Sequence[float], share: float) -> float:
    """The value below which this share of them lies; 0 of none."""
    ranked = sorted(values)
    return ranked[min(int(share * len(ranked)), len(ranked) - 1)] if ranked else 0.0


def timed(do: Callable[[], object]) -> float:
    """Milliseconds that it takes."""
    began = time.perf_counter()
    do()
    return 1000 * (time.perf_counter() - began)
