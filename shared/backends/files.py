"""The files of a model version: their common digest, and their place in the artifact store."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Protocol

from shared.errors import InvalidInputError, NotFoundError

_NAME = re.compile(r"^[a-z0-9_]+\.(safetensors|json)$")
_DIGEST = re.compile(r"^[0-9a-f]{64}$")


class Objects(Protocol):
    """The part of an artifact store that models need."""

    def put(self, key: str, data: bytes) -> None:
        """Create an object that never changes."""

    def get(self, key: str) -> bytes:
        """Read an object."""

    def keys(self, prefix: str) -> Iterable[str]:
        """Keys below a prefix."""


class WrongBytesError(InvalidInputError):
    """The stored bytes are not those that the digest names."""

    code = "wrong_bytes"


def digest_of(files: Mapping[str, bytes]) -> str:
    """SHA-256 over the lines "name sha256" of all files, sorted: one changed byte or name changes it."""
    lines = [f"{name} {hashlib.sha256(data).hexdigest()}\n" for name, data in sorted(files.items())]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def folder_of(digest: str) -> str:
    """The key prefix of a version in the store, with its final slash.

    Raises:
        InvalidInputError: this is no digest.
    """
    if not _DIGEST.match(digest):
        raise InvalidInputError("a digest has 64 hexadecimal digits", field="digest")
    return f"models/{digest}/"


def store(storage: Objects, files: Mapping[str, bytes]) -> str:
    """Put a version's files under their digest and answer the folder; the same files again are fine."""
    for name in files:
        if not _NAME.match(name):
            raise InvalidInputError(
                f"{name} is not a file of a model version", fix="safetensors or JSON only"
            )
    folder = folder_of(digest_of(files))
    for name, data in sorted(files.items()):
        storage.put(folder + name, data)
    return folder


def fetch(storage: Objects, digest: str) -> dict[str, bytes]:
    """Read a version's files and prove that they are the ones the digest names.

    Raises:
        NotFoundError: the store holds nothing under the digest.
        WrongBytesError: a file is missing, added or altered.
    """
    folder = folder_of(digest)
    files = {key.removeprefix(folder): storage.get(key) for key in storage.keys(folder)}
    if not files:
        raise NotFoundError(f"the store holds no model {digest}", field="digest")
    if digest_of(files) != digest:
        raise WrongBytesError(
            f"the stored files are not those of model {digest}", field="digest", fix="restore them"
        )
    return files
