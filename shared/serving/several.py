"""Several model servers as one: each request goes to one that answers, and every version is held by all."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from typing import TypeVar

from shared.domain.example import Answer, MaskAnswer, PictureAsk
from shared.errors import NotFoundError, PartDownError
from shared.logs import log
from shared.serving.base import Loaded, ModelServer

AWAY_SECONDS = 2.0  # a server that did not answer is asked last for so long
STAY = 32  # requests for which one of those that are equally free is preferred: its memory is warm

Result = TypeVar("Result")


class SeveralModelServers:
    """Any number of threads may share it. Asked first is who answers and has the fewest of our requests."""

    def __init__(
        self, servers: Mapping[str, ModelServer], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """`servers` by the name that the log knows them by."""
        self._servers, self._monotonic = dict(servers), monotonic
        self._turns = count()
        self._away_until = dict.fromkeys(servers, float("-inf"))
        self._asked = dict.fromkeys(servers, 0)  # how many wait for each at this moment
        self._lock = threading.Lock()

    def load(self, digest: str) -> Loaded:
        """Bring a version into memory everywhere; one that is away loads what serves when it is back.

        Raises:
            PartDownError: none of them answers.
        """
        return self._everywhere(lambda server: server.load(digest))[0]

    def unload(self, digest: str) -> None:
        """Drain and drop one version everywhere."""
        self._everywhere(lambda server: server.unload(digest))

    def loaded(self) -> list[Loaded]:
        """What any of them holds."""
        held = self._everywhere(lambda server: server.loaded())
        return sorted({one for each in held for one in each}, key=lambda one: one.digest)

    def answer(self, digest: str, texts: Sequence[str]) -> list[Answer]:
        """Answers of exactly that version, in order, by the first server that gives them."""
        return self._first(lambda server: server.answer(digest, texts))

    def segment(self, digest: str, ask: PictureAsk) -> list[MaskAnswer]:
        """Masks of exactly that version, one a box, in order, by the first server that gives them."""
        return self._first(lambda server: server.segment(digest, ask))

    def _first(self, ask: Callable[[ModelServer], Result]) -> Result:
        """Ask one after the other; a question may be put twice, since answers change nothing.

        One that was still loading when it was asked may hold the version by the time another has died.

        Raises:
            PartDownError: none of them answers.
            NotFoundError: those that answer do not hold the version.
        """
        missing: NotFoundError | None = None
        down: PartDownError | None = None
        names, lacking = self._in_turn(), list[str]()
        while names:
            name = names.pop(0)
            try:
                with self._asking(name):
                    return ask(self._servers[name])
            except NotFoundError as error:
                missing = error
                lacking.append(name)
            except PartDownError as error:
                self._is_away(name, error)
                down = error
                names, lacking = [*names, *lacking], []
        raise missing or down or _none()

    @contextmanager
    def _asking(self, name: str) -> Iterator[None]:
        """One more waits for this server while the block runs."""
        with self._lock:
            self._asked[name] += 1
        try:
            yield
        finally:
            with self._lock:
                self._asked[name] -= 1

    def _everywhere(self, ask: Callable[[ModelServer], Result]) -> list[Result]:
        found: list[Result] = []
        down: PartDownError | None = None
        for name, server in self._servers.items():
            try:
                found.append(ask(server))
            except PartDownError as error:
                self._is_away(name, error)
                down = error
        if not found:
            raise down or _none()
        return found

    def _in_turn(self) -> list[str]:
        """Every server: first those that answer, of them the least busy, of them another one now and then."""
        names, first, now = list(self._servers), next(self._turns) // STAY, self._monotonic()
        turned = [names[(first + place) % len(names)] for place in range(len(names))]
        return sorted(turned, key=lambda name: (self._away_until[name] > now, self._asked[name]))

    def _is_away(self, name: str, error: PartDownError) -> None:
        log.warning("a model server does not answer", server=name, error=error.code)
        with self._lock:
            self._away_until[name] = self._monotonic() + AWAY_SECONDS


def _none() -> PartDownError:
    return PartDownError("no model server is named", fix="set ROUNDS_MODEL_SERVER_URL")
