"""Where a page ended, signed: a cursor that was not given by us is refused."""

import base64
import binascii
import hmac
import json
from datetime import datetime
from uuid import UUID

from shared.errors import InvalidInputError
from shared.vault import Vault

Keyset = tuple[datetime, UUID]
PURPOSE = "cursor"
_MAC_BYTES = 12


def written(vault: Vault, place: Keyset) -> str:
    """The cursor of the page after this row."""
    text = json.dumps([place[0].isoformat(), str(place[1])])
    mac = vault.keyed_hash(text, PURPOSE)[:_MAC_BYTES]
    return base64.urlsafe_b64encode(mac + text.encode()).decode().rstrip("=")


def read(vault: Vault, cursor: str | None) -> Keyset | None:
    """The row that a cursor names; None for the first page.

    Raises:
        InvalidInputError: the cursor was altered.
    """
    if cursor is None:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        mac, text = raw[:_MAC_BYTES], raw[_MAC_BYTES:].decode()
    except (binascii.Error, ValueError):
        mac, text = b"", ""
    if not hmac.compare_digest(mac, vault.keyed_hash(text, PURPOSE)[:_MAC_BYTES]):
        raise InvalidInputError(
            "this cursor was not given by this site", field="cursor", fix="start without one"
        )
    at, row_id = json.loads(text)
    return datetime.fromisoformat(at), UUID(row_id)
