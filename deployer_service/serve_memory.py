"""The versions that the model server holds: loaded once, asked in fair order, dropped when drained."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from queue import PriorityQueue
from typing import Any, TypeVar

from numpy.typing import NDArray

from shared.backends.base import Box, Scorer, Segmented, Segmenter
from shared.domain.example import Answer
from shared.errors import ConflictError, Error, InvalidInputError, NotFoundError, PartDownError
from shared.serving.base import LIVE_TEXTS, Loaded, patience_seconds, picture_seconds

DRAIN_SECONDS = 60.0
LONGEST_QUEUE = 10_000
LATER = 32

Bring = Callable[[str], Scorer]
Result = TypeVar("Result")


@dataclass
class _Held:
    """A version in memory and how many requests are still on it."""

    scorer: Scorer
    fingerprint: str
    in_flight: int = 0


@dataclass(order=True)
class _Wish:
    """One piece of work. One of a long request lets the next `LATER` that people wait for go first."""

    turn: int
    number: int
    work: Callable[[], Any] = field(compare=False)
    answer: "Future[Any]" = field(compare=False)


class _Lane:
    """One thread that does one piece of work after the other."""

    def __init__(self, name: str) -> None:
        self._wishes: PriorityQueue[_Wish] = PriorityQueue()
        self._numbers = count()
        threading.Thread(target=self._compute, name=name, daemon=True).start()

    def waiting(self) -> int:
        """How many pieces wait for their turn."""
        return self._wishes.qsize()

    def do(self, works: Sequence[Callable[[], Result]], *, behind: int, seconds: float) -> list[Result]:
        """All results or none: what nobody waits for any more is not computed."""
        numbers = [next(self._numbers) for _ in works]
        wishes = [
            _Wish(number + behind, number, work, Future())
            for number, work in zip(numbers, works, strict=True)
        ]
        for wish in wishes:
            self._wishes.put(wish)
        _, late = wait([wish.answer for wish in wishes], seconds)
        for answer in late:
            answer.cancel()
        if late:
            raise PartDownError("the model server is too busy to answer in time", fix="try again later")
        return [wish.answer.result() for wish in wishes]

    def _compute(self) -> None:
        """Work for ever. An answer that fails fails its request alone."""
        while True:
            wish = self._wishes.get()
            if not wish.answer.set_running_or_notify_cancel():
                continue
            try:
                wish.answer.set_result(wish.work())
            except (Error, RuntimeError, ValueError) as error:
                wish.answer.set_exception(error)


class Memory:
    """All versions of one process. One thread computes texts and one pictures, which take seconds each.

    Nothing here touches the database.
    """

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
        self._texts, self._pictures = _Lane("compute"), _Lane("pictures")

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

    def prove(self) -> list[str]:
        """Put the fixed probes to every version again; one that answers otherwise than before is dropped.

        Returns:
            The digests that were dropped: from now on others answer for them.
        """
        dropped = []
        for digest in [one.digest for one in self.loaded()]:
            try:
                with self._entered(digest, self._texts) as scorer:
                    seconds = self._patience(LATER)
                    said = self._texts.do([scorer.fingerprint], behind=LATER, seconds=seconds)[0]
            except (NotFoundError, PartDownError):
                continue  # unloaded meanwhile, or too busy now: the next hour asks again
            with self._changed:
                held = self._held.get(digest)
                if held is not None and held.scorer is scorer and said != held.fingerprint:
                    del self._held[digest]
                    dropped.append(digest)
        return dropped

    def loaded(self) -> list[Loaded]:
        """What is in memory, by digest."""
        with self._changed:
            return [Loaded(digest, held.fingerprint) for digest, held in sorted(self._held.items())]

    def waiting(self) -> int:
        """How many texts wait for their turn."""
        return self._texts.waiting()

    def answer(self, digest: str, texts: Sequence[str]) -> list[Answer]:
        """Answers of exactly that version, in order.

        Raises:
            NotFoundError: the version is not in memory.
            PartDownError: too much waits already.
        """
        behind = 0 if len(texts) <= LIVE_TEXTS else LATER
        with self._entered(digest, self._texts) as scorer:
            works = [partial(_answer, scorer, text) for text in texts]
            return self._texts.do(works, behind=behind, seconds=self._patience(len(texts)))

    def segment(
        self, digest: str, pixels: NDArray[Any], boxes: Sequence[Box | None], *, untrained: bool = False
    ) -> tuple[str, list[Segmented]]:
        """What exactly that version says of a picture: its label and one mask a box, in order.

        Raises:
            NotFoundError: the version is not in memory.
            PartDownError: too much waits already.
            InvalidInputError: the version answers texts, or the picture or a box is none.
        """
        with self._entered(digest, self._pictures) as scorer:
            if not isinstance(scorer, Segmenter):
                raise InvalidInputError("the version answers texts, not pictures", field="image")
            work = partial(scorer.segment, pixels, boxes, untrained=untrained)
            seconds = picture_seconds(len(boxes))
            return scorer.labels[0], self._pictures.do([work], behind=0, seconds=seconds)[0]

    @contextmanager
    def _entered(self, digest: str, lane: _Lane) -> Iterator[Scorer]:
        """The version, which is not dropped while the block runs."""
        held = self._enter(digest, lane)
        try:
            yield held.scorer
        finally:
            with self._changed:
                held.in_flight -= 1
                self._changed.notify_all()

    def _enter(self, digest: str, lane: _Lane) -> _Held:
        if lane.waiting() > LONGEST_QUEUE:
            raise PartDownError("the model server has too much to answer", fix="try again later")
        with self._changed:
            held = self._held.get(digest)
            if held is None:
                raise NotFoundError("the version is not in memory", field="digest", fix="load it first")
            held.in_flight += 1
            return held


def _answer(scorer: Scorer, text: str) -> Answer:
    return scorer.answer([text])[0]
