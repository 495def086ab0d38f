"""Embeddings of pictures, made once: sealed files that serve every pass, and next week's training too.

An embedding shows what the picture shows. Its key is derived from the site's secret and the picture's own
hash, its name says nothing: where the picture is erased, nobody can open or find what was made of it.
"""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import torch
from torch import Tensor

from shared.backends.checkpoints import FULL, DiskFullError
from shared.errors import InvalidInputError
from shared.vault import Vault

KEPT_SECONDS = 35 * 86_400.0  # after the last use
CHANNELS = 256
_SUFFIX = ".sealed"


class Shelf:
    """The embeddings of one base below one folder.

    Args:
        folder: made when it is needed.
        vault: of the site.
        about: whatever but the picture decides an embedding.
    """

    def __init__(self, folder: Path, vault: Vault, about: str) -> None:
        self._folder, self._vault, self._about = folder, vault, about
        self.made, self.found = 0, 0

    def cells(self, key: str, make: Callable[[], Tensor]) -> Tensor:
        """The embedding of a key, shape (cells, 256) in bfloat16; made by `make` where it is not kept."""
        kept = self.read(key)
        if kept is not None:
            self.found += 1
            return kept
        made = make()
        self.made += 1
        self._write(key, made)
        return made

    def read(self, key: str) -> Tensor | None:
        """The embedding, or None where there is none that opens."""
        path = self._path(key)
        try:
            plain = self._vault.open(path.read_bytes(), self._purpose(key))
        except (OSError, InvalidInputError):
            return None
        return torch.frombuffer(bytearray(plain), dtype=torch.bfloat16).view(-1, CHANNELS)

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

    def _write(self, key: str, cells: Tensor) -> None:
        plain = cells.contiguous().view(torch.int16).cpu().numpy().tobytes()
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

    def _path(self, key: str) -> Path:
        name = self._vault.keyed_hash(f"{self._about} {key}", "embedding-name").hex()
        return self._folder / name[:2] / f"{name}{_SUFFIX}"

    def _purpose(self, key: str) -> str:
        return f"embedding {self._about} {key}"
