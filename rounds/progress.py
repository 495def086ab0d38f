"""Progress over many items: a bar on a terminal, a line at each tenth where somebody reads a pipe."""

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

from rounds.show import say

Item = TypeVar("Item")
TENTHS = 10
FEW = 1000  # what is over at once needs no progress


def counted(what: str, items: Iterable[Item], expected: int) -> Iterator[Item]:
    """The items as they come, with what is done of the expected number told on standard error."""
    if expected < FEW:
        yield from items
    elif sys.stderr.isatty():
        yield from _with_bar(what, items, expected)
    else:
        yield from _with_lines(what, items, expected)


def _with_lines(what: str, items: Iterable[Item], expected: int) -> Iterator[Item]:
    told = 0
    for done, item in enumerate(items, 1):
        yield item
        if done * TENTHS // expected > told:
            told = done * TENTHS // expected
            say(f"{what}: {done} of {expected}")


def _with_bar(what: str, items: Iterable[Item], expected: int) -> Iterator[Item]:
    from rich.console import Console
    from rich.progress import track

    yield from track(items, description=what, total=expected, console=Console(stderr=True), transient=True)
