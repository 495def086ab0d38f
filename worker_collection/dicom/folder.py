"""DICOM files of a folder and of those inside it, whatever their names; a file that still grows waits."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from shared.errors import InvalidInputError
from worker_collection.dicom.source import Incoming
from worker_collection.sources.base import Trial

_UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart")


class DicomFolder:
    """One folder."""

    def __init__(self, address: str) -> None:
        place = urlsplit(address)
        self._folder = Path(unquote(place.path) if place.scheme == "file" else address)

    def test(self) -> Trial:
        """Count the files.

        Raises:
            InvalidInputError: there is no such folder.
        """
        if not self._folder.is_dir():
            raise InvalidInputError("there is no folder at this address", field="url")
        return Trial(rows=None, notes=[f"{sum(1 for _ in self._paths())} files"])

    def files(self) -> Iterator[Incoming]:
        """Every file in the order of its path; links that lead out are not followed."""
        for path in self._paths():
            stat = path.stat()
            state = f"{stat.st_size} {stat.st_mtime_ns}"
            yield Incoming(str(path.relative_to(self._folder)), state, partial(_read, path, state))

    def _paths(self) -> Iterator[Path]:
        root = self._folder.resolve()
        for path in sorted(self._folder.rglob("*")):
            is_hidden = any(part.startswith(".") for part in path.relative_to(self._folder).parts)
            skipped = is_hidden or path.name.upper() == "DICOMDIR" or path.suffix.lower() in _UNFINISHED
            if not skipped and path.is_file() and path.resolve().is_relative_to(root):
                yield path


def _read(path: Path, state: str) -> bytes | None:
    """The bytes of a file that stayed as it was meanwhile."""
    try:
        data = path.read_bytes()
        stat = path.stat()
    except FileNotFoundError:
        return None
    return data if f"{stat.st_size} {stat.st_mtime_ns}" == state else None
