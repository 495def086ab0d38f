"""How long a start is waited for: as long as a part works, for a busy machine is slow, not broken."""

import os
from collections.abc import Iterable
from contextlib import suppress

import psutil

IDLE_SECONDS = 180.0  # of a part that is not ready and does nothing about it
MOST_SECONDS = 1800.0  # of one that goes round in circles
SAID_EVERY_SECONDS = 60.0
LOOK_SECONDS = 1.0
AT_WORK = (psutil.STATUS_RUNNING, psutil.STATUS_DISK_SLEEP)  # on a core, waiting for one, or for a disk


class Patience:
    """Watches the process groups that start; one is at work when two looks in a row find it so.

    One look may meet a process that only asks again and again for what does not come.
    """

    def __init__(self, now: float) -> None:
        self._begun = self._look_at = now
        self._say_at = now + SAID_EVERY_SECONDS
        self._busy: set[int] = set()
        self._worked: dict[int, float] = {}

    def look(self, now: float, groups: Iterable[int]) -> None:
        """Note which of the groups are at work, at most once a second."""
        if now < self._look_at:
            return
        self._look_at = now + LOOK_SECONDS
        busy = groups_at_work(set(groups))
        self._worked |= dict.fromkeys(busy & self._busy, now)
        self._busy = busy

    def spent(self, now: float, group: int) -> str | None:
        """Why a group is waited for no longer; None while it is."""
        if now - self._begun > MOST_SECONDS:
            return f"was not ready after {MOST_SECONDS / 60:.0f} minutes"
        if now - self._worked.get(group, self._begun) > IDLE_SECONDS:
            return f"is not ready and has done nothing for {IDLE_SECONDS:.0f} s"
        return None

    def is_time_to_say(self, now: float) -> bool:
        """Whether somebody who watches should hear again what is waited for."""
        if now < self._say_at:
            return False
        self._say_at = now + SAID_EVERY_SECONDS
        return True


def groups_at_work(groups: set[int]) -> set[int]:
    """Those of the process groups in which a process runs, wants a core or waits for a disk."""
    busy: set[int] = set()
    for process in psutil.process_iter(["status"]):
        with suppress(ProcessLookupError):
            if process.info["status"] in AT_WORK:
                busy.add(os.getpgid(process.pid))
    return busy & groups
