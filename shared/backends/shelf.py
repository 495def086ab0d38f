"""What a frozen base makes of a case, made once: sealed files that serve next week's training too.

Such values show what the case shows. The key of a file is derived from the site's secret and the case's own
content, its name says nothing: where the case is erased, nobody can open or find what was made of it.
"""

import os
import time
from contextlib import suppress
from pathlib import Path

from shared.backends.checkpoints import FULL, DiskFullError
from shared.errors import InvalidInputError
from shared.vault import Vault

KEPT_SECONDS = 35 * 86_400.0  # after the last use
_SUFFIX = ".sealed"


class SealedShelf:
    """Sealed files below one folder.

    Args:
        folder: made when it is needed.
        vault: of the site.
        about: whatever but the case decides what is kept: the base, the preprocessing, the arithmetic.

    Attributes:
        made: how many values were made anew.
        found: how many stood here.
    """

    def __init__(self, folder: Path, vault: Vault, about: str) -> None:
        self._folder, self._vault, self._about = folder, vault, about
        self.made, self.found = 0, 0

    def opened(self, key: str) -> bytes | None:
        """What was put under a key, or None where there is nothing that opens."""
        try:
            return self._vault.open(self._path(key).read_bytes(), self._purpose(key))
        except (OSError, InvalidInputError):
            return None

    def put(self, key: str, plain: bytes) -> None:
        """Keep it; whole or not at all.

        Raises:
            DiskFullError: there is no room.
        """
        path = self._path(key)
        half = path.with_suffix(f".{os.getpid()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            half.write_bytes(self._vault.seal(plain, self._purpose(key)))
            half.replace(path)
        except OSError as error:
            half.unlink(missing_ok=True)
            if error.errno in FULL:
                raise DiskFullError from error
            raise

    def touch(self, key: str) -> None:
        """Say that it was of use, so that it is kept."""
        with suppress(OSError):
            os.utime(self._path(key))

    def prune(self, *, now: float | None = None) -> None:
        """Remove what no training has used for five weeks, and what a killed one left half written."""
        eldest = (time.time() if now is None else now) - KEPT_SECONDS
        for path in self._folder.glob("*/*"):
            with suppress(OSError):
                if path.stat().st_mtime < eldest:
                    path.unlink()

    def _path(self, key: str) -> Path:
        name = self._vault.keyed_hash(f"{self._about} {key}", "embedding-name").hex()
        return self._folder / name[:2] / f"{name}{_SUFFIX}"

    def _purpose(self, key: str) -> str:
        return f"embedding {self._about} {key}"
