"""How a worker's pool learns that it is to stop: one byte shared with the processes that it forked."""

import mmap
import time
from collections.abc import Iterator
from contextlib import contextmanager

from billiard.process import current_process

_ASKED, _FIRST, _SLOTS = 0, 1, 63
_shared = mmap.mmap(-1, _FIRST + _SLOTS)  # without locks: a killed process cannot leave one closed


def ask() -> None:
    """Ask every process of this worker to come to an end soon; called in the parent."""
    _shared[_ASKED] = 1


def asked() -> bool:
    """Whether long work should save what it has and give its row back."""
    return bool(_shared[_ASKED])


@contextmanager
def at_work() -> Iterator[None]:
    """Show the parent that this pool process is busy."""
    _shared[_slot()] = 1
    try:
        yield
    finally:
        _shared[_slot()] = 0


def wait_until_idle(seconds: float) -> bool:
    """Whether every pool process came to rest in time."""
    deadline = time.monotonic() + seconds
    while any(_shared[_FIRST:]):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def rest() -> None:
    """Clear the mark that a killed predecessor in this place of the pool may have left."""
    _shared[_slot()] = 0


def _slot() -> int:
    return _FIRST + int(getattr(current_process(), "index", 0)) % _SLOTS
