"""The versions that the model server holds: loaded once, asked in fair order, dropped when drained."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from numpy.typing import NDArray

from deployer_service.aside import Aside
from deployer_service.lanes import WORK_BATCH, Courtesy, Lane
from shared.backends.base import Box, Scorer, Segmented, Segmenter
from shared.domain.example import Answer
from shared.errors import ConflictError, InvalidInputError, NotFoundError, PartDownError
from shared.serving.base import LIVE_TEXTS, Loaded, patience_seconds, picture_seconds

DRAIN_SECONDS = 60.0

Bring = Callable[[str], Scorer]


@dataclass
class _Held:
    """A version in memory, its two lanes, and how many requests are still on it.

    `answer` is one object for the life of the version: texts that wait together are answered together.
    """

    scorer: Scorer
    fingerprint: str
    live: Lane
    work: Lane
    in_flight: int = 0
    gone: bool = False
    answer: Callable[[list[str]], Sequence[Answer]] = field(init=False)

    def __post_init__(self) -> None:
        self.answer = self.scorer.answer

    def end_when_free(self) -> None:
        """Let both threads end once the version is let go and nobody is on it."""
        if self.gone and not self.in_flight:
            self.live.end()
            self.work.end()


class Memory:
    """All versions of one process, each with a lane for people and one for work of ours.

    A version that hangs, or takes seconds for a picture, holds up nobody but those who ask it. Nothing here
    touches the database.
    """

    def __init__(
        self,
        bring: Bring,
        *,
        patience: Callable[[int], float] = patience_seconds,
        aside: Aside | None = None,
    ) -> None:
        """Make an empty one.

        Args:
            bring: reads and proves one version by its digest; it may raise what `load` raises.
            patience: how many seconds a request of so many texts may take; a client waits a little longer.
            aside: computes work of ours where it can; what it cannot is computed here.
        """
        self._bring, self._patience, self._aside = bring, patience, aside
        self._held: dict[str, _Held] = {}
        self._changed = threading.Condition()
        self._loading = threading.Lock()
        self._courtesy = Courtesy()

    def load(self, digest: str) -> Loaded:
        """Bring one version into memory; one that is there answers at once, and of two loaders one works.

        Raises:
            NotFoundError: the registry or the store knows no such version.
            InvalidInputError: its bytes, its base or its answers are not the recorded ones.
        """
        with self._loading:
            held = self._held.get(digest)
            if held is None:
                held = self._seat(digest, self._bring(digest))
                with self._changed:
                    self._held[digest] = held
                self._tell_aside()
        return Loaded(digest, held.fingerprint)

    def unload(self, digest: str) -> None:
        """Take no further request for the version, wait for those under way, and forget it.

        Raises:
            ConflictError: requests are still under way after a minute; when they end, it is gone.
        """
        with self._changed:
            held = self._let_go(digest)
            if held is None:
                return
            if not self._changed.wait_for(lambda: held.in_flight == 0, DRAIN_SECONDS):
                raise ConflictError("the version still answers requests", field="digest", fix="try again")
        self._tell_aside()

    def prove(self) -> list[str]:
        """Put the fixed probes to every version again; one that answers otherwise than before is dropped.

        What is computed aside begins anew: it proves each version that it brings.

        Returns:
            The digests that were dropped: from now on others answer for them.
        """
        dropped = [one.digest for one in self.loaded() if not self._answers_as_before(one)]
        if self._aside is not None:
            self._aside.hold([])
            self._tell_aside()
        return dropped

    def drop_hanging(self) -> list[str]:
        """Let go of every version that has been on one answer for longer than anybody waits for it.

        Its threads cannot be ended from outside; they are left behind, and the version may be loaded anew.

        Returns:
            The digests that were dropped.
        """
        with self._changed:
            hanging = [digest for digest, held in self._held.items() if self._hangs(held)]
            for digest in hanging:
                self._let_go(digest)
        return hanging

    def loaded(self) -> list[Loaded]:
        """What is in memory, by digest."""
        with self._changed:
            return [Loaded(digest, held.fingerprint) for digest, held in sorted(self._held.items())]

    def waiting(self) -> int:
        """How many pieces wait for their turn."""
        with self._changed:
            return sum(held.live.waiting() + held.work.waiting() for held in self._held.values())

    def answer(self, digest: str, texts: Sequence[str]) -> list[Answer]:
        """Answers of exactly that version, in order.

        Raises:
            NotFoundError: the version is not in memory.
            PartDownError: too much waits already.
        """
        seconds = self._patience(len(texts))
        with self._entered(digest) as held:
            if len(texts) > LIVE_TEXTS:
                told = self._aside.answer(digest, texts) if self._aside else None
                return told or held.work.do(texts, held.answer, seconds=seconds)
            with self._courtesy.answering():
                return held.live.do(texts, held.answer, seconds=seconds)

    def segment(
        self, digest: str, pixels: NDArray[Any], boxes: Sequence[Box | None], *, untrained: bool = False
    ) -> tuple[str, list[Segmented]]:
        """What exactly that version says of a picture: its label and one mask a box, in order.

        Raises:
            NotFoundError: the version is not in memory.
            PartDownError: too much waits already.
            InvalidInputError: the version answers texts, or the picture or a box is none.
        """
        with self._entered(digest) as held:
            scorer = held.scorer
            if not isinstance(scorer, Segmenter):
                raise InvalidInputError("the version answers texts, not pictures", field="image")
            lane = held.live if len(boxes) == 1 else held.work
            segment = partial(_segment, scorer, pixels, untrained=untrained)
            return scorer.labels[0], lane.do([boxes], segment, seconds=picture_seconds(len(boxes)))[0]

    def _seat(self, digest: str, scorer: Scorer) -> _Held:
        work = Lane(f"work {digest[:8]}", batch=WORK_BATCH, courtesy=self._courtesy)
        return _Held(scorer, scorer.fingerprint(), live=Lane(f"live {digest[:8]}"), work=work)

    def _tell_aside(self) -> None:
        """Let it hold what may be compared; one version alone needs no second memory."""
        if self._aside is not None:
            with self._changed:
                texts = [key for key, held in self._held.items() if not isinstance(held.scorer, Segmenter)]
            self._aside.hold(texts if len(texts) > 1 else [])

    def _answers_as_before(self, one: Loaded) -> bool:
        """Ask the probes again; a version that says otherwise is let go."""
        try:
            with self._entered(one.digest) as held:
                seconds = self._patience(LIVE_TEXTS + 1)
                said = held.work.do([None], partial(_probed, held.scorer), seconds=seconds)[0]
        except (NotFoundError, PartDownError):
            return True  # unloaded meanwhile, or too busy now: the next hour asks again
        if said == held.fingerprint:
            return True
        with self._changed:
            if self._held.get(one.digest) is held:
                self._let_go(one.digest)
        return False

    def _let_go(self, digest: str) -> _Held | None:
        """Nobody gets on it any more; its threads end with the last request. Call it under the condition."""
        held = self._held.pop(digest, None)
        if held is not None:
            held.gone = True
            held.end_when_free()
        return held

    def _hangs(self, held: _Held) -> bool:
        longest = picture_seconds(2) if isinstance(held.scorer, Segmenter) else self._patience(LIVE_TEXTS + 1)
        live = picture_seconds(1) if isinstance(held.scorer, Segmenter) else self._patience(1)
        return held.live.busy_seconds() > live or held.work.busy_seconds() > longest

    @contextmanager
    def _entered(self, digest: str) -> Iterator[_Held]:
        """The version, which is not dropped while the block runs."""
        with self._changed:
            held = self._held.get(digest)
            if held is None:
                raise NotFoundError("the version is not in memory", field="digest", fix="load it first")
            held.in_flight += 1
        try:
            yield held
        finally:
            with self._changed:
                held.in_flight -= 1
                held.end_when_free()
                self._changed.notify_all()


def _segment(
    scorer: Segmenter, pixels: NDArray[Any], asked: list[Sequence[Box | None]], *, untrained: bool
) -> list[list[Segmented]]:
    return [scorer.segment(pixels, boxes, untrained=untrained) for boxes in asked]


def _probed(scorer: Scorer, asked: list[None]) -> list[str]:
    return [scorer.fingerprint() for _ in asked]
