"""Puts a version's files where vLLM reads them: proved by their digest, whole or not at all."""

import secrets
import shutil

from shared.backends.files import fetch
from shared.config import Settings
from shared.storage.base import Storage


def put(digest: str, settings: Settings, storage: Storage) -> None:
    """Write the folder of one digest; one that is there stays as it is, and is proved when it is loaded.

    Raises:
        NotFoundError: the store does not hold it.
        WrongBytesError: the stored bytes are not those of the digest.
    """
    folder = settings.vllm_folder / digest
    if folder.exists():
        return
    files = fetch(storage, digest)
    scratch = folder.with_name(f"{digest}.{secrets.token_hex(4)}")
    scratch.mkdir(parents=True)
    for name, data in files.items():
        (scratch / name).write_bytes(data)
    try:
        scratch.rename(folder)
    except OSError:  # another process was faster
        shutil.rmtree(scratch)
