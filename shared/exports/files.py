"""Export files: whole or not there at all, never over another, with a manifest of checksums beside them."""

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from shared.errors import ConflictError, InvalidInputError

_PIECE = 1 << 20


@dataclass(frozen=True)
class Written:
    """A file that was written: its size and SHA-256."""

    bytes: int
    sha256: str


@contextmanager
def whole(path: Path) -> Iterator[IO[bytes]]:
    """A private file to write that appears under its name when the block ends well, and else not at all.

    Raises:
        ConflictError: a file of that name exists.
        InvalidInputError: the folder does not exist or cannot be written.
    """
    if path.exists():
        raise _exists(path)
    if not os.access(path.parent, os.W_OK):
        raise InvalidInputError(f"{path.parent} cannot be written", field="out", fix="name another folder")
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", suffix=".part") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
        try:
            os.link(file.name, path)  # unlike a rename it replaces nothing
        except FileExistsError:
            raise _exists(path) from None


def checksum(path: Path) -> Written:
    """Size and SHA-256 of a file, read in pieces."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
            size += len(piece)
    return Written(size, digest.hexdigest())


def write_manifest(path: Path, said: dict[str, Any]) -> Path:
    """Write `NAME.manifest.json` beside an export; it holds what was exported and the file's checksum."""
    beside = manifest_of(path)
    found = checksum(path)
    told = said | {"files": [{"name": path.name, "bytes": found.bytes, "sha256": found.sha256}]}
    with whole(beside) as file:
        file.write(json.dumps(told, indent=2, sort_keys=True, ensure_ascii=False).encode() + b"\n")
    return beside


def manifest_of(path: Path) -> Path:
    """Where the manifest of an export stands."""
    return path.with_name(f"{path.name}.manifest.json")


def _exists(path: Path) -> ConflictError:
    return ConflictError(f"{path} exists", field="out", fix="name another file")
