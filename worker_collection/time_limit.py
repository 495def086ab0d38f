"""A limit on the time that one piece of work computes: the kernel's timer also ends a stuck pattern."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class TookTooLongError(Exception):
    """The work had its time and was not done."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise inside the block once the process has computed this long in it.

    Signals reach the main thread alone: in any other thread there is no limit.

    Raises:
        TookTooLongError: the time is over.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGVTALRM, _end)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _end(_number: int, _frame: FrameType | None) -> None:
    raise TookTooLongError
