"""Where a long computation stands aside: between two layers, if whoever runs its thread asked for that."""

import threading
from collections.abc import Callable

_own = threading.local()


def pause_by(stand_aside: Callable[[], None]) -> None:
    """Call this between two layers of whatever this thread computes from now on; it may wait."""
    _own.stand_aside = stand_aside


def may_pause() -> None:
    """A place where a computation may rest without changing anything; nothing, where nobody asked."""
    stand_aside: Callable[[], None] | None = getattr(_own, "stand_aside", None)
    if stand_aside is not None:
        stand_aside()
