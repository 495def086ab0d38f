"""Answers and orders given while the database is away: sealed on disk, filed when it is back, each once."""

import fcntl
import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

from shared.errors import Error
from shared.logs import log
from shared.vault import Vault

PURPOSE = "spool"
Entry = Mapping[str, Any]


class Spool:
    """A folder of sealed entries named by their id; the same id again replaces the entry."""

    def __init__(self, folder: Path, vault: Vault) -> None:
        self._folder, self._vault = folder, vault
        self._filing = threading.Lock()

    def put(self, entry_id: UUID, entry: Entry) -> None:
        """Keep an entry; it is on the disk when this returns."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._folder / f"{entry_id}.sealed"
        scratch = path.with_suffix(f".{threading.get_ident()}")
        descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(self._vault.seal(json.dumps(entry).encode(), PURPOSE))
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)

    def waiting(self) -> int:
        """How many entries are still to be filed."""
        return sum(1 for _ in self._paths())

    def entries(self) -> Iterator[Entry]:
        """Every entry, as it was put."""
        for path in self._paths():
            with suppress(FileNotFoundError):  # another process has filed it
                yield json.loads(self._vault.open(path.read_bytes(), PURPOSE))

    def file(self, filed: Callable[[Entry], None], *, wait: bool = False) -> None:
        """Give each entry to `filed` and remove it then.

        An entry that the registry refuses is set aside and logged by its id; a database that goes away again
        ends the round with the entry kept.

        Args:
            filed: writes one entry down.
            wait: until another thread or process that files is done, and then file what it left; else leave
                it to that one.
        """
        if not self._folder.is_dir() or not self._filing.acquire(blocking=wait):
            return
        try:
            with (self._folder / "filing.lock").open("wb") as lock, suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
                for path in self._paths():
                    self._file_one(path, filed)
        finally:
            self._filing.release()

    def _file_one(self, path: Path, filed: Callable[[Entry], None]) -> None:
        try:
            filed(json.loads(self._vault.open(path.read_bytes(), PURPOSE)))
        except FileNotFoundError:
            return  # another process of this home was faster
        except Error as error:
            log.error("a spooled entry was refused", entry=path.stem, error=error.code)
            with suppress(FileNotFoundError):
                path.replace(path.with_suffix(".refused"))
            return
        path.unlink(missing_ok=True)

    def _paths(self) -> list[Path]:
        """Entries in the order in which they were put."""
        found: list[tuple[int, Path]] = []
        for path in self._folder.glob("*.sealed"):
            with suppress(FileNotFoundError):
                found.append((path.stat().st_mtime_ns, path))
        return [path for _, path in sorted(found)]
