"""The token that our own processes show to the model server: one a site, readable by its owner alone."""

import secrets

from shared.config import Settings
from shared.errors import InvalidInputError
from shared.secret_file import is_open_to_others, make_once

TOKEN_BYTES = 32


def internal_token(settings: Settings) -> str:
    """Read the site's internal token; whoever needs it first makes it.

    Raises:
        InvalidInputError: the file is readable by others or empty.
    """
    path = settings.root / "keys" / "internal.token"
    if not path.exists():
        make_once(path, secrets.token_urlsafe(TOKEN_BYTES).encode())
    if is_open_to_others(path):
        raise InvalidInputError(f"{path} is readable by others", fix=f"chmod 600 {path}")
    token = path.read_text().strip()
    if not token:
        raise InvalidInputError(f"{path} is empty", fix="remove it and start again")
    return token
