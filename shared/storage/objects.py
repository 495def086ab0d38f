"""The artifact store over obstore: `file://` folders and `s3://` buckets with one behaviour."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore, ObjectStore, S3Store

from shared.config import Settings
from shared.errors import ConflictError, InvalidInputError, NotFoundError

if TYPE_CHECKING:
    from obstore.store import ClientConfig

WHOLE_BYTES, PART_BYTES = 16 << 20, 5 << 20


class ObjectStorage:
    """Objects that are created once and never overwritten."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def put(self, key: str, data: bytes) -> None:
        """Create the object; the same bytes a second time are accepted, others refused."""
        try:
            obstore.put(self._store, key, data, mode="create")
        except AlreadyExistsError:
            if self.get(key) != data:
                raise ConflictError(f"the store holds other bytes under {key}", field="key") from None

    def put_file(self, key: str, path: Path) -> None:
        """Create the object from a file; a large one goes up in parts.

        No store creates in parts only where nothing stands, so a large key is looked up first: two writers of
        one key at one moment are told from each other only where the key names its content, as ours do.
        """
        if path.stat().st_size <= WHOLE_BYTES:
            self.put(key, path.read_bytes())
        elif not self.exists(key):
            obstore.put(self._store, key, path, use_multipart=True, chunk_size=PART_BYTES, max_concurrency=2)
        elif not _is_same(self.stream(key), path):
            raise ConflictError(f"the store holds other bytes under {key}", field="key")

    def stream(self, key: str) -> Iterator[bytes]:
        """Read the object in pieces."""
        try:
            found = obstore.get(self._store, key)
        except FileNotFoundError:
            raise NotFoundError(f"the store has no object {key}", field="key") from None
        for piece in found.stream(min_chunk_size=PART_BYTES):
            yield bytes(piece)

    def get(self, key: str) -> bytes:
        """Read the whole object."""
        try:
            return bytes(obstore.get(self._store, key).bytes())
        except FileNotFoundError:
            raise NotFoundError(f"the store has no object {key}", field="key") from None

    def exists(self, key: str) -> bool:
        """Whether the object is there."""
        try:
            obstore.head(self._store, key)
        except FileNotFoundError:
            return False
        return True

    def keys(self, prefix: str) -> Iterator[str]:
        """Keys below the prefix, in order."""
        found = (item["path"] for page in obstore.list(self._store, prefix=prefix) for item in page)
        yield from sorted(found)

    def delete(self, key: str) -> None:
        """Remove the object; a missing one is fine."""
        try:
            obstore.delete(self._store, key)
        except FileNotFoundError:
            return


def _bucket(settings: Settings, name: str, *, prefix: str | None) -> S3Store:
    """The bucket, over plain HTTP only where the endpoint says so; what is unset comes from AWS variables."""
    access, secret = settings.s3_credentials
    named = {"access_key_id": access, "secret_access_key": secret} if access else {}
    client: ClientConfig = {}
    if (settings.s3_endpoint or "").startswith("http://"):
        client["allow_http"] = True
    elif settings.tls_authority is not None:
        client["root_certificate"] = settings.tls_authority.read_bytes()
    given = named | {"region": settings.s3_region, "checksum_algorithm": "SHA256"}
    return S3Store(name, prefix=prefix, endpoint=settings.s3_endpoint, client_options=client, **given)


def _is_same(pieces: Iterator[bytes], path: Path) -> bool:
    with path.open("rb") as file:
        return all(file.read(len(piece)) == piece for piece in pieces) and not file.read(1)


def open_storage(settings: Settings) -> ObjectStorage:
    """The store that the settings name; a local folder is made when it is missing.

    Raises:
        InvalidInputError: the address is neither file:// nor s3://.
    """
    address = urlsplit(settings.storage)
    if address.scheme == "file":
        folder = Path(address.path)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return ObjectStorage(LocalStore(folder))
    if address.scheme == "s3":
        return ObjectStorage(_bucket(settings, address.netloc, prefix=address.path.strip("/") or None))
    raise InvalidInputError(
        f"ROUNDS_STORAGE_URL begins with {address.scheme}://",
        field="ROUNDS_STORAGE_URL",
        fix="use file:///folder or s3://bucket/prefix",
    )
