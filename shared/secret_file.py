"""Files that hold one secret: made once, whole, and readable by their owner alone."""

import os
import secrets
from pathlib import Path


def make_once(path: Path, secret: bytes) -> None:
    """Create the file complete, mode 0600, or leave the one that is there: of two racing starts one wins."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    scratch = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(scratch, path)
    except FileExistsError:
        pass
    finally:
        scratch.unlink()


def is_open_to_others(path: Path) -> bool:
    """Whether anybody but the owner may read or write the file."""
    return bool(path.stat().st_mode & 0o077)
