"""The token that our own processes show to the model server: one a site, readable by its owner alone."""

import os
import secrets
from pathlib import Path

from shared.config import Settings
from shared.errors import InvalidInputError

TOKEN_BYTES = 32


def internal_token(settings: Settings) -> str:
    """Read the site's internal token; whoever needs it first makes it.

    Raises:
        InvalidInputError: the file is readable by others or empty.
    """
    path = settings.root / "keys" / "internal.token"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _make(path)
    if path.stat().st_mode & 0o077:
        raise InvalidInputError(f"{path} is readable by others", fix=f"chmod 600 {path}")
    token = path.read_text().strip()
    if not token:
        raise InvalidInputError(f"{path} is empty", fix="remove it and start again")
    return token


def _make(path: Path) -> None:
    """Create the file complete or not at all; of two racing starts one wins and both use its token."""
    scratch = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(TOKEN_BYTES))
    try:
        os.link(scratch, path)
    except FileExistsError:
        pass
    finally:
        scratch.unlink()
