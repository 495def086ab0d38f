"""What the demo says: chapters and sentences, with a spinner on a terminal and plain lines in a pipe."""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext

from rich.console import Console
from rich.table import Table
from rich.text import Text

POLL_SECONDS = 0.2
WIDTH_IN_A_PIPE = 160


class WaitedTooLongError(Exception):
    """Something that the story needs did not happen in its time."""


class Teller:
    """Writes on standard output; every line carries the seconds since the start."""

    def __init__(self) -> None:
        width = None if sys.stdout.isatty() else WIDTH_IN_A_PIPE
        self._console = Console(highlight=False, soft_wrap=True, width=width)
        self._begun = time.monotonic()

    def chapter(self, title: str) -> None:
        """Begin a part of the story."""
        self._console.print(Text(f"\n{title}", style="bold cyan"))

    def say(self, sentence: str) -> None:
        """One thing that happened."""
        self._line(sentence, style="")

    def fail(self, sentence: str) -> None:
        """What did not happen."""
        self._line(sentence, style="bold red")

    def done(self, sentence: str) -> None:
        """A thing that the circle turns on."""
        self._line(sentence, style="bold green")

    def table(self, title: str, rows: Sequence[Mapping[str, object]]) -> None:
        """The summary."""
        table = Table(*rows[0], title=title, title_justify="left", header_style="bold")
        for row in rows:
            table.add_row(*(Text(str(value)) for value in row.values()))
        self._console.print(table)

    def await_(self, what: str, look: Callable[[], str | None], *, seconds: float) -> None:
        """Wait until `look` answers None; what it answers before that is shown where somebody watches.

        Raises:
            WaitedTooLongError: the time was up; the last answer is named.
        """
        until, state = time.monotonic() + seconds, ""
        with self._spinner(what) as spinner:
            while (found := look()) is not None:
                if time.monotonic() > until:
                    raise WaitedTooLongError(f"waited {seconds:.0f} s for {what}: {found}")
                if found != state and spinner is not None:
                    spinner(f"{what}: {found}")
                state = found
                time.sleep(POLL_SECONDS)

    def _line(self, sentence: str, *, style: str) -> None:
        clock = f"{time.monotonic() - self._begun:6.1f} s  "
        self._console.print(Text(clock, style="dim") + Text(sentence, style=style))

    def _spinner(self, what: str) -> AbstractContextManager[Callable[[str], None] | None]:
        return _Spinner(self._console, what) if self._console.is_terminal else nullcontext()


class _Spinner:
    """A line that turns while the story waits."""

    def __init__(self, console: Console, what: str) -> None:
        self._status = console.status(what)

    def __enter__(self) -> Callable[[str], None]:
        self._status.__enter__()
        return self._status.update

    def __exit__(self, *_: object) -> None:
        self._status.__exit__(None, None, None)
