"""Waiting for long work: a bar on a terminal, a line for each change where somebody reads a pipe."""

import sys
import time
from collections.abc import Callable

from rounds.show import say

Look = Callable[[], tuple[bool, str, float]]
POLL_SECONDS = 0.3
STEPS_SHOWN = 10


def wait_for(what: str, look: Look) -> None:
    """Return when `look` says so; it answers (whether it is done, the state, the share that is done)."""
    if sys.stderr.isatty():
        _with_bar(what, look)
    else:
        _with_lines(what, look)


def _with_lines(what: str, look: Look) -> None:
    said: tuple[str, int] | None = None
    done = False
    while not done:
        done, state, share = look()
        tenth = int(share * STEPS_SHOWN)
        if (state, tenth) != said:
            said = (state, tenth)
            say(f"{what}: {state}, {share:.0%}")
        if not done:
            time.sleep(POLL_SECONDS)


def _with_bar(what: str, look: Look) -> None:
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task(what, total=1.0)
        done = False
        while not done:
            done, state, share = look()
            progress.update(bar, completed=share, description=f"{what}: {state}")
            if not done:
                time.sleep(POLL_SECONDS)
