"""What the stack says: the parts' lines under coloured names, and the same in one file a part."""

from pathlib import Path
from typing import BinaryIO

from rich.console import Console
from rich.text import Text

COLOURS = ("cyan", "green", "yellow", "magenta", "blue", "bright_cyan", "bright_green", "bright_magenta")
WIDTH = 14
FILE_BYTES = 20 * 2**20


class StackConsole:
    """Writes whole lines; rich leaves colours out where NO_COLOR is set or no terminal listens."""

    def __init__(self, logs: Path, *, quiet: bool = False) -> None:
        self._logs, self._quiet = logs, quiet
        self._console = Console(stderr=True, soft_wrap=True)
        self._colours: dict[str, str] = {}
        self._files: dict[str, BinaryIO] = {}
        self._last: dict[str, str] = {}

    def say(self, sentence: str) -> None:
        """A line of the supervisor itself."""
        if not self._quiet:
            self._console.print(Text(f"{'rounds':>{WIDTH}} │ ", style="bold") + Text(sentence))

    def line(self, name: str, line: bytes) -> None:
        """A line of a part, into its file and onto the terminal."""
        file = self._file(name)
        file.write(line + b"\n")
        file.flush()
        text = line.decode(errors="replace").rstrip()
        if text:
            self._last[name] = text
        if text and not self._quiet:
            colour = self._colours.setdefault(name, COLOURS[len(self._colours) % len(COLOURS)])
            self._console.print(Text(f"{name:>{WIDTH}} │ ", style=colour) + Text(text))

    def last(self, name: str) -> str:
        """The last thing a part said, which is mostly why it ended."""
        return self._last.get(name, "it said nothing")

    def _file(self, name: str) -> BinaryIO:
        file = self._files.get(name)
        if file is not None and file.tell() < FILE_BYTES:
            return file
        path = self._logs / f"{name}.log"
        if path.exists() and path.stat().st_size >= FILE_BYTES:
            path.replace(path.with_suffix(".log.1"))
        if file is not None:
            file.close()
        file = self._files[name] = path.open("ab")
        path.chmod(0o600)
        return file
