"""The versions that the model server holds: loaded once, asked in fair order, dropped when drained."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from itertools import count
from queue import PriorityQueue

from shared.backends.base import Scorer
from shared.domain.example import Answer
from shared.errors import ConflictError, Error, NotFoundError, PartDownError
from shared.serving.base import LIVE_TEXTS, Loaded, patience_seconds

DRAIN_SECONDS = 60.0
LONGEST_QUEUE = 10_000
LATER = 32

Bring = Callable[[str], Scorer]


@dataclass
class _Held:
    """A version in memory and how many requests are still on it."""

    scorer: Scorer
    fingerprint: str
    in_flight: int = 0


@dataclass(order=True)
class _Wish:
    """One text to answer. One of a long request lets the next `LATER` texts that people wait for go first."""

    turn: int
    number: int
    scorer: Scorer = field(compare=False)
    text: str = field(compare=False)
    answer: "Future[Answer]" = field(compare=False)


class Memory:
    """All versions of one process. One thread computes; nothing here touches the database."""

    def __init__(self, bring: Bring, *, patience: Callable[[int], float] = patience_seconds) -> None:
        """Make an empty one.

        Args:
            bring: reads and proves one version by its digest; it may raise what `load` raises.
            patience: how many seconds a request of so many texts may take; a client waits a little longer.
        """
        self._bring, self._patience = bring, patience
        self._held: dict[str, _Held] = {}
        self._changed = threading.Condition()
        self._loading = threading.Lock()
        self._wishes: PriorityQueue[_Wish] = PriorityQueue()
        self._numbers = count()
        threading.Thread(target=self._compute, name="compute", daemon=True).start()

    def load(self, digest: str) -> Loaded:
        """Bring one version into memory; one that is there answers at once, and of two loaders one works.

        Raises:
            NotFoundError: the registry or the store knows no such version.
            InvalidInputError: its bytes, its base or its answers are not the recorded ones.
        """
        with self._loading:
            held = self._held.get(digest)
            if held is None:
                scorer = self._bring(digest)
                held = _Held(scorer, scorer.fingerprint())
                with self._changed:
                    self._held[digest] = held
        return Loaded(digest, held.fingerprint)

    def unload(self, digest: str) -> None:
        """Take no further request for the version, wait for those under way, and forget it.

        Raises:
            ConflictError: requests are still under way after a minute; when they end, it is gone.
        """
        with self._changed:
            held = self._held.pop(digest, None)
            if held is None:
                return
            if not self._changed.wait_for(lambda: held.in_flight == 0, DRAIN_SECONDS):
                raise ConflictError("the version still answers requests", field="digest", fix="try again")

    def loaded(self) -> list[Loaded]:
        """What is in memory, by digest."""
        with self._changed:
            return [Loaded(digest, held.fingerprint) for digest, held in sorted(self._held.items())]

    def waiting(self) -> int:
        """How many texts wait for their turn."""
        return self._wishes.qsize()

    def answer(self, digest: str, texts: Sequence[str]) -> list[Answer]:
        """Answers of exactly that version, in order.

        Raises:
            NotFoundError: the version is not in memory.
            PartDownError: too much waits already.
        """
        held = self._enter(digest)
        try:
            return self._answers(held.scorer, texts)
        finally:
            with self._changed:
                held.in_flight -= 1
                self._changed.notify_all()

    def _answers(self, scorer: Scorer, texts: Sequence[str]) -> list[Answer]:
        """All answers or none: what nobody waits for any more is not computed."""
        behind = 0 if len(texts) <= LIVE_TEXTS else LATER
        numbers = [next(self._numbers) for _ in texts]
        wishes = [
            _Wish(number + behind, number, scorer, text, Future())
            for number, text in zip(numbers, texts, strict=True)
        ]
        for wish in wishes:
            self._wishes.put(wish)
        _, late = wait([wish.answer for wish in wishes], self._patience(len(texts)))
        for answer in late:
            answer.cancel()
        if late:
            raise PartDownError("the model server is too busy to answer in time", fix="try again later")
        return [wish.answer.result() for wish in wishes]

    def _enter(self, digest: str) -> _Held:
        if self.waiting() > LONGEST_QUEUE:
            raise PartDownError("the model server has too much to answer", fix="try again later")
        with self._changed:
            held = self._held.get(digest)
            if held is None:
                raise NotFoundError("the version is not in memory", field="digest", fix="load it first")
            held.in_flight += 1
            return held

    def _compute(self) -> None:
        """Answer one text after the other, for ever. An answer that fails fails its request alone."""
        while True:
            wish = self._wishes.get()
            if not wish.answer.set_running_or_notify_cancel():
                continue
            try:
                wish.answer.set_result(wish.scorer.answer([wish.text])[0])
            except (Error, RuntimeError, ValueError) as error:
                wish.answer.set_exception(error)
