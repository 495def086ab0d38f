"""The time: an aware UTC instant from the system, or from a file that a simulation writes."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The instant now, aware, in UTC."""
    return datetime.now(UTC)


class FileClock:
    """The instant that stands in a file, so that a simulation can move every process at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp = (0, 0)
        self._now = datetime.fromtimestamp(0, UTC)

    def __call__(self) -> datetime:
        """Read the file again only when it has changed."""
        stat = self._path.stat()
        stamp = (stat.st_mtime_ns, stat.st_ino)
        if stamp != self._stamp:
            self._now = datetime.fromisoformat(self._path.read_text()).astimezone(UTC)
            self._stamp = stamp
        return self._now


def set_file_clock(path: Path, now: datetime) -> None:
    """Move the clock of every process that reads `path`; the file is replaced in one step."""
    scratch = path.with_suffix(".next")
    scratch.write_text(now.astimezone(UTC).isoformat())
    scratch.replace(path)
