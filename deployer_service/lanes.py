"""Lanes: each version computes in threads of its own, so that one that hangs or is slow holds up no other.

Work of ours, such as silent scores, stands aside for people between two layers of what it computes, and its
threads come last where the machine's cores are few.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from shared.backends.pauses import pause_by
from shared.errors import PartDownError

LONGEST_QUEUE = 10_000
LIVE_BATCH, WORK_BATCH = (
    8,
    2,
)  # pieces computed at once; work of ours in small ones, to be out of the way soon
YIELD_SECONDS = 0.05  # the longest that a piece of work lets people go first, and
STEP_ASIDE_SECONDS = 0.02  # that a layer of it does
LOW_PRIORITY = 10  # as `nice` counts; at 19 a busy machine would never come to it

Item = TypeVar("Item")
Result = TypeVar("Result")
Together = Callable[[list[Any]], Sequence[Any]]


@dataclass(slots=True)
class _Wish:
    """One piece of work; those that wait under the same `together` may be computed at once."""

    item: Any
    together: Together
    answer: "Future[Any]"


class Courtesy:
    """How many answers people wait for at this moment; work of ours begins in the pauses between them."""

    def __init__(self) -> None:
        self._live = 0
        self._changed = threading.Condition()

    @contextmanager
    def answering(self) -> Iterator[None]:
        """While the block runs somebody waits for it."""
        with self._changed:
            self._live += 1
        try:
            yield
        finally:
            with self._changed:
                self._live -= 1
                self._changed.notify_all()

    def let_people_go_first(self, seconds: float = YIELD_SECONDS) -> None:
        """Return in the next pause; where there is none, after a moment, so that work is never starved."""
        if self._live:
            with self._changed:
                self._changed.wait_for(lambda: self._live == 0, seconds)

    def step_aside(self) -> None:
        """The same amid a piece of work, which has waited for its turn already."""
        self.let_people_go_first(STEP_ASIDE_SECONDS)


class Lane:
    """One thread that computes one batch after the other, each as soon as the one before has ended."""

    def __init__(self, name: str, *, batch: int = LIVE_BATCH, courtesy: Courtesy | None = None) -> None:
        """Start the thread; with a courtesy it stands aside for people, and for all other threads here."""
        self._batch, self._courtesy = batch, courtesy
        self._wishes: SimpleQueue[_Wish | None] = SimpleQueue()
        self._next: _Wish | None = None  # taken from the queue, and of another kind than those before it
        self._began: float | None = None
        threading.Thread(target=self._compute, name=name, daemon=True).start()

    def waiting(self) -> int:
        """How many pieces wait for their turn."""
        return self._wishes.qsize() + (self._next is not None)

    def busy_seconds(self) -> float:
        """How long the batch of this moment has taken so far; 0 between two."""
        began = self._began
        return 0.0 if began is None else time.monotonic() - began

    def end(self) -> None:
        """Let the thread end once everything that waits is done."""
        self._wishes.put(None)

    def do(
        self, items: Sequence[Item], together: Callable[[list[Item]], Sequence[Result]], *, seconds: float
    ) -> list[Result]:
        """All results, in order, or none: what nobody waits for any more is not computed.

        Raises:
            PartDownError: the lane hangs, has too much to do, or did not answer in time.
        """
        if self.busy_seconds() > seconds or self.waiting() > LONGEST_QUEUE:
            raise _busy()
        wishes = [_Wish(item, together, Future()) for item in items]
        for wish in wishes:
            self._wishes.put(wish)
        _, late = wait([wish.answer for wish in wishes], seconds)
        for answer in late:
            answer.cancel()
        if late:
            raise _busy()
        return [wish.answer.result() for wish in wishes]

    def _compute(self) -> None:
        if self._courtesy is not None:
            _come_last()
            pause_by(self._courtesy.step_aside)
        while (wish := self._take()) is not None:
            if self._courtesy is not None:
                self._courtesy.let_people_go_first()
            batch = [one for one in self._beside(wish) if one.answer.set_running_or_notify_cancel()]
            self._began = time.monotonic()
            _answer(batch)
            self._began = None

    def _take(self) -> _Wish | None:
        held, self._next = self._next, None
        return held or self._wishes.get()

    def _beside(self, first: _Wish) -> list[_Wish]:
        """The first, and those behind it that are computed in the same way, up to a batch."""
        found = [first]
        while len(found) < self._batch:
            try:
                wish = self._wishes.get_nowait()
            except Empty:
                break
            if wish is None:
                self._wishes.put(None)
                break
            if wish.together is not first.together:
                self._next = wish
                break
            found.append(wish)
        return found


def _come_last() -> None:
    """Give this thread alone a low priority; a process that has a lower one keeps it."""
    own = threading.get_native_id()
    lowest = max(os.getpriority(os.PRIO_PROCESS, own), LOW_PRIORITY)
    os.setpriority(os.PRIO_PROCESS, own, lowest)


def _answer(batch: Sequence[_Wish]) -> None:
    """Compute all at once; where that fails each by itself, so that an answer that fails fails alone."""
    if not batch:
        return
    try:
        results = batch[0].together([wish.item for wish in batch])
    except Exception as error:  # noqa: BLE001 - a dead thread would leave its version silent
        if len(batch) == 1:
            batch[0].answer.set_exception(error)
            return
        for wish in batch:
            _answer([wish])
        return
    for wish, result in zip(batch, results, strict=True):
        wish.answer.set_result(result)


def _busy() -> PartDownError:
    return PartDownError("the model server is too busy to answer in time", fix="try again later")
