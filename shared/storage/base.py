"""What Rounds asks of an artifact store, a folder or an S3 bucket alike."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol


class Storage(Protocol):
    """Immutable objects under slash-separated keys that Rounds made itself, never names from outside."""

    def put(self, key: str, data: bytes) -> None:
        """Create the object.

        Raises:
            ConflictError: the key holds other bytes already (the same bytes again are fine).
        """

    def put_file(self, key: str, path: Path) -> None:
        """Create the object from a file, in memory that does not grow with it.

        Raises:
            ConflictError: the key holds other bytes already (the same bytes again are fine).
        """

    def get(self, key: str) -> bytes:
        """Read the whole object.

        Raises:
            NotFoundError: there is none.
        """

    def stream(self, key: str) -> Iterator[bytes]:
        """Read the object in pieces of a few megabytes.

        Raises:
            NotFoundError: there is none.
        """

    def exists(self, key: str) -> bool:
        """Whether the object is there."""

    def keys(self, prefix: str) -> Iterable[str]:
        """Keys below a prefix that ends with a slash, in order."""

    def delete(self, key: str) -> None:
        """Remove the object; a missing one is fine."""
